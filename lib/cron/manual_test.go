package cron_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"example.com/app/lib/cron"
)

func TestJobThatIsOffRunsByHand(t *testing.T) {
	t.Parallel()

	b := newBench(t)
	s := b.scheduler("a", short, cron.Job{Name: "count", Task: b.counting("a", 3)})
	for range 2 {
		if err := s.RunNow(t.Context(), "count"); err != nil {
			t.Fatal(err)
		}
	}
	b.want(2, "SELECT count(*) FROM schedule_run WHERE manual AND outcome = 'done' AND position = '3'")
	b.want(6, "SELECT count(*) FROM work")
}

func TestRunByHandIsRefusedWhileTheJobRuns(t *testing.T) {
	t.Parallel()

	b := newBench(t)
	reached, free := make(chan struct{}), make(chan struct{})
	wait := func(context.Context, int) error { close(reached); <-free; return nil }
	b.start(b.scheduler("host-a", long, b.due(b.counting("a", 1, wait))))
	<-reached
	defer close(free)

	err := b.scheduler("b", long, cron.Job{Name: "count", Task: b.counting("b", 1)}).RunNow(t.Context(), "count")
	if !errors.Is(err, cron.ErrBusy) || !strings.Contains(err.Error(), "host-a has run it since 20") {
		t.Errorf("refused with %v", err)
	}
}

func TestRunByHandFinishesTheRunThatWasInterrupted(t *testing.T) {
	t.Parallel()

	b := newBench(t)
	ctx, stop := context.WithCancel(t.Context())
	interrupt := func(_ context.Context, at int) error {
		if at == 2 {
			stop()
		}
		return nil
	}
	s := b.scheduler("a", long, cron.Job{Name: "count", Task: b.counting("a", 5, interrupt)})
	if err := s.RunNow(ctx, "count"); !errors.Is(err, context.Canceled) {
		t.Fatalf("stopped with %v", err)
	}

	if err := b.scheduler("b", long, cron.Job{Name: "count", Task: b.counting("b", 5)}).RunNow(t.Context(), "count"); err != nil {
		t.Fatal(err)
	}
	b.want(1, "SELECT count(*) FROM schedule_run")
	b.want(5, "SELECT count(DISTINCT item) FROM work")
	b.want(5, "SELECT count(*) FROM work")
}

func TestRunByHandOfAnUnknownJobNamesTheKnownOnes(t *testing.T) {
	t.Parallel()

	s, err := cron.New(cron.Options{Jobs: []cron.Job{
		{Name: "count", Task: counting(nil, "", 1)}, {Name: "sweep", Task: counting(nil, "", 1)},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.RunNow(t.Context(), "cuont"); err == nil || !strings.Contains(err.Error(), "count, sweep") {
		t.Errorf("refused with %v", err)
	}
}

func TestRunByHandThatFailsTellsWhy(t *testing.T) {
	t.Parallel()

	b := newBench(t)
	fault := func(context.Context, int) error { return errors.New("no luck") }
	s := b.scheduler("a", short, cron.Job{Name: "count", Task: b.counting("a", 1, fault)})
	if err := s.RunNow(t.Context(), "count"); err == nil || !strings.Contains(err.Error(), "failed: no luck") {
		t.Errorf("ended with %v", err)
	}
	b.want(1, "SELECT count(*) FROM schedule_run WHERE outcome = 'failed' AND failures = 3")
}

func TestListAndHistoryTellWhatWasAndWillBe(t *testing.T) {
	t.Parallel()

	b := newBench(t)
	b.lastRan(3)
	s := b.scheduler("a", short,
		cron.Job{Name: "never", Schedule: schedule(t, "@daily"), Task: b.counting("a", 1)},
		cron.Job{Name: "count", Task: b.counting("a", 2)})
	if err := s.RunNow(t.Context(), "count"); err != nil {
		t.Fatal(err)
	}

	list, err := s.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	never, count := list[0], list[1]
	if never.Job != "never" || never.Schedule != "@daily" || never.Last != nil || !never.Next.After(time.Now()) {
		t.Errorf("never: %+v", never)
	}
	if count.Job != "count" || count.Schedule != "off" || count.Next != nil || !count.Last.Manual || count.Last.Outcome != cron.Done {
		t.Errorf("count: %+v", count)
	}

	for job, runs := range map[string]int{"": 2, "count": 2, "never": 0} {
		history, err := s.History(t.Context(), job, 10)
		if err != nil || len(history) != runs {
			t.Fatalf("history of %q: %+v, %v", job, history, err)
		}
		if runs > 0 && (history[0].Host != "a" || string(history[0].Position) != "2" || history[1].Position != nil) {
			t.Errorf("history of %q: %+v", job, history)
		}
	}
	if _, err := s.History(t.Context(), "nope", 1); err == nil || !strings.Contains(err.Error(), `"nope": there is none of that name, only never, count`) {
		t.Errorf("history of no job: %v", err)
	}
	if err := s.RunNow(t.Context(), "conut"); err == nil || !strings.HasSuffix(err.Error(), "; did you mean count?") {
		t.Errorf("run of no job: %v", err)
	}
	if history, err := s.History(t.Context(), "", 1); err != nil || len(history) != 1 || !history[0].Manual {
		t.Errorf("newest: %+v, %v", history, err)
	}
}
