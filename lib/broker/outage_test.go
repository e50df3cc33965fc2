package broker_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"example.com/app/lib/broker"
	"example.com/app/lib/pg"
	"example.com/app/lib/pg/pgtest"
	"example.com/app/lib/testenv"
)

func away() error     { return &pgconn.PgError{Code: "57P01"} }
func busy() error     { return &pgconn.PgError{Code: "55P03"} }
func conflict() error { return &pgconn.PgError{Code: "40P01"} }

func TestShortOutageHoldsTheMessageUncharged(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, url string) {
		began := time.Now()
		w := consume(t, url, func(context.Context, *body) error {
			if time.Since(began) < 4*time.Minute {
				return away()
			}
			return broker.Permanent(errors.New("seen"))
		}, broker.Retry())
		w.send()

		time.Sleep(4*time.Minute + 31*time.Second)
		synctest.Wait()
		if d := w.take("example.main.dead"); d.Attempts() != 1 || d.Headers[broker.HeaderReason] != "permanent" {
			t.Errorf("got %v", d.Headers)
		}
		if err := w.stop(); err != nil {
			t.Error(err)
		}
	})
}

func TestLongOutageStopsConsumingUntilTheDatabaseAnswers(t *testing.T) {
	t.Parallel()
	server := testenv.NewPostgres(t)
	pgtest.Migrate(t, server.URL())
	outside := beyond(t)

	synctest.Test(t, func(t *testing.T) {
		w := consume(t, server.URL(), nothing, broker.Retry())

		outside(server.Stop)
		w.send()
		time.Sleep(4 * time.Minute)
		if d := w.depth("example.main"); d != (broker.Depth{Consumers: 1}) {
			t.Errorf("after four minutes: %+v", d)
		}
		time.Sleep(time.Hour)
		if d := w.depth("example.main"); d != (broker.Depth{Ready: 1}) {
			t.Errorf("after an hour: %+v", d)
		}

		outside(server.Start)
		time.Sleep(time.Minute)
		if d := w.depth("example.main"); d != (broker.Depth{Consumers: 1}) {
			t.Errorf("with the database back: %+v", d)
		}
		if n := w.depth("example.main.dead").Ready; n != 0 {
			t.Error("the outage was charged")
		}
		if err := w.stop(); err != nil {
			t.Error(err)
		}
		if n := strings.Count(w.log.String(), "consuming stopped until the database answers"); n != 1 {
			t.Errorf("told %d times", n)
		}
	})
}

// beyond lets a bubble run functions outside it: its time would not wait for a process.
func beyond(t *testing.T) func(func()) {
	calls, done := make(chan func()), make(chan struct{})
	go func() {
		for call := range calls {
			call()
			done <- struct{}{}
		}
	}()
	t.Cleanup(func() { close(calls) })
	return func(call func()) {
		calls <- call
		<-done
	}
}

func TestBusyDatabaseIsChargedOnceAfterFiveMinutes(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, url string) {
		w := consume(t, url, func(context.Context, *body) error { return busy() }, broker.Retry(time.Hour))
		w.send()

		time.Sleep(5*time.Minute - time.Second)
		if n := w.depth("example.main.retry.3600000").Ready; n != 0 {
			t.Error("it was charged early")
		}
		time.Sleep(32 * time.Second)
		if n := w.depth("example.main").Consumers; n != 1 {
			t.Errorf("%d consumers", n)
		}
		if d := w.take("example.main.retry.3600000"); d.Attempts() != 1 || d.Returns != 0 {
			t.Errorf("%d attempts, %d returns", d.Attempts(), d.Returns)
		}
		if err := w.stop(); err != nil {
			t.Error(err)
		}
	})
}

func TestEndlessConflictIsCharged(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, url string) {
		var runs atomic.Int64
		w := consume(t, url, func(context.Context, *body) error {
			runs.Add(1)
			return conflict()
		}, broker.Retry())
		w.send()

		time.Sleep(time.Second)
		if d := w.take("example.main.dead"); d.Attempts() != 1 || d.Headers[broker.HeaderErrorClass] != "SQLSTATE 40P01" {
			t.Errorf("got %v", d.Headers)
		}
		if n := runs.Load(); n < 2 {
			t.Errorf("%d runs", n)
		}
		if err := w.stop(); err != nil {
			t.Error(err)
		}
	})
}

func TestDrainGivesBackWhatIsHeld(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, url string) {
		w := consume(t, url, func(context.Context, *body) error { return away() }, broker.Retry())
		w.send()
		time.Sleep(time.Minute)

		w.cancel()
		synctest.Wait()
		if d := w.take("example.main"); d.Attempts() != 0 {
			t.Errorf("%d attempts", d.Attempts())
		}
		if err := w.stop(); err != nil {
			t.Error(err)
		}
	})
}

