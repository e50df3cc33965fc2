package desk_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"example.com/app/lib/broker"
	"example.com/app/lib/broker/desk"
	"example.com/app/lib/broker/memory"
	"example.com/app/lib/broker/rabbit"
	"example.com/app/lib/testenv"
)

func TestMain(m *testing.M) { os.Exit(testenv.Main(m)) }

var family = broker.Family{Exchange: "example", Name: "example.main", Tiers: []time.Duration{time.Minute}}

// office is a desk with a broker under it.
type office struct {
	testing.TB
	broker.Driver
	*desk.Desk
	archive string
}

// newOffice declares one family at driver; opts are those of its queue.
func newOffice(t testing.TB, driver broker.Driver, opts ...broker.Option) *office {
	t.Helper()
	if err := driver.Declare(t.Context(), family); err != nil {
		t.Fatal(err)
	}

	handle := func(context.Context, *struct{}) error { return nil }
	o := &office{TB: t, Driver: driver, archive: filepath.Join(t.TempDir(), "folder", "dropped.jsonl")}
	o.Desk = desk.New(desk.Options{
		Queues:  []broker.Queue{broker.One("example", "main", handle, opts...)},
		Tiers:   family.Tiers,
		Reach:   func(context.Context, string) (broker.Driver, error) { return driver, nil },
		Archive: o.archive,
	})
	return o
}

func inMemory(testing.TB) broker.Driver {
	return memory.New(slog.New(slog.DiscardHandler))
}

func atRabbit(t testing.TB) broker.Driver {
	t.Helper()
	b, err := rabbit.Open(rabbit.Options{
		Name: "example", URL: testenv.Broker(t), ConnectionName: "test", Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close(context.WithoutCancel(t.Context())) })
	return b
}

// each runs a promise over both drivers.
func each(t *testing.T, promise func(t *testing.T, driver broker.Driver)) {
	t.Helper()
	for name, open := range map[string]func(testing.TB) broker.Driver{"Memory": inMemory, "Rabbit": atRabbit} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			promise(t, open(t))
		})
	}
}

var reasons = []string{"exhausted", "permanent", "malformed", "panic"}

// letter is the n-th of those that bury makes.
func letter(n int) broker.Envelope {
	return broker.Envelope{
		ID: strconv.Itoa(n), CorrelationID: "c" + strconv.Itoa(n), Type: "student.created", ContentType: "application/json",
		Timestamp: time.Now(), Body: []byte(`{"n":` + strconv.Itoa(n) + `}`),
		Headers: map[string]any{
			broker.HeaderReason:         reasons[n%len(reasons)],
			broker.HeaderAttempt:        int64(4),
			broker.HeaderError:          "create a student: no",
			broker.HeaderErrorClass:     "SQLSTATE 23502",
			broker.HeaderFirstFailedAt:  time.Now().UTC().Format(time.RFC3339),
			broker.HeaderOriginExchange: "example",
			broker.HeaderOriginKey:      "student.created",
			"colour":                    "green",
		},
	}
}

// bury puts letters into the dead queue: in their order when they are few.
func (o *office) bury(letters ...broker.Envelope) {
	o.Helper()
	side := 64
	if len(letters) <= side {
		side = 1
	}
	var wg sync.WaitGroup
	for part := range slices.Chunk(letters, (len(letters)+side-1)/side) {
		wg.Go(func() {
			for _, e := range part {
				if err := o.Publish(o.Context(), "", family.Dead(), e); err != nil {
					o.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func letters(n int) []broker.Envelope {
	all := make([]broker.Envelope, 0, n)
	for i := range n {
		all = append(all, letter(i))
	}
	return all
}

// take empties a queue.
func (o *office) take(queue string) (found []broker.Delivery) {
	o.Helper()
	p, err := o.Pull(o.Context(), queue)
	if err != nil {
		o.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	for {
		d, ok, err := p.Get(o.Context())
		if err != nil {
			o.Fatal(err)
		}
		if !ok {
			return found
		}
		found = append(found, d)
		if err := d.Ack(); err != nil {
			o.Fatal(err)
		}
	}
}

func idsOf(found []broker.Delivery) []string {
	ids := make([]string, 0, len(found))
	for _, d := range found {
		ids = append(ids, d.ID)
	}
	return ids
}

// holds waits until the queue has n messages that are ready: what a channel held comes back a moment after its end.
func (o *office) holds(queue string, n int) {
	o.Helper()
	var depth broker.Depth
	defer func() {
		if o.Failed() {
			o.Logf("%s: %+v", queue, depth)
		}
	}()
	testenv.Eventually(o, fmt.Sprintf("%s holds %d", queue, n), func() (ok bool) {
		var err error
		depth, err = o.Inspect(o.Context(), queue)
		return err == nil && depth.Ready == n
	})
}

// requeue must work.
func (o *office) requeue(r desk.Replay) desk.Tally {
	o.Helper()
	tally, err := o.Requeue(o.Context(), family.Dead(), r, ignore)
	if err != nil {
		o.Error(err)
	}
	return tally
}

func ignore(desk.Tally) {}

var all = desk.Filter{All: true}
