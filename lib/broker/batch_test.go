package broker_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"example.com/app/lib/broker"
	"example.com/app/lib/pg/pgtest"
	"example.com/app/lib/telemetry"
	"example.com/app/lib/testenv"
)

type messages = []broker.Message[body]

// consumeBatches is consume for a queue of batches.
func consumeBatches(t *testing.T, url string, h func(context.Context, messages) error, retry broker.Option) *world {
	t.Helper()
	return consume(t, url, nothing, retry, func(o *broker.Options) {
		o.Queues = []broker.Queue{broker.Batch(example, "main", h, retry)}
	})
}

// fill publishes so many messages in no time.
func (w *world) fill(count int) {
	w.Helper()
	for n := range count {
		e := broker.Envelope{ID: strconv.Itoa(n), Body: []byte(`{"n":1}`)}
		if err := w.Publish(w.Context(), "", "example.main", e); err != nil {
			w.Fatal(err)
		}
	}
}

func TestBatchIsTwoHundredMessagesOrWhatCameWithinTenMilliseconds(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, url string) {
		sizes := make(chan int, 10)
		w := consumeBatches(t, url, func(_ context.Context, batch messages) error {
			sizes <- len(batch)
			return nil
		}, broker.Retry())

		w.fill(1)
		time.Sleep(9 * time.Millisecond)
		w.send()
		if len(sizes) > 0 {
			t.Error("it did not wait for more")
		}
		time.Sleep(2 * time.Millisecond)
		synctest.Wait()
		w.fill(250)
		time.Sleep(20 * time.Millisecond)
		synctest.Wait()

		if err := w.stop(); err != nil {
			t.Error(err)
		}
		close(sizes)
		var got []int
		for n := range sizes {
			got = append(got, n)
		}
		if want := []int{2, 199, 50}; !slices.Equal(got, want) { // one of the fill is known
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

func TestBatchOfKnownMessagesIsAckedUnhandled(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, url string) {
		var runs atomic.Int64
		w := consumeBatches(t, url, func(context.Context, messages) error {
			runs.Add(1)
			return nil
		}, broker.Retry())
		for range 3 {
			w.fill(150)
			time.Sleep(time.Second)
			synctest.Wait()
		}
		if err := w.stop(); err != nil {
			t.Error(err)
		}
		if n := runs.Load(); n != 1 {
			t.Errorf("%d runs", n)
		}
	})
}

func TestHandlersOfABatchKeepWithinTheirNumber(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, url string) {
		var now, most atomic.Int64
		w := consumeBatches(t, url, func(_ context.Context, batch messages) error {
			defer now.Add(-1)
			most.Store(max(most.Load(), now.Add(1)))
			time.Sleep(time.Second)
			if len(batch) > 1 {
				return errors.New("not together")
			}
			return nil
		}, broker.Retry())
		w.fill(50)
		time.Sleep(10 * time.Minute)
		if d := w.depth("example.main"); d.Ready != 0 || most.Load() != 1 {
			t.Errorf("%d waiting, %d at once", d.Ready, most.Load())
		}
		if err := w.stop(); err != nil {
			t.Error(err)
		}
	})
}

func TestBatchPastItsDeadlineIsHandledOneByOne(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, url string) {
		var single atomic.Int64
		w := consumeBatches(t, url, func(ctx context.Context, batch messages) error {
			if len(batch) == 1 {
				single.Add(1)
				return nil
			}
			<-ctx.Done()
			return ctx.Err()
		}, broker.Retry())
		w.fill(10)
		time.Sleep(21 * time.Second)
		synctest.Wait()
		if n := single.Load(); n != 10 {
			t.Errorf("%d were handled by themselves", n)
		}
		if n := w.depth("example.main.dead").Ready; n != 0 {
			t.Errorf("%d are dead", n)
		}
		if err := w.stop(); err != nil {
			t.Error(err)
		}
	})
}

func TestEndlessConflictOfABatchIsLeftToItsMessages(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, url string) {
		var single atomic.Int64
		w := consumeBatches(t, url, func(_ context.Context, batch messages) error {
			if len(batch) > 1 {
				return conflict()
			}
			single.Add(1)
			return nil
		}, broker.Retry())
		w.fill(10)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if n := single.Load(); n != 10 {
			t.Errorf("%d were handled by themselves", n)
		}
		if err := w.stop(); err != nil {
			t.Error(err)
		}
	})
}

func TestLongOutageGivesTheBatchBackUncharged(t *testing.T) {
	t.Parallel()
	server := testenv.NewPostgres(t)
	pgtest.Migrate(t, server.URL())
	outside := beyond(t)

	synctest.Test(t, func(t *testing.T) {
		handled := make(chan int, 100)
		w := consumeBatches(t, server.URL(), func(_ context.Context, batch messages) error {
			handled <- len(batch)
			return nil
		}, broker.Retry())

		outside(server.Stop)
		w.fill(20)
		time.Sleep(time.Hour)
		if d := w.depth("example.main"); d != (broker.Depth{Ready: 20}) {
			t.Errorf("after an hour: %+v", d)
		}
		outside(server.Start)
		time.Sleep(time.Minute)
		synctest.Wait()
		if err := w.stop(); err != nil {
			t.Error(err)
		}
		if n := <-handled; n != 20 {
			t.Errorf("%d were handled together", n)
		}
		if strings.Contains(w.log.String(), "one by one") {
			t.Error("the outage took the batch to pieces")
		}
	})
}

func TestPanicOfABatchIsLoggedWithTheMessagesOfItsLog(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, url string) {
		w := consumeBatches(t, url, func(ctx context.Context, batch messages) error {
			telemetry.Logger(ctx).Info("handling")
			if len(batch) > 1 {
				panic("out of range")
			}
			return nil
		}, broker.Retry())
		w.fill(2)
		time.Sleep(time.Second)
		synctest.Wait()
		if err := w.stop(); err != nil {
			t.Error(err)
		}
		for _, want := range []string{
			`"msg":"handling","queue":"example.main","messages":2}`,
			`"msg":"handling","queue":"example.main","message_id":"1","attempt":1,"correlation_id":"1","trace_id":"`,
			`"error":"panic: out of range"`, "batch_test.go",
		} {
			if !strings.Contains(w.log.String(), want) {
				t.Errorf("got %s, want %s", w.log, want)
			}
		}
	})
}

func TestStuckBatchIsNamed(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, url string) {
		release := make(chan struct{})
		w := consumeBatches(t, url, func(context.Context, messages) error {
			<-release
			return nil
		}, broker.Retry())
		w.fill(3)
		time.Sleep(81 * time.Second)
		if err := w.consumer.Stuck(); err == nil || !strings.Contains(err.Error(), "3 messages of example.main") {
			t.Errorf("got %v", err)
		}
		close(release)
		synctest.Wait()
		if err := w.stop(); err != nil {
			t.Error(err)
		}
	})
}

func TestNothingBeginsOnceAStopWasAskedFor(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, url string) {
		var began atomic.Int64
		finish := make(chan struct{})
		w := consumeBatches(t, url, func(_ context.Context, batch messages) error {
			if len(batch) > 1 {
				return errors.New("not together")
			}
			began.Add(1)
			<-finish
			return nil
		}, broker.Retry())
		w.fill(50)
		time.Sleep(time.Second)

		w.cancel()
		close(finish)
		if err := <-w.ended; err != nil {
			t.Error(err)
		}
		if n := began.Load(); n != 1 {
			t.Errorf("%d began", n)
		}
		if n := w.depth("example.main").Ready; n != 49 {
			t.Errorf("%d went back", n)
		}
		_ = w.Close(context.Background())
	})
}
