package speed_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"example.com/app/amqp"
	"example.com/app/lib/broker"
	"example.com/app/lib/broker/rabbit"
	"example.com/app/lib/testenv"
)

const (
	messages  = 30_000
	mainQueue = "example.main"
	atOnce    = 500 // messages that wait for their confirmation
)

// declared is a virtual host with the queues of the service, and its publisher there.
func declared(b *testing.B) (url string, publisher *rabbit.Broker) {
	b.Helper()
	url = testenv.Broker(b)
	publisher, err := rabbit.Open(rabbit.Options{
		Name: "example", URL: url, ConnectionName: "speed", Log: slog.New(slog.DiscardHandler),
	})
	check(b, err)
	b.Cleanup(func() { _ = publisher.Close(context.WithoutCancel(b.Context())) })
	tiers := []time.Duration{5 * time.Second, time.Minute, 10 * time.Minute}
	check(b, publisher.Ready(b.Context()))
	results.on(publisher.State().Server)
	check(b, publisher.Declare(b.Context(), broker.Families(amqp.Queues(nil), tiers)[amqp.Example]...))
	return url, publisher
}

// publish fills the main queue with students to be.
func publish(b *testing.B, publisher *rabbit.Broker) {
	b.Helper()
	var all sync.WaitGroup
	for range atOnce {
		all.Go(func() {
			for range messages / atOnce {
				err := publisher.Publish(b.Context(), "", mainQueue, broker.Envelope{
					ID: uuid.NewString(), ContentType: "application/json", Timestamp: time.Now(), Body: []byte(`{"name": "Ada Lovelace"}`),
				})
				if err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	if b.Failed() {
		b.FailNow()
	}
}

// rate is how many rows a second have got that time in the database's own clock, from the first on. It waits for all, and
// looks seldom, for each look costs both sides.
func rate(b *testing.B, database, table, column string, rows int) (perSecond float64) {
	b.Helper()
	conn := connect(b, database)
	defer conn.Close(context.WithoutCancel(b.Context()))
	query := func(sql string) (n float64) {
		check(b, conn.QueryRow(b.Context(), fmt.Sprintf(sql, table, column)).Scan(&n))
		return n
	}

	for give := time.Now().Add(testenv.Patience); query("SELECT count(%[2]s) FROM %[1]s") < float64(rows); time.Sleep(200 * time.Millisecond) {
		if time.Now().After(give) {
			b.Fatalf("not all of %d rows of %s have a %s", rows, table, column)
		}
	}
	return query(`
		SELECT count(*) FILTER (WHERE %[2]s > first) / extract(epoch FROM max(%[2]s) - min(first))::float8
		FROM %[1]s, (SELECT min(%[2]s) AS first FROM %[1]s) began`)
}

func BenchmarkConsume(b *testing.B) {
	url, publisher := declared(b)
	databases := [2]string{newDatabase(b, 0), newDatabase(b, 0)}
	s := newSettings(b, databases[1]).With(settings{"AMQP_URL": url})

	side := func(database string, start func() program) float64 {
		execute(b, database, "TRUNCATE student, outbox, inbox")
		publish(b, publisher)
		p := start()
		defer p.end()
		return rate(b, database, "student", "created_at", messages)
	}
	var floor, service []float64
	for b.Loop() {
		floor = append(floor, side(databases[0], func() program { return startFloor(b, "consume", url, mainQueue, databases[0]) }))
		service = append(service, side(databases[1], func() program { return startService(b, s, "consume", mainQueue) }))
	}
	results.versus(b, "consume: batches, inbox and events that are relayed meanwhile, against rows one by one", middle(floor), middle(service), 4)
}

func BenchmarkRelay(b *testing.B) {
	url, _ := declared(b)
	database := newDatabase(b, 0)
	s := newSettings(b, database).With(settings{"AMQP_URL": url})
	var rates []float64
	for b.Loop() {
		execute(b, database, "TRUNCATE outbox")
		execute(b, database, fmt.Sprintf(`
			INSERT INTO outbox (message_id, key, exchange, routing_key, type, correlation_id, headers, body)
			SELECT gen_random_uuid(), 'student:' || i, 'example', 'student.created', 'student.created', 'request-' || i,
				'{"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"}',
				jsonb_build_object('event', 'student.created', 'at', now(), 'version', 1, 'student',
					jsonb_build_object('id', i, 'name', 'student ' || i, 'active', true, 'created_at', now(), 'updated_at', now()))
			FROM generate_series(1, %d) i`, messages))
		p := startService(b, s, "consume", mainQueue)
		rates = append(rates, rate(b, database, "outbox", "sent_at", messages))
		p.end()
	}
	results.atLeast(b, "one relay, confirmed events", middle(rates), 10_000)
}
