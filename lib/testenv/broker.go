package testenv

import (
	"context"
	"crypto/rand"
	"errors"
	"net/url"
	"os"
	"strings"
	"testing"
)

var rabbit shared[*RabbitMQ]

// broker is a RabbitMQ's address for clients and that of its management API.
type broker struct{ amqp, management string }

func sharedBroker() (broker, error) {
	b := broker{amqp: os.Getenv("TEST_AMQP_URL"), management: os.Getenv("TEST_AMQP_MANAGEMENT_URL")}
	switch {
	case b.amqp != "" && b.management != "":
		return b, nil
	case b.amqp != "" || b.management != "":
		return broker{}, errors.New("use the RabbitMQ of the environment: set both TEST_AMQP_URL and TEST_AMQP_MANAGEMENT_URL")
	}
	server, err := rabbit.get(StartRabbitMQ)
	if err != nil {
		return broker{}, err
	}
	return broker{amqp: server.URL(), management: server.Management()}, nil
}

// Broker is the AMQP URL of a fresh virtual host, deleted after the test: on the server of TEST_AMQP_URL
// and TEST_AMQP_MANAGEMENT_URL, or on one private node for all tests of this process.
func Broker(t testing.TB) string {
	t.Helper()

	b, err := sharedBroker()
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(b.amqp)
	if err != nil {
		t.Fatalf("read TEST_AMQP_URL: %v", err)
	}

	api, vhost := management{b.management}, "test-"+strings.ToLower(rand.Text()[:16])
	if err := api.createVhost(t.Context(), vhost, u.User.Username()); err != nil {
		t.Fatalf("make the test's virtual host: %v", err)
	}
	t.Cleanup(func() {
		if err := api.deleteVhost(context.WithoutCancel(t.Context()), vhost); err != nil {
			t.Errorf("delete the test's virtual host: %v", err)
		}
	})

	u.Path = "/" + vhost
	return u.String()
}

// Management is the base URL, with credentials, of the management API of the server that Broker uses.
func Management(t testing.TB) string {
	t.Helper()

	b, err := sharedBroker()
	if err != nil {
		t.Fatal(err)
	}
	return b.management
}