func TestDatabaseThatOnlyAnswersIsAwaitedUntilItWrites(t *testing.T) {
	t.Parallel()
	server := testenv.NewPostgres(t)
	pgtest.Migrate(t, server.URL())
	admin, err := pg.Open(t.Context(), pg.Options{URL: server.URL(), Name: "admin", Max: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { admin.Close(context.WithoutCancel(t.Context())) })
	outside := beyond(t)
	become := func(readOnly string) func() {
		return func() {
			for _, sql := range []string{"SET default_transaction_read_only = off", "ALTER SYSTEM SET default_transaction_read_only = " + readOnly, "SELECT pg_reload_conf()"} {
				if _, err := admin.Exec(context.WithoutCancel(t.Context()), sql); err != nil {
					t.Error(err)
				}
			}
		}
	}

	synctest.Test(t, func(t *testing.T) {
		outside(become("on"))
		w := consume(t, server.URL(), nothing, broker.Retry())
		w.send()
		time.Sleep(time.Hour)
		if d := w.depth("example.main"); d != (broker.Depth{Ready: 1}) {
			t.Errorf("after an hour: %+v", d)
		}

		outside(become("off"))
		time.Sleep(time.Minute)
		for _, queue := range []string{"example.main", "example.main.suspect", "example.main.dead"} {
			if n := w.depth(queue).Ready; n != 0 {
				t.Errorf("%d in %s", n, queue)
			}
		}
		if err := w.stop(); err != nil {
			t.Error(err)
		}
		if n := strings.Count(w.log.String(), "consuming stopped until the database answers"); n != 1 {
			t.Errorf("it stopped %d times", n)
		}
	})
}

func TestDatabaseThatIsAwayAndThenBusyIsWaitedThroughTwice(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, url string) {
		began := time.Now()
		w := consume(t, url, func(context.Context, *body) error {
			if time.Since(began) < 4*time.Minute {
				return away()
			}
			return busy()
		}, broker.Retry(time.Hour))
		w.send()

		time.Sleep(8*time.Minute + 50*time.Second)
		if n := w.depth("example.main.retry.3600000").Ready; n != 0 {
			t.Error("it was charged early")
		}
		time.Sleep(2 * time.Minute)
		if d := w.take("example.main.retry.3600000"); d.Attempts() != 1 {
			t.Errorf("%d attempts", d.Attempts())
		}
		if err := w.stop(); err != nil {
			t.Error(err)
		}
	})
}

func TestMessageThatWasForgottenMeanwhileIsFresh(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, url string) {
		handled := make(chan int, 10)
		w := consume(t, url, func(_ context.Context, in *body) error {
			handled <- in.N
			return nil
		}, broker.Retry(), func(o *broker.Options) {
			// The first insert meets a row that is gone when it is read.
			_, err := o.DB.Exec(context.Background(), `
				CREATE SEQUENCE met;
				CREATE FUNCTION meet() RETURNS trigger LANGUAGE plpgsql AS
				$$ BEGIN IF nextval('met') = 1 THEN RETURN NULL; END IF; RETURN NEW; END $$;
				CREATE TRIGGER meet BEFORE INSERT ON inbox FOR EACH ROW EXECUTE FUNCTION meet()`)
			if err != nil {
				t.Fatal(err)
			}
		})
		w.send()
		time.Sleep(time.Second)
		if n := len(handled); n != 1 {
			t.Errorf("it was handled %d times", n)
		}
		if n := w.depth("example.main.dead").Ready; n != 0 {
			t.Error("it is dead")
		}
		if err := w.stop(); err != nil {
			t.Error(err)
		}
	})
}

func TestDeathThatCannotBeToldNowIsADeathOnceAndToldLater(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, url string) {
		began := time.Now()
		var told atomic.Int64
		w := consume(t, url, func(context.Context, *body) error { return broker.Permanent(errors.New("no")) }, broker.Retry(),
			func(o *broker.Options) {
				broker.OnDead(func(context.Context, []string) error {
					if time.Since(began) < 7*time.Minute {
						return away()
					}
					told.Add(1)
					return nil
				})(&o.Queues[0])
			})
		time.Sleep(time.Minute) // the first sweep
		w.send()

		time.Sleep(time.Hour)
		if n := w.depth("example.main.dead").Ready; n != 1 {
			t.Errorf("it is %d times among the dead", n)
		}
		if told.Load() == 0 {
			t.Error("nobody was told")
		}
		if err := w.stop(); err != nil {
			t.Error(err)
		}
	})
}
