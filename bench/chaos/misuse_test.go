package chaos_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/rabbitmq/amqp091-go"

	"example.com/app/lib/testenv"
)

// byHand is a channel as somebody beside the service has one.
func byHand(t *testing.T, amqpURL string) *amqp091.Channel {
	t.Helper()
	conn, err := amqp091.Dial(amqpURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	ch, err := conn.Channel()
	if err != nil {
		t.Fatal(err)
	}
	return ch
}

// refusing starts a consumer that must not come up.
func refusing(t *testing.T, s settings) *testenv.Program {
	t.Helper()
	// RabbitMQ takes 3 s to say no to a password, and more where a processor is scarce.
	s = s.With(testenv.Ports(t, "AMQ_PORT")).With(settings{"STARTUP_TIMEOUT": "10s", "LOG_LEVEL": "error"})
	return testenv.StartProgram(t, service(t), t.TempDir(), s, "consume")
}

// refused waits until it has ended, with one line that names all of names and no secret.
func refused(t *testing.T, p *testenv.Program, names ...string) {
	t.Helper()
	status, said := p.Wait(), strings.TrimSpace(p.Said())
	if status != 1 || strings.Contains(said, "\n") || strings.Contains(said, "s3cret") {
		t.Errorf("app consume ended with %d and said:\n%s", status, said)
	}
	for _, name := range names {
		if !strings.Contains(said, name) {
			t.Errorf("it does not name %q: %s", name, said)
		}
	}
}

func TestQueueDeclaredOtherwiseIsNamedAndLeftAlone(t *testing.T) {
	t.Parallel()
	s := shared(t)
	ch := byHand(t, s.amqp)
	if _, err := ch.QueueDeclare(mainQueue, true, false, false, false, nil); err != nil {
		t.Fatal(err)
	}
	if err := ch.PublishWithContext(t.Context(), "", mainQueue, true, false, amqp091.Publishing{Body: []byte("{}")}); err != nil {
		t.Fatal(err)
	}

	refused(t, refusing(t, s.settings()), mainQueue, "x-dead-letter-exchange")
	testenv.Eventually(t, "the message is still there", func() bool {
		q, err := ch.QueueDeclarePassive(mainQueue, true, false, false, false, nil)
		return err == nil && q.Messages == 1
	})
}

func TestWrongAddressOfTheBrokerIsNamed(t *testing.T) {
	t.Parallel()
	s := shared(t)
	address := func(change func(u *url.URL)) settings {
		u, err := url.Parse(s.amqp)
		if err != nil {
			t.Fatal(err)
		}
		change(u)
		return s.settings().With(settings{"AMQP_URL": u.String()})
	}

	vhost := refusing(t, address(func(u *url.URL) { u.Path = "/nowhere" }))
	password := refusing(t, address(func(u *url.URL) { u.User = url.UserPassword("guest", "s3cret") }))
	refused(t, vhost, "nowhere", "AMQP_URL")
	refused(t, password, "password", "AMQP_URL")
}

// TestDeletedQueuesComeBack also has a message on its way into a queue that is gone.
func TestDeletedQueuesComeBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shared(t), nil)
	ch := byHand(t, w.amqp)
	consumer := w.consume()

	deleted := []string{mainQueue + ".dead", mainQueue + ".retry.100", auditQueue, mainQueue} // the last of its family, for then they are declared again
	for _, queue := range deleted {
		_, err := ch.QueueDelete(queue, false, false, false)
		w.must(err)
	}
	w.until("they are all there again", func() (string, bool) {
		for _, queue := range deleted {
			if _, err := w.driver.Inspect(t.Context(), queue); err != nil {
				return err.Error(), false
			}
		}
		return "", true
	})

	messages, names := studentsOf("student", 100)
	w.publish(append(messages, message{id: "unreadable", body: "{"}))
	w.drained(len(names))
	consumer.Stop()
	w.idle()
	w.created(names)
	w.buried(map[string]string{"unreadable": "malformed"})
	w.audited()
}

// TestFullQueueHoldsUpNothingElse has a queue refuse events: they wait in the outbox until there is room, while students
// are created.
func TestFullQueueHoldsUpNothingElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shared(t), nil)
	policy := w.managementURL("policies") + "/full"
	w.ask(http.MethodPut, policy, `{"pattern": "^example\\.audit$", "definition": {"max-length": 5}, "apply-to": "queues"}`, http.StatusCreated)
	consumer := w.start(nil, "consume", mainQueue)

	var names []string
	w.until("students are there, and events of theirs are refused", func() (string, bool) {
		messages, more := studentsOf(fmt.Sprint("student ", len(names)), 50)
		w.publish(messages)
		names = append(names, more...)
		refused := one[int](w, "SELECT count(*) FROM outbox WHERE attempts > 0")
		return strconv.Itoa(refused), refused > 0 && one[int](w, "SELECT count(*) FROM student") == len(names)
	})
	w.ask(http.MethodDelete, policy, "", http.StatusNoContent)
	hearer := w.consume()
	w.drained(len(names))

	consumer.Stop()
	hearer.Stop()
	w.idle()
	w.created(names)
	w.buried(nil)
	w.audited()
}

// TestEventForNobodyIsKept is kept where people can see it, and holds up nothing.
func TestEventForNobodyIsKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shared(t), nil)
	w.execute(`INSERT INTO outbox (message_id, key, exchange, routing_key, body) VALUES
		(gen_random_uuid(), 'a', 'example', 'nobody.cares', '{}'), (gen_random_uuid(), 'b', 'nowhere', 'x', '{}')`)
	consumer := w.consume()
	messages, names := studentsOf("student", 20)
	w.publish(messages)

	w.until("everything but the row for an exchange that is none has left", func() (string, bool) {
		unsent := one[int](w, "SELECT count(*) FROM outbox WHERE sent_at IS NULL")
		kept, heard := w.depth("example.unrouted"), one[int](w, "SELECT count(*) FROM student_event")
		return fmt.Sprint(unsent, kept, heard), unsent == 1 && kept == 1 && heard == len(names)
	})
	consumer.Stop()
	w.created(names)
	w.buried(nil)
}
