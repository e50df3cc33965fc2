package desk_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/app/lib/broker"
	"example.com/app/lib/broker/desk"
)

// rounds is a driver that notes how long each of its pullers was open.
type rounds struct {
	broker.Driver
	held []time.Duration
}

type round struct {
	broker.Puller
	began time.Time
	of    *rounds
}

func (r *rounds) Pull(ctx context.Context, queue string) (broker.Puller, error) {
	p, err := r.Driver.Pull(ctx, queue)
	return round{p, time.Now(), r}, err
}

func (r round) Close() error {
	r.of.held = append(r.of.held, time.Since(r.began))
	return r.Puller.Close()
}

func TestRequeueKeepsToTheRateInRoundsThatABrokerAllows(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		driver := &rounds{Driver: inMemory(t)}
		o := newOffice(t, driver)
		o.bury(letters(4000)...)

		began := time.Now()
		if got := o.requeue(desk.Replay{Filter: desk.Filter{Reason: "panic"}, Rate: 1}); got.Done != 1000 || got.Total != 4000 {
			t.Errorf("got %+v", got)
		}
		if took := time.Since(began); took < 999*time.Second || took > 1010*time.Second {
			t.Errorf("1,000 messages at 1/s took %s", took)
		}
		if len(driver.held) != 2 || slices.Max(driver.held) > 20*time.Minute {
			t.Errorf("the rounds took %v", driver.held)
		}
		o.holds(family.Dead(), 3000)

		began = time.Now()
		o.requeue(desk.Replay{Filter: all, Rate: 500})
		if took := time.Since(began); took < 5*time.Second || took > 7*time.Second {
			t.Errorf("3,000 messages at 500/s took %s", took)
		}
	})
}

// slow is a driver whose pullers need a minute for each message.
type slow struct{ broker.Driver }

type slowly struct{ broker.Puller }

func (s slow) Pull(ctx context.Context, queue string) (broker.Puller, error) {
	p, err := s.Driver.Pull(ctx, queue)
	return slowly{p}, err
}

func (s slowly) Get(ctx context.Context) (broker.Delivery, bool, error) {
	time.Sleep(time.Minute)
	return s.Puller.Get(ctx)
}

func TestWorkThatGetsNowhereEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, slow{inMemory(t)})
		o.bury(letters(40)...)

		tally, err := o.Requeue(t.Context(), family.Dead(), desk.Replay{Filter: desk.Filter{ID: "39"}}, ignore)
		if err == nil || !strings.Contains(err.Error(), "too short") || tally.Done != 0 {
			t.Errorf("got %+v, %v", tally, err)
		}
		o.holds(family.Dead(), 40)
	})
}
