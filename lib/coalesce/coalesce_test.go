package coalesce_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"

	"example.com/app/lib/coalesce"
	"example.com/app/lib/pg"
	"example.com/app/lib/pg/pgtest"
)

func numbered(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprint("thing ", i)
	}
	return names
}

func TestWhoeverComesToAnIdleGroupGoesAtOnceAndAlone(t *testing.T) {
	t.Parallel()
	s := newThings(t)

	written, err := s.writes.Do(t.Context(), "Ada")
	if err != nil || written.Name != "Ada" {
		t.Fatalf("written: %+v, %v", written, err)
	}
	if read, err := s.reads.Do(t.Context(), written.ID); err != nil || read != written {
		t.Errorf("read: %+v, %v", read, err)
	}
	if many := s.statements(); len(many) > 0 {
		t.Errorf("statements for many: %v", many)
	}
}

func TestOneWhoGoesAloneHasTheCallersContext(t *testing.T) {
	t.Parallel()
	type key struct{}
	group := coalesce.NewReads(pgtest.New(t), "test", func(ctx context.Context, _ int) (any, error) { return ctx.Value(key{}), nil }, nil)

	if got, err := group.Do(context.WithValue(t.Context(), key{}, "mine"), 1); err != nil || got != "mine" {
		t.Errorf("the context has %v, %v", got, err)
	}
}

func TestCallsThatWaitGoTogetherAndEachHasItsOwnAnswer(t *testing.T) {
	t.Parallel()
	s := newThings(t)
	free := s.occupyWrites()
	answers := s.queue(t.Context(), numbered(20)...)
	free()

	for _, a := range answers() {
		if a.err != nil || a.row.Name != a.asked {
			t.Errorf("%s was answered %+v, %v", a.asked, a.row, a.err)
		}
	}
	if got, want := s.names(), append([]string{"first"}, numbered(20)...); !slices.Equal(got, want) {
		t.Errorf("created %q in this order, want %q", got, want)
	}
	if got := s.statements(); !slices.Equal(got, []int{20}) {
		t.Errorf("they went in statements of %v", got)
	}
}

func TestAStatementIsForABoundedNumber(t *testing.T) {
	t.Parallel()
	s := newThings(t)
	free := s.occupyWrites()
	answers := s.queue(t.Context(), numbered(300)...)
	free()

	for _, a := range answers() {
		if a.err != nil || a.row.Name != a.asked {
			t.Errorf("%s was answered %+v, %v", a.asked, a.row, a.err)
		}
	}
	if got := s.statements(); !slices.Equal(got, []int{128, 128, 44}) {
		t.Errorf("they went in statements of %v", got)
	}
}

func TestReadersShareWhatTheyAskForAndAreToldWhatIsNotThere(t *testing.T) {
	t.Parallel()
	s := newThings(t)
	s.create1("Ada")
	s.create1("Bob")
	free := s.occupy("1", func() { _, _ = s.reads.Do(t.Context(), 1) })

	ids := []int64{2, 1, 7, 2, 8}
	rows, errs := make([]thing, len(ids)), make([]error, len(ids))
	var wg sync.WaitGroup
	for i, id := range ids {
		wg.Go(func() { rows[i], errs[i] = s.reads.Do(t.Context(), id) })
	}
	waitFor(t, func() bool { return s.reads.Waiting() == len(ids) })
	free()
	wg.Wait()

	for i, id := range ids {
		if id > 2 && !errors.Is(errs[i], pgx.ErrNoRows) || id <= 2 && (errs[i] != nil || rows[i].ID != id) {
			t.Errorf("%d was answered %+v, %v", id, rows[i], errs[i])
		}
	}
	if got := s.statements(); !slices.Equal(got, []int{len(ids)}) {
		t.Errorf("they went in statements of %v", got)
	}
}

// A statement that is under way may have looked at the table already.
func TestACallSeesWhatWasCommittedBeforeIt(t *testing.T) {
	t.Parallel()
	s := newThings(t)
	free := s.occupy("1", func() { _, _ = s.reads.Do(t.Context(), 1) }) // nothing is there
	early := make(chan error)
	go func() {
		_, err := s.reads.Do(t.Context(), 1)
		early <- err
	}()
	waitFor(t, func() bool { return s.reads.Waiting() == 1 })
	freeMany := s.occupy("many", free) // so that the early one's statement has looked, too

	s.create1("Ada")
	late := make(chan error)
	go func() {
		_, err := s.reads.Do(t.Context(), 1)
		late <- err
	}()
	waitFor(t, func() bool { return s.reads.Waiting() == 1 })
	freeMany()

	if err := <-early; !errors.Is(err, pgx.ErrNoRows) {
		t.Errorf("before the commit: %v", err)
	}
	if err := <-late; err != nil {
		t.Errorf("after the commit: %v", err)
	}
}

func TestWhoeverLeavesTheQueueIsNotDoneAndHoldsUpNobody(t *testing.T) {
	t.Parallel()
	s := newThings(t)
	free := s.occupyWrites()
	ctx, leave := context.WithCancel(t.Context())
	before := s.queue(t.Context(), "before")
	leaver := s.queue(ctx, "leaver")
	after := s.queue(t.Context(), "after")

	leave()
	if a := leaver()[0]; !errors.Is(a.err, context.Canceled) || errors.Is(a.err, coalesce.ErrUnknown) || pg.FaultOf(a.err) != pg.Other {
		t.Errorf("who left was answered %+v", a)
	}
	free()

	for _, a := range append(before(), after()...) {
		if a.err != nil || a.row.Name != a.asked {
			t.Errorf("%s was answered %+v, %v", a.asked, a.row, a.err)
		}
	}
	if got := s.names(); !slices.Equal(got, []string{"first", "before", "after"}) {
		t.Errorf("created %q", got)
	}
}

