package outbox_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"example.com/app/lib/broker"
	"example.com/app/lib/broker/outbox"
	"example.com/app/lib/pg/pgtest"
)

func values(t *testing.T, from prometheus.Gatherer) map[string]float64 {
	t.Helper()

	families, err := from.Gather()
	check(t, err)
	values := make(map[string]float64)
	for _, f := range families {
		m := f.GetMetric()[0]
		values[f.GetName()] = m.GetCounter().GetValue() + m.GetGauge().GetValue()
	}
	return values
}

func TestMetricsTellWhatIsSentRefusedAndLeft(t *testing.T) {
	t.Parallel()

	db := pgtest.New(t)
	b, url := newBroker(t)
	metrics := prometheus.NewPedanticRegistry()
	metrics.MustRegister(outbox.NewCollector(db))
	add(t, db, "student.created", "a", 3)
	check(t, write(t.Context(), db, "elsewhere", "student.created", "b", 1))
	_, err := db.Exec(t.Context(), "UPDATE outbox SET created_at = now() - interval '1 hour' WHERE key = 'b'")
	check(t, err)

	startRelay(t, outbox.Options{
		DB: db, Drivers: map[broker.Connection]broker.Driver{"example": b}, Metrics: metrics, Log: slog.New(slog.DiscardHandler),
	})
	until(t, "the rows are sent", func() bool { return values(t, metrics)["app_outbox_sent_total"] == 3 })
	check(t, channel(t, url).ExchangeDelete("example", false, false))
	add(t, db, "student.created", "c", 1)
	until(t, "a row is refused", func() bool { return values(t, metrics)["app_outbox_refused_total"] > 0 })

	got := values(t, metrics)
	if lag := got["app_outbox_lag_seconds"]; got["app_outbox_unsent"] != 2 || lag < 3600 || lag > 3600+patience.Seconds() {
		t.Errorf("the metrics are %v", got)
	}
}

func TestForgetLeavesUnsentRowsAlone(t *testing.T) {
	t.Parallel()

	db := pgtest.New(t)
	_, err := db.Exec(t.Context(), `
		INSERT INTO outbox (message_id, key, exchange, routing_key, body, created_at, sent_at)
		SELECT gen_random_uuid(), key, 'x', 'y', '{}', now() - interval '90 days', now() - age
		FROM (VALUES ('old', interval '8 days'), ('old', '9 days'), ('old', '10 days'), ('young', '6 days'), ('unsent', NULL)) AS rows (key, age)`)
	check(t, err)

	for _, want := range []int64{2, 1, 0} {
		if n, err := outbox.Forget(t.Context(), db, 7*24*time.Hour, 2); n != want || err != nil {
			t.Errorf("%d rows are forgotten, want %d: %v", n, want, err)
		}
	}
	if n := number(t, db, "SELECT count(*) FROM outbox WHERE key <> 'old'"); n != 2 || number(t, db, "SELECT count(*) FROM outbox") != 2 {
		t.Errorf("%d of the rows are left that are to be kept, want 2", n)
	}
}
