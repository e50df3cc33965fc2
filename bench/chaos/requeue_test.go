package chaos_test

import (
	"fmt"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/app/lib/broker"
)

// TestInterruptedRequeueLosesAndDoublesNothing brings dead letters back while new messages flow, with a desk that is interrupted and killed half-way.
func TestInterruptedRequeueLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shared(t), nil)
	total := scaled(10_000, 600)
	letters, names := studentsOf("letter", total)
	w.send(mainQueue+".dead", letters, map[string]any{
		broker.HeaderReason: "exhausted", broker.HeaderAttempt: int64(6), broker.HeaderError: "no",
		broker.HeaderFirstFailedAt: time.Now().UTC().Format(time.RFC3339),
	})
	consumer := w.consume()

	began := time.Now()
	rate := fmt.Sprint(scaled(1_000, 150), "/s")
	desk := func() process { return w.start(nil, "queue", "requeue", mainQueue+".dead", "--all", "--rate", rate) }
	for i, end := range []func(p process){func(p process) { p.Signal(syscall.SIGINT) }, func(p process) { p.Kill() }} {
		p := desk()
		more, their := studentsOf(fmt.Sprint("new ", i), total/10)
		w.publish(more)
		names = append(names, their...)
		w.until("the desk has done a third", func() (string, bool) {
			left := w.depth(mainQueue + ".dead")
			return strconv.Itoa(left), left <= total-(i+1)*total/3
		})
		end(p)
		p.Wait()
	}
	w.until("a desk has done the rest", func() (string, bool) { // letters that the service looks at show nowhere meanwhile
		p := desk()
		status, said := p.Wait(), p.Said()
		if status != 0 && !strings.Contains(said, "held by another look") {
			w.Fatalf("a desk ended with %d and said:\n%s", status, said)
		}
		return said, one[int](w, "SELECT count(*) FROM student") >= len(names)
	})
	w.tell("%d dead letters requeued at %s in %s, by desks of which one was interrupted and one killed",
		total, rate, time.Since(began).Round(time.Second))

	w.drained(len(names))
	consumer.Stop()
	w.idle()
	w.created(names)
	w.buried(nil)
	w.audited()
}
