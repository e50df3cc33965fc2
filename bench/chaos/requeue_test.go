package chaos_test

import (
	"fmt"
	"strconv"
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
	for desk, end := range []func(p process){
		func(p process) { p.Signal(syscall.SIGINT) },
		func(p process) { p.Kill() },
		func(process) {},
	} {
		p := w.start(nil, "queue", "requeue", mainQueue+".dead", "--all", "--rate", rate)
		more, their := studentsOf(fmt.Sprint("new ", desk), total/10)
		w.publish(more)
		names = append(names, their...)
		w.until("the desk has done its part", func() (string, bool) {
			left := w.depth(mainQueue + ".dead")
			return strconv.Itoa(left), left <= total-(desk+1)*total/3
		})
		end(p)
		if status := p.Wait(); desk == 2 && status != 0 {
			t.Errorf("the last desk ended with %d and said %s", status, p.Said())
		}
	}
	w.tell("%d dead letters requeued at %s in %s by three desks, one interrupted and one killed", total, rate, time.Since(began).Round(time.Second))

	w.drained(len(names))
	consumer.Stop()
	w.idle()
	w.created(names)
	w.buried(nil)
	w.audited()
}
