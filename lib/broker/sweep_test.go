package broker_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"example.com/app/lib/broker"
)

func TestDeadThatNobodyToldOfAreFoundBySweeping(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, url string) {
		told := make(chan []string, 10)
		refuse := true
		w := consume(t, url, nothing, broker.Retry(), func(o *broker.Options) {
			broker.OnDead(func(_ context.Context, ids []string) error {
				told <- ids
				if refuse {
					refuse = false
					return errors.New("not now")
				}
				return nil
			})(&o.Queues[0])
		})
		for _, id := range []string{"1", "", "\xff", "2"} {
			w.publish("example.main.dead", id, `{}`) // as the broker does by itself: it gives no reason
		}

		for _, limit := range []time.Duration{15 * time.Second, 15 * time.Minute} {
			time.Sleep(limit)
			if ids := <-told; !slices.Equal(ids, []string{"1", "2"}) {
				t.Errorf("told of %q", ids)
			}
		}
		time.Sleep(time.Hour)
		if len(told) > 0 {
			t.Errorf("told again, of %q", <-told)
		}
		if d := w.depth("example.main.dead"); d.Ready != 4 {
			t.Errorf("%d are left", d.Ready)
		}
		w.publish("example.main.dead", "3", `{}`)
		time.Sleep(15 * time.Minute)
		if ids := <-told; !slices.Equal(ids, []string{"1", "2", "3"}) {
			t.Errorf("told of %q", ids)
		}
		if d := w.take("example.main.dead"); d.ID != "1" || d.Returns != 3 {
			t.Errorf("the first is %q, after %d looks", d.ID, d.Returns)
		}
		if err := w.stop(); err != nil {
			t.Error(err)
		}
	})
}

// brittle is a driver whose pullers break after so many messages.
type brittle struct {
	broker.Driver
	after int
}

type breaking struct {
	broker.Puller
	left int
}

func (b *brittle) Pull(ctx context.Context, queue string) (broker.Puller, error) {
	p, err := b.Driver.Pull(ctx, queue)
	return &breaking{p, b.after}, err
}

func (b *breaking) Get(ctx context.Context) (broker.Delivery, bool, error) {
	if b.left == 0 {
		return broker.Delivery{}, false, errors.New("broken")
	}
	b.left--
	return b.Puller.Get(ctx)
}

func TestSweepThatIsCutOffTellsOfThoseItCameTo(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, url string) {
		told := make(chan []string, 10)
		w := consume(t, url, nothing, broker.Retry(), func(o *broker.Options) {
			o.Drivers[example] = &brittle{o.Drivers[example], 2}
			broker.OnDead(func(_ context.Context, ids []string) error {
				told <- ids
				return nil
			})(&o.Queues[0])
		})
		for _, id := range []string{"1", "2", "3"} {
			w.publish("example.main.dead", id, `{}`)
		}

		for range 2 { // it is not done after the first
			time.Sleep(15 * time.Minute)
			if ids := <-told; !slices.Equal(ids, []string{"1", "2"}) {
				t.Errorf("told of %q", ids)
			}
		}
		if err := w.stop(); err != nil {
			t.Error(err)
		}
	})
}
