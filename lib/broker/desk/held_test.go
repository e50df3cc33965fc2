package desk_test

import (
	"context"
	"strings"
	"testing"

	"example.com/app/lib/broker"
	"example.com/app/lib/broker/desk"
)

// looked is a driver at whose letters somebody else begins to look whenever they have been counted.
type looked struct {
	broker.Driver
	at int // so many
}

func (l *looked) Inspect(ctx context.Context, queue string) (broker.Depth, error) {
	depth, err := l.Driver.Inspect(ctx, queue)
	if err != nil || queue != family.Dead() {
		return depth, err
	}
	other, err := l.Pull(ctx, queue)
	for range l.at {
		if err == nil {
			_, _, err = other.Get(ctx)
		}
	}
	l.at = 0
	return depth, err
}

func TestLettersThatAnotherLookHoldsAreMissed(t *testing.T) {
	t.Parallel()
	for name, work := range map[string]func(*office) (int, error){
		"peek": func(o *office) (int, error) {
			letters, err := o.Peek(t.Context(), family.Dead(), all, 10)
			return len(letters), err
		},
		"requeue": func(o *office) (int, error) {
			tally, err := o.Requeue(t.Context(), family.Dead(), desk.Replay{Filter: all}, ignore)
			return tally.Done, err
		},
	} {
		driver := &looked{Driver: inMemory(t)}
		o := newOffice(t, driver)
		o.bury(letters(5)...)
		if n, err := work(o); n != 5 || err != nil {
			t.Errorf("%s without another look: %d, %v", name, n, err)
		}
		o.take(family.Dead())
		o.bury(letters(5)...)
		driver.at = 2
		n, err := work(o)
		if err == nil || !strings.HasSuffix(err.Error(), "example.main.dead: 2 of 5 letters were held by another look; try again") || n != 3 {
			t.Errorf("%s: %d, %v", name, n, err)
		}
	}
}
