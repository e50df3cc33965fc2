package chaos_test

import (
	"fmt"
	"testing"
)

// TestDeploysUnderLoadLoseAndDoubleNothing replaces each of three consumers, which relay the outbox too, one by one under load, again and again.
func TestDeploysUnderLoadLoseAndDoubleNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shared(t), nil)
	api := w.serve()
	consumers := []process{w.consume(), w.consume(), w.consume()}
	deploys := scaled(10, 2)
	share := scaled(20_000, 400) / deploys / len(consumers)
	var names []string

	for deploy := range deploys {
		for i, old := range consumers {
			kind := fmt.Sprintf("deploy %d.%d", deploy, i)
			names = append(names, w.during(func() {
				consumers[i] = w.consume()
				old.Stop()
			}, func() []string {
				messages, queued := studentsOf(kind, share)
				w.publish(messages)
				return append(queued, w.create(api, kind+" posted", share/5)...)
			})...)
		}
	}
	w.tell("%d deploys of %d consumers under load", deploys, len(consumers))

	w.drained(len(names))
	for _, c := range consumers {
		c.Stop()
	}
	api.Stop()
	w.idle()
	w.created(names)
	w.buried(nil)
	w.audited()
}
