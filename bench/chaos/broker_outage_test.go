package chaos_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"example.com/app/lib/testenv"
)

// TestClientsNoticeNoOutageOfTheBroker ends RabbitMQ by force and in good order, and starts it again, while the API is used.
func TestClientsNoticeNoOutageOfTheBroker(t *testing.T) {
	t.Parallel()
	node := testenv.NewNode(t)
	w := newWorld(t, of(t, node), nil)
	api, consumer := w.serve(), w.consume()

	outages := scaled(5, 1)
	share := scaled(334, 100) // each time before, while and after it is away
	var names []string
	for i := range outages {
		end := []func(){node.Kill, node.Stop}[i%2]
		going := w.during(end, func() []string { return w.create(api, fmt.Sprint("going ", i), share) })
		gone := w.create(api, fmt.Sprint("gone ", i), share)
		coming := w.during(node.Start, func() []string { return w.create(api, fmt.Sprint("coming ", i), share) })
		names = slices.Concat(names, going, gone, coming)
	}
	w.tell("%d outages, %d students posted, each answered 201", outages, len(names))

	w.drained(len(names))
	w.remembered(api)
	consumer.Stop()
	api.Stop()
	w.idle()
	w.created(names)
	w.buried(nil)
	w.audited()
}

// during runs both at once.
func (w *world) during(outage func(), create func() []string) (names []string) {
	w.Helper()
	var both sync.WaitGroup
	both.Go(func() { names = create() })
	outage()
	both.Wait()
	return names
}
