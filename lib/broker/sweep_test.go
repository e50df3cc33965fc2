package broker_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
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
		synctest.Wait()
		if d := w.depth("example.main.dead"); d.Ready != 4 {
			t.Errorf("%d are left", d.Ready)
		}
		if d := w.take("example.main.dead"); d.ID != "1" {
			t.Errorf("the first is %q", d.ID)
		}
		if err := w.stop(); err != nil {
			t.Error(err)
		}
	})
}
