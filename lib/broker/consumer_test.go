package broker_test

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"example.com/app/lib/broker"
	"example.com/app/lib/broker/memory"
	"example.com/app/lib/telemetry"
)

func nothing(context.Context, *body) error { return nil }

func TestEveryMistakeInTheTableIsTold(t *testing.T) {
	t.Parallel()
	log := slog.New(slog.DiscardHandler)
	_, err := broker.NewConsumer(broker.Options{
		Drivers: map[broker.Connection]broker.Driver{example: memory.New(log)},
		Queues: []broker.Queue{
			broker.One(example, "main", nothing),
			broker.One(example, "main", nothing),
			broker.One("billing", "paid", nothing),
			broker.One(example, "hasty", nothing, broker.Retry(time.Minute, 0)),
			broker.One(example, "patient", nothing, broker.Retry(300*time.Hour, 395*time.Hour)),
			broker.One(example, "endless", nothing, broker.Retry(300*time.Hour, 396*time.Hour)),
		},
		Log: log,
	})
	if err != nil && strings.Contains(err.Error(), "patient") {
		t.Errorf("got %v", err)
	}
	for _, want := range []string{
		"consume example.endless: the retry delays must sum up to less than 696h",
		"consume example.main: the queue is in the table twice",
		`consume billing.paid: connection "billing" has no URL: set AMQP_URL_BILLING, or AMQP_URL for the main one`,
		"consume example.hasty: a retry delay of 0s",
		"consume: a database is needed, for the inbox",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestFamiliesTakeTheirOwnDelaysOrTheDefault(t *testing.T) {
	t.Parallel()
	got := broker.Families([]broker.Queue{
		broker.One(example, "main", nothing, broker.Bind("student.*")),
		broker.One(example, "own", nothing, broker.Retry(time.Hour, time.Minute, time.Hour)),
		broker.One("billing", "none", nothing, broker.Retry()),
	}, []time.Duration{time.Minute, time.Second})

	want := map[broker.Connection][]broker.Family{
		"example": {
			{Exchange: "example", Name: "example.main", Tiers: []time.Duration{time.Second, time.Minute}, Bindings: []string{"student.*"}},
			{Exchange: "example", Name: "example.own", Tiers: []time.Duration{time.Minute, time.Hour}},
		},
		"billing": {{Exchange: "billing", Name: "billing.none"}},
	}
	same := func(a, b broker.Family) bool {
		return a.Exchange == b.Exchange && a.Name == b.Name && slices.Equal(a.Tiers, b.Tiers) && slices.Equal(a.Bindings, b.Bindings)
	}
	if !maps.EqualFunc(got, want, func(a, b []broker.Family) bool { return slices.EqualFunc(a, b, same) }) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestHandlerSpeaksWithTheIDsOfItsMessage(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, url string) {
		w := consume(t, url, func(ctx context.Context, _ *body) error {
			telemetry.Logger(ctx).Info("handled")
			return nil
		}, broker.Retry())
		e := broker.Envelope{ID: "m-1", CorrelationID: "c-1", Body: []byte(`{}`), Headers: map[string]any{broker.HeaderAttempt: int64(2)}}
		if err := w.Publish(t.Context(), "", "example.main", e); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if err := w.stop(); err != nil {
			t.Error(err)
		}
		want := `"msg":"handled","queue":"example.main","message_id":"m-1","attempt":3,"correlation_id":"c-1","trace_id":"`
		if !strings.Contains(w.log.String(), want) {
			t.Errorf("got %s", w.log)
		}
	})
}

func TestPanicIsLoggedOnceWithItsStack(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, url string) {
		w := consume(t, url, func(context.Context, *body) error { panic("out of range") }, broker.Retry())
		w.send()
		if err := w.stop(); err != nil {
			t.Error(err)
		}
		lines := strings.Count(w.log.String(), "out of range")
		if lines != 1 || !strings.Contains(w.log.String(), "consumer_test.go") {
			t.Errorf("got %s", w.log)
		}
	})
}

func TestHandlerPastItsDeadlineIsCutAndCharged(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, url string) {
		w := consume(t, url, func(ctx context.Context, _ *body) error {
			<-ctx.Done()
			return ctx.Err()
		}, broker.Retry(time.Hour))
		w.send()

		time.Sleep(20 * time.Second)
		synctest.Wait()
		if d := w.take("example.main.retry.3600000"); d.Attempts() != 1 {
			t.Errorf("got %v", d.Headers)
		}
		if err := w.stop(); err != nil {
			t.Error(err)
		}
	})
}

func TestHandlerAMinutePastItsDeadlineIsStuck(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, url string) {
		release := make(chan struct{})
		w := consume(t, url, func(context.Context, *body) error {
			<-release
			return nil
		}, broker.Retry())
		w.send()

		time.Sleep(79 * time.Second)
		if err := w.consumer.Stuck(); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Second)
		if err := w.consumer.Stuck(); err == nil || !strings.Contains(err.Error(), "example.main") {
			t.Errorf("got %v", err)
		}

		close(release)
		synctest.Wait()
		if err := w.consumer.Stuck(); err != nil {
			t.Error(err)
		}
		if err := w.stop(); err != nil {
			t.Error(err)
		}
	})
}

func TestHandlerThatIgnoresTheGraceIsLeftBehindAndNamed(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, url string) {
		release := make(chan struct{})
		w := consume(t, url, func(context.Context, *body) error {
			<-release
			return nil
		}, broker.Retry())
		w.send()

		w.cancel()
		if err := <-w.ended; err == nil || !strings.Contains(err.Error(), "it still ran after the grace") {
			t.Errorf("got %v", err)
		}
		if d := w.take("example.main"); d.Attempts() != 0 {
			t.Errorf("%d attempts", d.Attempts())
		}
		close(release)
		_ = w.Close(context.Background())
	})
}

