package desk_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/app/lib/broker"
	"example.com/app/lib/broker/desk"
)

func TestRequeueTakesThoseThatAreMeant(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, driver broker.Driver) {
		const n = 2000
		o := newOffice(t, driver)
		o.bury(letters(n)...)

		for _, c := range []struct {
			in   desk.Replay
			want desk.Tally
		}{
			{desk.Replay{Filter: all, DryRun: true}, desk.Tally{Total: n, Seen: n, Matched: n}},
			{desk.Replay{Filter: desk.Filter{Reason: "panic"}, DryRun: true}, desk.Tally{Total: n, Seen: n, Matched: n / 4}},
			{desk.Replay{}, desk.Tally{Total: n, Seen: n}},
			{desk.Replay{Filter: desk.Filter{ID: "1234"}}, desk.Tally{Total: n, Seen: n, Matched: 1, Done: 1}},
			{desk.Replay{Filter: desk.Filter{ID: "1234"}}, desk.Tally{Total: n - 1, Seen: n - 1}},
			{desk.Replay{Filter: desk.Filter{Reason: "panic"}}, desk.Tally{Total: n - 1, Seen: n - 1, Matched: n / 4, Done: n / 4}},
			{desk.Replay{Filter: desk.Filter{Reason: "malformed", ID: "2"}}, desk.Tally{Total: n - 1 - n/4, Seen: n - 1 - n/4, Matched: 1, Done: 1}},
			{desk.Replay{Filter: all}, desk.Tally{Total: n - 2 - n/4, Seen: n - 2 - n/4, Matched: n - 2 - n/4, Done: n - 2 - n/4}},
			{desk.Replay{Filter: all}, desk.Tally{}},
		} {
			if got := o.requeue(c.in); got != c.want {
				t.Errorf("%+v: got %+v, want %+v", c.in, got, c.want)
			}
			o.holds(family.Dead(), c.want.Total-c.want.Done)
		}

		found := idsOf(o.take(family.Name))
		slices.Sort(found)
		if got := len(slices.Compact(slices.Clone(found))); len(found) != n || got != n {
			t.Errorf("%d messages came back, %d different ones, want %d", len(found), got, n)
		}
	})
}

func TestMessageThatGoesBackBeginsAnew(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, driver broker.Driver) {
		o := newOffice(t, driver)
		was := letter(7)
		was.Headers["x-death"] = []any{map[string]any{"queue": "example.main", "reason": "delivery_limit"}}
		was.Headers["x-first-death-reason"] = "delivery_limit"
		o.bury(was)

		for replays := range 2 {
			o.requeue(desk.Replay{Filter: all})
			found := o.take(family.Name)
			if len(found) != 1 {
				t.Fatalf("%d messages came back, want 1", len(found))
			}
			d := found[0]
			if d.ID != was.ID || d.CorrelationID != was.CorrelationID || d.Type != was.Type ||
				d.ContentType != was.ContentType || !d.Timestamp.Equal(was.Timestamp.Truncate(time.Second)) || string(d.Body) != string(was.Body) {
				t.Errorf("got %+v", d)
			}
			want := map[string]any{
				"colour": "green", broker.HeaderReplays: int64(replays + 1),
				broker.HeaderFirstFailedAt:  was.Headers[broker.HeaderFirstFailedAt],
				broker.HeaderOriginExchange: "example", broker.HeaderOriginKey: "student.created",
			}
			for name, value := range d.Headers {
				if want[name] != value {
					t.Errorf("header %s is %v", name, value)
				}
			}
			if len(d.Headers) != len(want) {
				t.Errorf("the headers are %v, want %v", d.Headers, want)
			}
			o.bury(d.Envelope)
		}
	})
}

