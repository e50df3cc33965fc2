package cron_test

import (
	"testing"
	"time"

	"example.com/app/lib/cron"
)

func everySecond(t *testing.T, b bench, host string) cron.Job {
	return cron.Job{Name: "count", Schedule: schedule(t, "@every 1s"), Task: b.counting(host, 1), Missed: cron.All(60)}
}

func TestChangedScheduleHoldsAtOnce(t *testing.T) {
	t.Parallel()

	b := newBench(t)
	s := b.scheduler("a", long, mark(t), cron.Job{Name: "count", Task: b.counting("a", 1), Missed: cron.All(60)})
	s.Reschedule(map[string]cron.Schedule{"count": schedule(t, seldom)})
	b.start(s)
	b.await(1, "SELECT count(*) FROM schedule_run WHERE job = 'mark'")
	b.want(0, "SELECT count(*) FROM work")

	asked := b.number("SELECT extract(epoch FROM clock_timestamp())::int - 1")
	s.Reschedule(map[string]cron.Schedule{"count": schedule(t, "@every 1s"), "stranger": schedule(t, "@every 1s")})
	b.await(3, "SELECT count(*) FROM work")
	b.want(0, gaps+" WHERE job = 'count'")
	b.want(0, "SELECT count(*) FROM schedule_run WHERE job = 'count' AND extract(epoch FROM scheduled_at) < $1", asked)

	s.Reschedule(map[string]cron.Schedule{"count": {}})
	last := b.number("SELECT extract(epoch FROM clock_timestamp())::int + 1")
	b.await(last+1, "SELECT extract(epoch FROM max(scheduled_at))::int FROM schedule_run WHERE job = 'mark'")
	b.want(0, "SELECT count(*) FROM schedule_run WHERE job = 'count' AND extract(epoch FROM scheduled_at) > $1", last)
	if list, err := s.List(t.Context()); err != nil || list[1].Schedule != "off" || list[1].Next != nil {
		t.Errorf("got %+v and %v", list, err)
	}
}

// Three replicas change between two texts that name the same instants, each at its own time and again and again.
func TestChangesNeitherLoseNorDoubleATick(t *testing.T) {
	t.Parallel()

	b := newBench(t)
	texts := []cron.Schedule{schedule(t, "* * * * * *"), schedule(t, "@every 1s")}
	for _, host := range []string{"a", "b", "c"} {
		s := b.scheduler(host, short, everySecond(t, b, host))
		b.start(s)
		go func() {
			for i := 0; t.Context().Err() == nil; i++ {
				s.Reschedule(map[string]cron.Schedule{"count": texts[i%2]})
				time.Sleep(5 * time.Millisecond) // a pace, not a wait
			}
		}()
	}

	b.await(8, "SELECT count(*) FROM schedule_run WHERE outcome = 'done'")
	b.want(0, gaps)
	b.want(0, "SELECT (SELECT count(*) FROM work) - (SELECT count(*) FROM schedule_run WHERE outcome = 'done')")
}

func TestTicksThatWereDueBeforeAChangeStayDue(t *testing.T) {
	t.Parallel()

	b := newBench(t)
	b.lastRan(5)
	s := b.scheduler("a", short, mark(t), cron.Job{
		Name: "count", Schedule: schedule(t, seldom), Task: b.counting("a", 1), Missed: cron.All(60),
	})
	s.Reschedule(map[string]cron.Schedule{"count": {}})
	b.start(s)

	b.await(4, "SELECT count(*) FROM schedule_run WHERE job = 'count' AND host = 'a' AND outcome = 'done'")
	b.await(2, "SELECT count(*) FROM schedule_run WHERE job = 'mark'")
	b.want(4, "SELECT count(*) FROM work")
}

func TestChangeDuringAnOutageHoldsFromTheMomentItWasAskedFor(t *testing.T) {
	t.Parallel()

	b := newBench(t)
	p, url := newProxy(t, b.url)
	log := newJournal()
	s := b.schedulerAt(url, "a", short, log.logger(), mark(t), cron.Job{
		Name: "count", Schedule: schedule(t, seldom), Task: b.counting("a", 1), Missed: cron.All(60),
	})
	b.start(s)
	b.await(1, "SELECT count(*) FROM schedule_run WHERE job = 'mark' AND outcome = 'done'")

	p.freeze()
	asked := b.number("SELECT ceil(extract(epoch FROM clock_timestamp()))::int")
	s.Reschedule(map[string]cron.Schedule{"count": schedule(t, "@every 1s")})
	log.await(t, "jobs cannot reach their table")
	b.await(asked+3, "SELECT extract(epoch FROM clock_timestamp())::int")
	p.thaw()

	b.await(4, "SELECT count(*) FROM work")
	b.want(0, gaps+" WHERE job = 'count'")
	if first := b.number("SELECT extract(epoch FROM min(scheduled_at))::int FROM schedule_run WHERE job = 'count'"); first < asked || first > asked+1 {
		t.Errorf("the first tick is that of %d, and the change of %d", first, asked)
	}
}
