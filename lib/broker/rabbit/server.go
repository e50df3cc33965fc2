package rabbit

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

const (
	farewell    = 2 * time.Second // how long a close may wait for the server's answer
	heartbeat   = 10 * time.Second
	dialTimeout = 10 * time.Second // of the handshakes too
)

// server is where to connect, and under which names.
type server struct {
	name           string
	url            string
	uri            amqp.URI
	connectionName string
}

func newServer(o Options) (server, error) {
	uri, err := readURL(o.URL)
	if err != nil {
		return server{}, fmt.Errorf("read the URL of connection %s: %w", o.Name, err)
	}
	return server{name: o.Name, url: o.URL, uri: uri, connectionName: o.ConnectionName}, nil
}

// String is for errors; the password is masked.
func (s server) String() string {
	u, err := url.Parse(s.url)
	if err != nil {
		return "connect " + s.name
	}
	return "connect " + s.name + " to " + u.Redacted()
}

func (s server) address() string { return net.JoinHostPort(s.uri.Host, strconv.Itoa(s.uri.Port)) }

// connection can be ended whatever the server does.
type connection struct {
	*amqp.Connection
	socket net.Conn
}

// hangUp takes leave of the server, which does not answer when it has vanished or reads nothing under an alarm.
// The deadlines of amqp091 do not bound that: every heartbeat of the server lifts them.
func (c connection) hangUp() {
	defer time.AfterFunc(farewell, func() { _ = c.socket.Close() }).Stop()
	_ = c.Close()
}

// dial connects; an error or the end of ctx leaves nothing open.
func (s server) dial(ctx context.Context) (connection, error) {
	deadline := time.Now().Add(dialTimeout)
	d := net.Dialer{Deadline: deadline}
	socket, err := d.DialContext(ctx, "tcp", s.address())
	if err != nil {
		return connection{}, fmt.Errorf("%s: %w", s, s.explain(err))
	}
	defer context.AfterFunc(ctx, func() { _ = socket.Close() })()

	conn, err := s.shakeHands(socket, deadline)
	if err != nil {
		_ = socket.Close()
		return connection{}, fmt.Errorf("%s: %w", s, s.explain(err))
	}
	if tooOld(product(conn)) {
		connection{conn, socket}.hangUp()
		return connection{}, fmt.Errorf("%s: %s may lose messages; RabbitMQ 3.10 or newer is needed", s, product(conn))
	}
	return connection{conn, socket}, nil
}

func (s server) shakeHands(socket net.Conn, deadline time.Time) (*amqp.Connection, error) {
	if err := socket.SetDeadline(deadline); err != nil { // amqp091 lifts it in the end
		return nil, err
	}

	properties := amqp.NewConnectionProperties()
	properties.SetClientConnectionName(s.connectionName)
	return amqp.DialConfig(s.url, amqp.Config{
		Heartbeat:  heartbeat,
		Properties: properties,
		Dial:       func(string, string) (net.Conn, error) { return socket, nil },
	})
}

// explain says what to do about a connection that was not made.
func (s server) explain(err error) error {
	refusal, _ := errors.AsType[*amqp.Error](err)
	_, unknownHost := errors.AsType[*net.DNSError](err)
	failure, network := errors.AsType[net.Error](err)

	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("nothing listens on %s", s.address())
	case unknownHost:
		return fmt.Errorf("there is no host %q", s.uri.Host)
	case network && failure.Timeout():
		return fmt.Errorf("%s did not answer within %s", s.address(), dialTimeout)
	case refusal == nil:
		return err
	case refusal == amqp.ErrCredentials:
		return fmt.Errorf("the server refused user %q or its password", s.uri.Username)
	case refusal.Code == amqp.NotAllowed && strings.Contains(refusal.Reason, "not found"):
		return fmt.Errorf("vhost %q does not exist; create it with rabbitmqctl add_vhost %[1]s or in the management UI",
			s.uri.Vhost)
	case !refusal.Server:
		return fmt.Errorf("%s does not answer as RabbitMQ does: %s", s.address(), refusal.Reason)
	}
	return errors.New(refusal.Reason)
}

// tooOld tells RabbitMQ before 3.10 by what it calls itself. It takes the arguments of every queue without a word,
// and then dead-letters at most once.
func tooOld(product string) bool {
	var major, minor int
	if _, err := fmt.Sscanf(product, "RabbitMQ %d.%d", &major, &minor); err != nil {
		return false
	}
	return major < 3 || major == 3 && minor < 10
}

// product is what the server calls itself: RabbitMQ 3.10.8.
func product(conn *amqp.Connection) string {
	name, _ := conn.Properties["product"].(string)
	version, _ := conn.Properties["version"].(string)
	return strings.TrimSpace(name + " " + version)
}