func TestOldMessagesStayUnlessForced(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, driver broker.Driver) {
		o := newOffice(t, driver)
		old, stamped, silent := letter(1), letter(2), letter(3)
		longAgo := time.Now().Add(-broker.Remembered - time.Hour)
		old.Headers[broker.HeaderFirstFailedAt] = longAgo.UTC().Format(time.RFC3339)
		delete(stamped.Headers, broker.HeaderFirstFailedAt)
		stamped.Timestamp = longAgo
		delete(silent.Headers, broker.HeaderFirstFailedAt)
		silent.Timestamp = time.Time{}
		fresh := letter(4)
		delete(fresh.Headers, broker.HeaderFirstFailedAt)
		o.bury(letter(0), old, stamped, silent, fresh)

		if got, want := o.requeue(desk.Replay{Filter: all, DryRun: true}), (desk.Tally{Total: 5, Seen: 5, Matched: 5, Old: 3}); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
		o.holds(family.Dead(), 5)
		if got, want := o.requeue(desk.Replay{Filter: all}), (desk.Tally{Total: 5, Seen: 5, Matched: 5, Old: 3, Done: 2}); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
		o.holds(family.Dead(), 3)
		if got, want := o.requeue(desk.Replay{Filter: all, Force: true}), (desk.Tally{Total: 3, Seen: 3, Matched: 3, Done: 3}); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	})
}

func TestInterruptedRequeueLosesNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, driver broker.Driver) {
		const n = 2000
		o := newOffice(t, driver)
		o.bury(letters(n)...)

		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		tally, err := o.Requeue(ctx, family.Dead(), desk.Replay{Filter: all}, func(t desk.Tally) {
			if t.Done > 500 {
				cancel()
			}
		})
		if !errors.Is(err, context.Canceled) || tally.Done <= 500 || tally.Done > 600 {
			t.Errorf("got %+v, %v", tally, err)
		}

		o.holds(family.Dead(), n-tally.Done)
		found := append(idsOf(o.take(family.Name)), idsOf(o.take(family.Dead()))...)
		slices.Sort(found)
		if got := len(slices.Compact(slices.Clone(found))); len(found) != n || got != n {
			t.Errorf("there are %d messages, %d different ones, want %d", len(found), got, n)
		}
	})
}

func TestMessagesThatDieMeanwhileStay(t *testing.T) {
	t.Parallel()
	const n = 2_000
	o := newOffice(t, atRabbit(t))
	o.bury(letters(n)...)
	o.holds(family.Dead(), n)

	stop, died := make(chan struct{}), make(chan int)
	go func() {
		for late := n; ; late++ {
			select {
			case <-stop:
				died <- late - n
				return
			default:
				o.bury(letter(late))
			}
		}
	}()
	tally := o.requeue(desk.Replay{Filter: desk.Filter{All: true}})
	close(stop)
	late := <-died

	if late == 0 || tally.Total < n || tally.Total > n+late || tally.Done != tally.Total {
		t.Errorf("%d died meanwhile, the tally is %+v", late, tally)
	}
	o.holds(family.Name, tally.Done)
	o.holds(family.Dead(), n+late-tally.Done)
}

func TestWorkOnQueuesThatAreNotDeadOrNotThereIsRefused(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, driver broker.Driver) {
		o := newOffice(t, driver)
		o.bury(letter(0))
		do := map[string]func(queue string) error{
			"peek": func(queue string) error {
				_, err := o.Peek(t.Context(), queue, all, 1)
				return err
			},
			"requeue": func(queue string) error {
				_, err := o.Requeue(t.Context(), queue, desk.Replay{Filter: all}, ignore)
				return err
			},
			"drop": func(queue string) error {
				_, err := o.Drop(t.Context(), queue, all, ignore)
				return err
			},
		}
		for name, do := range do {
			for queue, want := range map[string]string{
				family.Name:               "only dead queues",
				family.Suspect():          "only dead queues",
				family.Retry(time.Minute): "only dead queues",
				"example.unrouted":        "only dead queues, named QUEUE.dead, are worked on by hand: look at this one in RabbitMQ",
				"example.absent.dead":     "the server has none of that name",
			} {
				if err := do(queue); err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("%s %s: got %v, want %q", name, queue, err, want)
				}
			}
		}
		o.holds(family.Dead(), 1)
	})
}
