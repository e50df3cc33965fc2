package chaos_test

import (
	"fmt"
	"testing"
	"time"

	"example.com/app/lib/testenv"
)

// TestAlarmOfTheBrokerChargesNothing has RabbitMQ out of memory while messages fail, and events are to be sent. There is one retry only:
// a message that was charged for the alarm would be dead.
func TestAlarmOfTheBrokerChargesNothing(t *testing.T) {
	t.Parallel()
	node := testenv.NewNode(t)
	w := newWorld(t, of(t, node), settings{"AMQP_RETRY_DELAYS": "1s"})
	api, consumer := w.serve(), w.consume()
	messages, names := studentsOf("student", scaled(3_000, 200))

	consumer.Pause()
	w.publish(messages)
	node.Ctl("set_vm_memory_high_watermark", "absolute", "1")
	w.execute("ALTER TABLE student RENAME TO away")
	consumer.Continue()
	consumer.Says("handling failed")

	began := time.Now()
	charged := 0
	w.until("the alarm has lasted long enough", func() (string, bool) {
		charged = max(charged, w.retrying()+w.depth(mainQueue+".dead"))
		return fmt.Sprint(time.Since(began)), time.Since(began) > time.Duration(scaled(30, 4))*time.Second
	})
	if charged > 0 {
		w.Errorf("%d messages were charged while the broker took none", charged)
	}
	w.execute("ALTER TABLE away RENAME TO student")
	names = append(names, w.create(api, "posted", scaled(500, 50))...)
	if n := one[int](w, "SELECT coalesce(max(attempts), 0) FROM outbox"); n > 0 {
		w.Errorf("a row of the outbox was charged %d times while the broker took none", n)
	}
	if n := len(w.held()); n == 0 {
		w.Errorf("events were sent during the alarm")
	}
	node.Ctl("set_vm_memory_high_watermark", "absolute", "512MB")
	w.tell("an alarm of %s over %d failing messages", time.Since(began).Round(time.Second), len(messages))

	w.drained(len(names))
	w.tell("handled: %v", w.handled(consumer))
	consumer.Stop()
	api.Stop()
	w.idle()
	w.created(names)
	w.buried(nil)
	w.audited()
}

func (w *world) held() []int64 { return all[int64](w, "SELECT seq FROM outbox WHERE sent_at IS NULL") }

func (w *world) execute(sql string) {
	w.Helper()
	_, err := w.db.Exec(w.Context(), sql)
	w.must(err)
}
