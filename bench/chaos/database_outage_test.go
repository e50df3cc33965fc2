package chaos_test

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"example.com/app/lib/testenv"
)

// ownPostgres is a migrated database on a server that the test may stop.
func ownPostgres(t *testing.T) *testenv.PostgresServer {
	t.Helper()
	server := testenv.NewPostgres(t)
	p := testenv.StartProgram(t, os.Args[0], t.TempDir(), settings{"DATABASE_URL": server.URL()}, "migrate", "up")
	if status := p.Wait(); status != 0 {
		t.Fatalf("app migrate up ended with %d", status)
	}
	return server
}

// TestOutagesOfTheDatabaseChargeAndDoubleNothing cuts off replies to commits, and stops Postgres, under consumers at work.
func TestOutagesOfTheDatabaseChargeAndDoubleNothing(t *testing.T) {
	t.Parallel()
	server := ownPostgres(t)
	p := testenv.NewProxy(t, server.URL())
	w := newWorld(t, servers{server.URL(), testenv.Broker(t), testenv.Management(t)}, settings{"DATABASE_URL": p.URL()})
	consumers := []process{w.consume(), w.consume()}
	cuts, outage := scaled(40, 4), time.Duration(scaled(20, 3))*time.Second
	share := scaled(10_000, 400) / 4
	var names []string
	more := func(kind string) {
		messages, their := studentsOf(kind, share)
		w.publish(messages)
		names = append(names, their...)
	}

	p.Lose(cuts)
	more("cut")
	w.until("the commits are cut off", func() (string, bool) {
		if p.Lost() == cuts {
			return "", true
		}
		more(fmt.Sprint("cut ", len(names)))
		return strconv.Itoa(p.Lost()), false
	})
	w.drained(len(names))

	more("before")
	server.Stop()
	stopped := time.Now()
	more("while")
	w.until("the outage has lasted long enough", func() (string, bool) {
		return fmt.Sprint(time.Since(stopped)), time.Since(stopped) > outage
	})
	server.Start()
	more("after")
	w.drained(len(names))
	handled := w.handled(consumers...)
	if handled["retried"] > 0 || handled["dead"] > 0 {
		t.Errorf("messages were charged: %v", handled)
	}
	w.tell("%d replies to commits cut off, Postgres away for %s, %d messages seen again", cuts, outage, handled["duplicate"])

	for _, c := range consumers {
		c.Stop()
	}
	w.idle()
	w.created(names)
	w.buried(nil)
	w.audited()
}
