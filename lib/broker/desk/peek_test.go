package desk_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/app/lib/broker"
	"example.com/app/lib/broker/desk"
)

func TestPeekLeavesTheQueueAsItWas(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, driver broker.Driver) {
		o := newOffice(t, driver)
		o.bury(letters(9)...)

		for _, c := range []struct {
			limit int
			pick  desk.Filter
			want  []string
		}{
			{10, desk.Filter{Reason: "permanent"}, []string{"1", "5"}},
			{1, desk.Filter{Reason: "permanent"}, []string{"1"}},
			{10, desk.Filter{ID: "5"}, []string{"5"}},
			{10, desk.Filter{ID: "5", Reason: "panic"}, nil},
			{10, desk.Filter{}, nil},
			{2, all, []string{"0", "1"}},
			{10, all, []string{"0", "1", "2", "3", "4", "5", "6", "7", "8"}},
		} {
			found, err := o.Peek(t.Context(), family.Dead(), c.pick, c.limit)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, l := range found {
				got = append(got, l.ID)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%+v: got %v, want %v", c.pick, got, c.want)
			}
			o.holds(family.Dead(), 9)
		}

		if got := idsOf(o.take(family.Dead())); !slices.Equal(got, strings.Split("012345678", "")) {
			t.Errorf("at last the queue holds %v", got)
		}
	})
}

func TestSendGoesToTheQueueItselfAlone(t *testing.T) {
	t.Parallel()
	o := newOffice(t, inMemory(t))
	for queue, want := range map[string]string{
		family.Dead():             "send to example.main.dead: it is for messages of example.main that failed: send to example.main",
		family.Suspect():          "that failed: send to example.main",
		family.Retry(time.Minute): "that failed: send to example.main",
		"example.unrouted":        "send to the queue that is meant",
	} {
		if _, err := o.Send(t.Context(), queue, []byte("{}")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", queue, err, want)
		}
		o.holds(queue, 0)
	}
}

func TestPeekShowsWhatAPersonNeeds(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, driver broker.Driver) {
		o := newOffice(t, driver)
		was := letter(3)
		was.Headers[broker.HeaderReplays] = int64(2)
		o.bury(was, broker.Envelope{ID: "moved", Headers: map[string]any{"x-first-death-reason": "delivery_limit"}})

		found, err := o.Peek(t.Context(), family.Dead(), all, 10)
		want := []desk.Letter{
			{
				ID: "3", Reason: "panic", Attempts: 4, Replays: 2, FirstFailedAt: was.Headers[broker.HeaderFirstFailedAt].(string),
				OriginExchange: "example", OriginKey: "student.created", Error: "create a student: no",
				ErrorClass: "SQLSTATE 23502", Body: `{"n":3}`,
			},
			{ID: "moved", Reason: "delivery_limit"},
		}
		if err != nil || !slices.Equal(found, want) {
			t.Errorf("got %+v, %v, want %+v", found, err, want)
		}
	})
}

// Others that are looked at or taken come back where they were, so that a filter changes nobody's turn.
func TestThoseThatAreNotMeantKeepTheirOrder(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, driver broker.Driver) {
		o := newOffice(t, driver)
		o.bury(letters(8)...)
		o.requeue(desk.Replay{Filter: desk.Filter{Reason: "permanent"}})
		if _, err := o.Drop(t.Context(), family.Dead(), desk.Filter{ID: "4"}, ignore); err != nil {
			t.Fatal(err)
		}
		o.holds(family.Dead(), 5)
		if got, want := idsOf(o.take(family.Dead())), []string{"0", "2", "3", "6", "7"}; !slices.Equal(got, want) {
			t.Errorf("the queue holds %v, want %v", got, want)
		}
	})
}

func TestListShowsEveryQueueOfAFamily(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, driver broker.Driver) {
		o := newOffice(t, driver)
		o.bury(letters(2)...)
		o.holds(family.Dead(), 2)
		rows, err := o.List(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range rows {
			if r.Missing || *r.Consumers != 0 || *r.Messages != map[string]int{family.Dead(): 2}[r.Name] {
				t.Errorf("got %+v", r)
			}
			got = append(got, r.Name)
		}
		want := []string{family.Name, family.Suspect(), family.Retry(family.Tiers[0]), family.Dead(), "example.unrouted"}
		if !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}
