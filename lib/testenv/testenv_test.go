package testenv_test

import (
	"context"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"example.com/app/lib/pg/pgtest"
	"example.com/app/lib/testenv"

	"github.com/jackc/pgx/v5"
	"github.com/rabbitmq/amqp091-go"
)

func TestMain(m *testing.M) { os.Exit(testenv.Main(m)) }

func TestBrokerIsAFreshVirtualHost(t *testing.T) {
	t.Parallel()

	conn, err := amqp091.Dial(testenv.Broker(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
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

	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, testenv.Management(t)+"/api/queues", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Errorf("the management API answers %s", answer.Status)
	}
}

func TestNodeKeepsItsQueuesOverAStop(t *testing.T) {
	t.Parallel()

	node := testenv.NewNode(t)
	declare(t, node.URL())
	node.Stop()
	if conn, err := amqp091.Dial(node.URL()); err == nil {
		_ = conn.Close()
		t.Fatal("a stopped node answers")
	}
	node.Start()
	if out := node.Ctl("list_queues", "--quiet", "name"); !strings.Contains(out, "orders") {
		t.Errorf("the queue is gone after a restart: %s", out)
	}

	node.Kill()
	node.Start()
	declare(t, node.URL())
}

func declare(t *testing.T, url string) {
	t.Helper()

	conn, err := amqp091.Dial(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	ch, err := conn.Channel()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ch.QueueDeclare("orders", true, false, false, false, nil); err != nil {
		t.Fatal(err)
	}
}

func TestPostgresStopsPausesAndDies(t *testing.T) {
	t.Parallel()

	server := testenv.NewPostgres(t)
	conn, err := pgx.Connect(t.Context(), server.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	if _, err := conn.Exec(t.Context(), "CREATE TABLE kept (id int)"); err != nil {
		t.Fatal(err)
	}

	server.Pause()
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := pgx.Connect(short, server.URL()); err == nil {
		t.Error("a paused server answers")
	}
	server.Continue()
	if err := conn.Ping(t.Context()); err != nil {
		t.Errorf("a continued server does not answer: %v", err)
	}

	for _, end := range []func(){server.Stop, server.Kill, func() { server.Pause(); server.Kill() }} {
		end()
		if _, err := pgx.Connect(t.Context(), server.URL()); err == nil {
			t.Error("an ended server answers")
		}
		server.Start()
		again, err := pgx.Connect(t.Context(), server.URL())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := again.Exec(t.Context(), "SELECT FROM kept"); err != nil {
			t.Errorf("the table is gone after a restart: %v", err)
		}
		_ = again.Close(t.Context())
	}
}

func TestProxyLosesTheAnswerAndNotTheCommit(t *testing.T) {
	t.Parallel()

	database := pgtest.EmptyURL(t)
	p := testenv.NewProxy(t, database)
	connect := func(url string) *pgx.Conn {
		c, err := pgx.Connect(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close(context.WithoutCancel(t.Context())) })
		return c
	}
	straight, through := connect(database), connect(p.URL())
	if _, err := straight.Exec(t.Context(), "CREATE TABLE lost (n int)"); err != nil {
		t.Fatal(err)
	}
	insert := func(c *pgx.Conn) error {
		return pgx.BeginFunc(t.Context(), c, func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), "INSERT INTO lost VALUES (1)")
			return err
		})
	}

	if err := insert(through); err != nil {
		t.Fatal(err)
	}
	p.Lose(1)
	if err := insert(through); err == nil {
		t.Error("the answer came")
	}
	if err := insert(connect(p.URL())); err != nil {
		t.Error(err)
	}
	var rows int
	if err := straight.QueryRow(t.Context(), "SELECT count(*) FROM lost").Scan(&rows); err != nil || rows != 3 || !p.Spent() {
		t.Errorf("%d rows, %v, no more answers to lose: %t", rows, err, p.Spent())
	}
}
