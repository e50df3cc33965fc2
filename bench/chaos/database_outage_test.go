package chaos_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"example.com/app/lib/pg/pgtest"
	"example.com/app/lib/testenv"
)

// TestOutagesOfTheDatabaseChargeAndDoubleNothing cuts off replies to commits, and stops Postgres, under consumers at work.
func TestOutagesOfTheDatabaseChargeAndDoubleNothing(t *testing.T) {
	t.Parallel()
	server := testenv.NewPostgres(t)
	pgtest.Migrate(t, server.URL())
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
	w.until("the commits are cut off", func() (string, bool) {
		more(fmt.Sprint("cut ", len(names)))
		return strconv.Itoa(len(names)), p.Spent()
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