func TestTheEndOfWaitingForATurnIsTheDatabases(t *testing.T) {
	t.Parallel()
	s := newThings(t)
	defer s.occupyWrites()()
	late, cancel := context.WithTimeout(t.Context(), 1)
	defer cancel()

	if _, err := s.writes.Do(late, "late"); !errors.Is(err, context.DeadlineExceeded) || pg.FaultOf(err) != pg.Busy || errors.Is(err, coalesce.ErrUnknown) {
		t.Errorf("answered %v", err)
	}
}

func TestWhoeverLeavesAStatementUnderWayDoesNotKnowWhetherItWrites(t *testing.T) {
	t.Parallel()
	s := newThings(t)
	free := s.occupyWrites()
	ctx, leave := context.WithCancel(t.Context())
	stays := s.queue(t.Context(), "stays")
	leaver := s.queue(ctx, "leaver")
	freeMany := s.occupy("many", free)

	leave()
	if a := leaver()[0]; !errors.Is(a.err, context.Canceled) || !errors.Is(a.err, coalesce.ErrUnknown) {
		t.Errorf("who left was answered %+v", a)
	}
	freeMany()

	if a := stays()[0]; a.err != nil {
		t.Errorf("who stayed was answered %v", a.err)
	}
	if got := s.names(); !slices.Equal(got, []string{"first", "stays", "leaver"}) {
		t.Errorf("created %q", got)
	}
}

func TestInsideATransactionACallGoesWithIt(t *testing.T) {
	t.Parallel()
	s := newThings(t)
	defer s.occupyWrites()()
	back := errors.New("back")

	err := s.db.InTx(t.Context(), func(ctx context.Context) error {
		written, err := s.writes.Do(ctx, "Ada")
		if err != nil {
			return err
		}
		if read, err := s.reads.Do(ctx, written.ID); err != nil || read != written {
			t.Errorf("the transaction reads %+v, %v", read, err)
		}
		if _, err := s.reads.Do(t.Context(), written.ID); !errors.Is(err, pgx.ErrNoRows) {
			t.Errorf("somebody else reads %v", err)
		}
		return back
	})

	if !errors.Is(err, back) || s.count("Ada") > 0 {
		t.Errorf("%v, and there are %q", err, s.names())
	}
}

// width is the most statements that were under way at once in a pool of so many connections.
func width(t *testing.T, connections int32) (most int) {
	t.Helper()
	db, err := pg.Open(t.Context(), pg.Options{URL: pgtest.URL(t), Name: "test", Max: connections})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(context.WithoutCancel(t.Context()))
	s := thingsOf(t, db)

	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() {
			s.create1(strconv.Itoa(i))
			if row, err := s.reads.Do(t.Context(), int64(i+1)); err == nil && row.ID != int64(i+1) {
				t.Errorf("%d was answered %+v", i+1, row)
			}
		})
		s.mu.Lock()
		most = max(most, s.writes.Busy())
		s.mu.Unlock()
	}
	wg.Wait()
	if got := s.names(); len(got) != 100 || len(slices.Compact(slices.Sorted(slices.Values(got)))) != 100 {
		t.Errorf("with %d connections there are %q", connections, got)
	}
	return most
}

func TestAGroupLeavesMostConnectionsToOthers(t *testing.T) {
	t.Parallel()
	for connections, lanes := range map[int32]int{1: 1, 2: 1, 7: 1, 8: 2, 30: 2} {
		if got := width(t, connections); got > lanes {
			t.Errorf("of %d connections a group takes %d, want at most %d", connections, got, lanes)
		}
	}
}

func TestAGroupAtRestHasNoGoroutine(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	synctest.Test(t, func(t *testing.T) { // fails while a goroutine is left
		held := make(chan struct{})
		group := coalesce.NewReads(db, "test",
			func(context.Context, int) (int, error) { <-held; return 0, nil },
			func(_ context.Context, _ []int) (map[int]int, error) { return map[int]int{1: 10, 2: 20}, nil },
		)
		var wg sync.WaitGroup
		for i := range 3 {
			wg.Go(func() {
				if got, err := group.Do(t.Context(), i); err != nil || got != 10*i {
					t.Errorf("%d was answered %d, %v", i, got, err)
				}
			})
			synctest.Wait()
		}
		close(held)
		wg.Wait()
	})
}

func TestCallsInAStatementAreCounted(t *testing.T) {
	t.Parallel()
	s := newThings(t)
	registry := prometheus.NewRegistry()
	registry.MustRegister(pg.NewCollector(s.db))
	free := s.occupyWrites()
	answers := s.queue(t.Context(), numbered(5)...)
	free()
	answers()

	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() != "app_db_batch_rows" || m.GetLabel()[0].GetValue() != "create thing" {
				continue
			}
			if h := m.GetHistogram(); h.GetSampleCount() != 2 || h.GetSampleSum() != 6 {
				t.Errorf("%d statements of %f calls", h.GetSampleCount(), h.GetSampleSum())
			}
			return
		}
	}
	t.Error("nothing is counted")
}
