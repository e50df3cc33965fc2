package desk_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/app/lib/broker"
	"example.com/app/lib/broker/desk"
)

// told notes what OnReplay and OnDead hear.
type told struct {
	mu       sync.Mutex
	replayed []string
	died     []string
	refuse   error
}

func (h *told) options() []broker.Option {
	return []broker.Option{
		broker.OnReplay(func(_ context.Context, ids []string) error {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.replayed = append(h.replayed, ids...)
			return h.refuse
		}),
		broker.OnDead(func(_ context.Context, ids []string) error {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.died = append(h.died, ids...)
			return nil
		}),
	}
}

func TestReplayIsToldOfEveryMessageThatGoesBack(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, driver broker.Driver) {
		h := &told{}
		o := newOffice(t, driver, h.options()...)
		o.bury(letters(200)...)
		o.bury(broker.Envelope{Timestamp: time.Now(), Headers: map[string]any{broker.HeaderReason: "panic"}}) // without an id

		o.requeue(desk.Replay{Filter: desk.Filter{Reason: "panic"}})
		slices.Sort(h.replayed)
		if len(slices.Compact(h.replayed)) != 50 || len(h.died) != 0 || slices.Contains(h.replayed, "") {
			t.Errorf("it was told %v, and %v died", h.replayed, h.died)
		}
		o.holds(family.Name, 51)
	})
}

func TestNothingGoesBackThatCannotBeTold(t *testing.T) {
	t.Parallel()
	h := &told{refuse: errors.New("the database is away")}
	o := newOffice(t, inMemory(t), h.options()...)
	o.bury(letters(10)...)

	tally, err := o.Requeue(t.Context(), family.Dead(), desk.Replay{Filter: all}, ignore)
	if !errors.Is(err, h.refuse) || tally.Done != 0 {
		t.Errorf("got %+v, %v", tally, err)
	}
	o.holds(family.Dead(), 10)
	o.holds(family.Name, 0)
}

// choosy is a driver that refuses messages with an even id.
type choosy struct{ broker.Driver }

func (c choosy) Publish(ctx context.Context, exchange, key string, e broker.Envelope) error {
	if n, err := strconv.Atoi(e.ID); err == nil && n%2 == 0 && key == family.Name {
		return broker.ErrRefused
	}
	return c.Driver.Publish(ctx, exchange, key, e)
}

func TestMessageThatIsRefusedIsStillDead(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, driver broker.Driver) {
		h := &told{}
		o := newOffice(t, choosy{driver}, h.options()...)
		o.bury(letters(10)...)

		tally, err := o.Requeue(t.Context(), family.Dead(), desk.Replay{Filter: all}, ignore)
		if !errors.Is(err, broker.ErrRefused) || strings.Contains(err.Error(), "\n") || tally.Done != 5 {
			t.Errorf("got %+v, %v", tally, err)
		}
		o.holds(family.Dead(), 5)
		if want := []string{"0", "2", "4", "6", "8"}; !slices.Equal(h.died, want) {
			t.Errorf("%v were told to be dead, want %v", h.died, want)
		}
	})
}
