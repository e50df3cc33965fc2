package outbox_test

import (
	"log/slog"
	"testing"
	"time"

	"example.com/app/lib/broker"
	"example.com/app/lib/broker/outbox"
	"example.com/app/lib/pg/pgtest"
)

// BenchmarkRelay is the way of 20,000 rows of as many keys from the table to a quorum queue, confirmed and marked.
func BenchmarkRelay(b *testing.B) {
	const rows = 20_000

	db := pgtest.New(b)
	driver, _ := newBroker(b)
	var spent time.Duration
	for b.Loop() {
		b.StopTimer()
		_, err := db.Exec(b.Context(), `
			INSERT INTO outbox (message_id, key, exchange, routing_key, type, correlation_id, headers, body)
			SELECT gen_random_uuid(), 'student:' || i, 'example', 'example.main', 'student.created', 'request-' || i,
				'{"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"}',
				jsonb_build_object('event', 'student.created', 'at', now(), 'version', 1, 'student',
					jsonb_build_object('id', i, 'name', 'student ' || i, 'active', true, 'created_at', now(), 'updated_at', now()))
			FROM generate_series(1, $1) i`, rows)
		check(b, err)
		b.StartTimer()

		began := time.Now()
		stop := startRelay(b, outbox.Options{
			DB: db, Drivers: map[broker.Connection]broker.Driver{"example": driver}, Log: slog.New(slog.DiscardHandler),
		})
		for unsent := true; unsent; time.Sleep(20 * time.Millisecond) {
			check(b, db.QueryRow(b.Context(), "SELECT EXISTS (SELECT FROM outbox WHERE sent_at IS NULL)").Scan(&unsent))
		}
		spent += time.Since(began)
		stop()
	}
	b.ReportMetric(float64(rows*b.N)/spent.Seconds(), "rows/s")
}
