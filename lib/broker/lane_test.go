package broker_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/app/lib/broker"
)

func (w *world) publish(queue, id, body string) {
	w.Helper()
	if err := w.Publish(w.Context(), "", queue, broker.Envelope{ID: id, Body: []byte(body)}); err != nil {
		w.Fatal(err)
	}
}

func TestSuspectIsChargedNothingHoweverLongTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, url string) {
		w := consume(t, url, func(context.Context, *body) error { return away() }, broker.Retry())
		w.publish("example.main.suspect", "1", `{"n":1}`)

		time.Sleep(time.Hour)
		w.cancel()
		synctest.Wait()
		if d := w.take("example.main.suspect"); d.Returns != 0 || d.Attempts() != 0 {
			t.Errorf("%d returns, %d attempts", d.Returns, d.Attempts())
		}
		if err := w.stop(); err != nil {
			t.Error(err)
		}
		if n := strings.Count(w.log.String(), "consuming stopped until the database answers"); n < 5 {
			t.Errorf("given back %d times", n)
		}
	})
}

func TestHandlerThatDoesNotEndKeepsSuspectsWaitingAndNobodyElse(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, url string) {
		finish, handled := make(chan struct{}), make(chan int, 10)
		w := consume(t, url, func(_ context.Context, in *body) error {
			if in.N == 1 {
				<-finish
			}
			handled <- in.N
			return nil
		}, broker.Retry(), func(o *broker.Options) { o.Workers = 2 })
		w.publish("example.main", "1", `{"n":1}`)
		synctest.Wait()
		w.publish("example.main.suspect", "2", `{"n":2}`)
		time.Sleep(5 * time.Second) // the lane waits by now, and with it who comes next
		w.publish("example.main", "3", `{"n":3}`)

		time.Sleep(time.Minute)
		if n := <-handled; n != 3 {
			t.Errorf("%d was handled first", n)
		}
		if d := w.depth("example.main.suspect"); d.Ready != 1 {
			t.Errorf("%d suspects wait", d.Ready)
		}
		close(finish)
		if a, b := <-handled, <-handled; a != 1 || b != 2 {
			t.Errorf("then %d and %d", a, b)
		}
		if err := w.stop(); err != nil {
			t.Error(err)
		}
	})
}
