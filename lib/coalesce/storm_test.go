package coalesce_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"example.com/app/lib/coalesce"
	"example.com/app/lib/pg"
	"example.com/app/lib/pg/pgtest"
)

// verdicts are what was said of each name.
type verdicts struct {
	mu  sync.Mutex
	all map[string]error
}

func (v *verdicts) say(name string, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.all[name] = err
}

// impatient is ctx, as a rule: now and then somebody leaves early.
func impatient(ctx context.Context) (context.Context, context.CancelFunc) {
	if rand.N(10) > 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, rand.N(5*time.Millisecond))
}

// cutting ends sessions of the database until stopped.
func cutting(t *testing.T, admin *pg.DB) (stop func()) {
	t.Helper()
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-done:
				return
			case <-time.After(30 * time.Millisecond):
				_, err := admin.Exec(t.Context(), `
					SELECT pg_terminate_backend(pid) FROM pg_stat_activity
					WHERE datname = current_database() AND application_name = 'storm' ORDER BY random() LIMIT 1`)
				if err != nil {
					t.Error(err)
				}
			}
		}
	})
	return func() { close(done); wg.Wait() }
}

func TestWhateverGoesWrongNothingIsLostOrDoneTwice(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	admin, err := pg.Open(t.Context(), pg.Options{URL: url, Name: "test", Max: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close(context.WithoutCancel(t.Context()))
	db, err := pg.Open(t.Context(), pg.Options{URL: url, Name: "storm", Max: 8})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(context.WithoutCancel(t.Context()))
	s := thingsOf(t, db)
	said := verdicts{all: map[string]error{}}

	stop := cutting(t, admin)
	var callers sync.WaitGroup
	for i := range 40 {
		callers.Go(func() {
			for j := range 40 {
				name := fmt.Sprintf("%d of %d", j, i)
				if rand.N(20) == 0 {
					name += ", which is too long"
				}
				ctx, cancel := impatient(t.Context())
				row, err := s.writes.Do(ctx, name)
				cancel()
				if err == nil && row.Name != name {
					t.Errorf("%s was answered %+v", name, row)
				}
				said.say(name, err)
			}
		})
	}
	callers.Wait()
	stop()

	have, unknown := map[string]int{}, 0
	for _, name := range thingsOf(t, admin).names() {
		have[name]++
	}
	for name, err := range said.all {
		n := have[name]
		switch {
		case err == nil && n != 1, errors.Is(err, coalesce.ErrUnknown) && n > 1:
			t.Errorf("there are %d of %s, of which was said %v", n, name, err)
		case err != nil && !errors.Is(err, coalesce.ErrUnknown) && n > 0:
			t.Errorf("%s is there, of which was said %v", name, err)
		}
		if errors.Is(err, coalesce.ErrUnknown) {
			unknown++
		}
	}
	t.Logf("%d calls, %d statements for many, %d of which nobody knows", len(said.all), len(s.statements()), unknown)
}