// refusing is a driver whose broker takes no messages for a while.
type refusing struct {
	broker.Driver
	until   time.Time
	refused atomic.Int64
}

func (r *refusing) Publish(ctx context.Context, exchange, key string, e broker.Envelope) error {
	if time.Now().Before(r.until) {
		r.refused.Add(1)
		return broker.ErrRefused
	}
	return r.Driver.Publish(ctx, exchange, key, e)
}

func TestRefusedMoveKeepsTheMessageAndIsRepeated(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, url string) {
		r := &refusing{until: time.Now().Add(10 * time.Minute)}
		var runs atomic.Int64
		w := consume(t, url, func(context.Context, *body) error {
			runs.Add(1)
			return broker.Permanent(errors.New("no"))
		}, broker.Retry(), func(o *broker.Options) {
			r.Driver = o.Drivers[example]
			o.Drivers[example] = r
		})
		w.send()

		time.Sleep(9 * time.Minute)
		if d := w.depth("example.main"); d != (broker.Depth{Consumers: 1}) {
			t.Errorf("got %+v", d)
		}
		time.Sleep(2 * time.Minute)
		if d := w.take("example.main.dead"); d.Attempts() != 1 || runs.Load() != 1 || r.refused.Load() < 2 {
			t.Errorf("%d runs, %d refusals, headers %v", runs.Load(), r.refused.Load(), d.Headers)
		}
		if err := w.stop(); err != nil {
			t.Error(err)
		}
	})
}

func TestDrainCutsAMoveThatIsRefusedAndChargesNothing(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, url string) {
		w := consume(t, url, func(context.Context, *body) error { return errors.New("no") }, broker.Retry(time.Hour),
			func(o *broker.Options) {
				o.Drivers[example] = &refusing{Driver: o.Drivers[example], until: time.Now().Add(time.Hour)}
			})
		w.send()

		w.cancel()
		if err := <-w.ended; err != nil {
			t.Error(err)
		}
		if d := w.take("example.main"); d.Attempts() != 0 {
			t.Errorf("%d attempts", d.Attempts())
		}
		_ = w.Close(context.Background())
	})
}

// absent is a driver whose queue cannot be consumed.
type absent struct {
	broker.Driver
	asked atomic.Int64
}

func (a *absent) Consume(context.Context, string, int) (broker.Subscription, error) {
	a.asked.Add(1)
	return nil, errors.New("no connection")
}

func TestConsumingIsTriedAgainWithPausesUpToHalfAMinute(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, url string) {
		a := new(absent)
		w := consume(t, url, nothing, broker.Retry(), func(o *broker.Options) {
			a.Driver = o.Drivers[example]
			o.Drivers[example] = a
		})

		time.Sleep(5 * time.Second)
		synctest.Wait()
		if n := a.asked.Load(); n < 2 {
			t.Errorf("asked %d times in the first seconds", n)
		}
		time.Sleep(10 * time.Hour)
		synctest.Wait()
		if n := a.asked.Load(); n < 1200 || n > 4800 {
			t.Errorf("asked %d times in ten hours", n)
		}
		if err := w.stop(); err != nil {
			t.Error(err)
		}
	})
}

// changed is a driver whose broker has other queues than wanted, once it has taken the first declaration.
type changed struct {
	broker.Driver
	declared atomic.Int64
}

func (c *changed) Declare(ctx context.Context, families ...broker.Family) error {
	if c.declared.Add(1) > 1 {
		return broker.ErrMismatch
	}
	return c.Driver.Declare(ctx, families...)
}

func TestMismatchAfterTheStartIsToldOnceAndConsumingGoesOn(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, url string) {
		c := new(changed)
		handled := make(chan struct{}, 10)
		w := consume(t, url, func(context.Context, *body) error {
			handled <- struct{}{}
			return nil
		}, broker.Retry(), func(o *broker.Options) {
			c.Driver = o.Drivers[example]
			o.Drivers[example] = c
		})

		for range 3 {
			w.send()
			<-handled
			w.Interrupt()
			time.Sleep(time.Minute)
		}
		if err := w.stop(); err != nil {
			t.Error(err)
		}
		if n := strings.Count(w.log.String(), broker.ErrMismatch.Error()); n != 1 || c.declared.Load() != 5 {
			t.Errorf("told %d times in %d declarations", n, c.declared.Load())
		}
	})
}

// blocked is a driver whose broker declares nothing, as under an alarm.
type blocked struct {
	broker.Driver
	declared atomic.Int64
}

func (b *blocked) Declare(ctx context.Context, families ...broker.Family) error {
	if b.declared.Add(1) > 1 {
		<-ctx.Done()
		return ctx.Err()
	}
	return b.Driver.Declare(ctx, families...)
}

func TestConsumingGoesOnWhereNothingCanBeDeclared(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, url string) {
		b := new(blocked)
		w := consume(t, url, nothing, broker.Retry(), func(o *broker.Options) {
			b.Driver = o.Drivers[example]
			o.Drivers[example] = b
		})
		w.send()
		time.Sleep(10 * time.Second)
		if d := w.depth("example.main"); d != (broker.Depth{Consumers: 1}) {
			t.Errorf("got %+v", d)
		}
		if err := w.stop(); err != nil {
			t.Error(err)
		}
	})
}

func TestNoErrorIsNeitherPermanentNorLate(t *testing.T) {
	t.Parallel()
	if err := errors.Join(broker.Permanent(nil), broker.RetryAfter(time.Minute, nil)); err != nil {
		t.Error(err)
	}
}
