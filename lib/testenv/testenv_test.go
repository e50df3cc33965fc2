package testenv_test

import (
	"net/http"
	"os"
	"testing"

	"example.com/app/lib/testenv"

	"github.com/rabbitmq/amqp091-go"
)

func TestMain(m *testing.M) { os.Exit(testenv.Main(m)) }

func TestBrokerIsAFreshVirtualHost(t *testing.T) {
	t.Parallel()

	conn, err := amqp091.Dial(testenv.Broker(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ch, err := conn.Channel()
	if err != nil {
		t.Fatal(err)
	}
	q, err := ch.QueueDeclare("orders", true, false, false, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	if q.Messages != 0 {
		t.Errorf("a fresh queue has %d messages", q.Messages)
	}

	answer, err := http.Get(testenv.Management(t) + "/api/queues")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Errorf("the management API answers %s", answer.Status)
	}
}
