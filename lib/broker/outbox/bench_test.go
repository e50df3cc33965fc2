package outbox_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"example.com/app/lib/broker"
	"example.com/app/lib/broker/outbox"
	"example.com/app/lib/broker/rabbit"
	"example.com/app/lib/pg/pgtest"
	"example.com/app/lib/testenv"
)

// BenchmarkRelay is the way of 20,000 rows of as many keys from the table to a quorum queue, confirmed and marked.
func BenchmarkRelay(b *testing.B) {
	const rows = 20_000

	db := pgtest.New(b)
	driver, err := rabbit.Open(rabbit.Options{Name: "example", URL: testenv.Broker(b), ConnectionName: "bench", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = driver.Close(b.Context()) }()
	if err := driver.Declare(b.Context(), broker.Family{Exchange: "example", Name: "example.main"}); err != nil {
		b.Fatal(err)
	}

	var spent time.Duration
	for b.Loop() {
		b.StopTimer()
		if _, err := db.Exec(b.Context(), `
			INSERT INTO outbox (message_id, key, exchange, routing_key, type, correlation_id, headers, body)
			SELECT gen_random_uuid(), 'student:' || i, 'example', 'example.main', 'student.created', 'request-' || i,
				'{"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"}',
				jsonb_build_object('event', 'student.created', 'at', now(), 'version', 1, 'student',
					jsonb_build_object('id', i, 'name', 'student ' || i, 'active', true, 'created_at', now(), 'updated_at', now()))
			FROM generate_series(1, $1) i`, rows); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()

		began := time.Now()
		ctx, stop := context.WithCancel(b.Context())
		ended := make(chan error, 1)
		r := outbox.NewRelay(outbox.Options{
			DB: db, Drivers: map[broker.Connection]broker.Driver{"example": driver}, Log: slog.New(slog.DiscardHandler),
		})
		go func() { ended <- r.Run(ctx) }()
		for unsent := true; unsent; time.Sleep(20 * time.Millisecond) {
			if err := db.QueryRow(b.Context(), "SELECT EXISTS (SELECT FROM outbox WHERE sent_at IS NULL)").Scan(&unsent); err != nil {
				b.Fatal(err)
			}
		}
		spent += time.Since(began)
		stop()
		<-ended
	}
	b.ReportMetric(float64(rows*b.N)/spent.Seconds(), "rows/s")
}
