package pg

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"

	"example.com/app/lib/telemetry"
)

func newBatchRows() *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "app_db_batch_rows",
		Help:    "Calls that went to the database in one statement.",
		Buckets: prometheus.ExponentialBuckets(1, 2, 8),
	}, []string{"statement"})
}

// BatchRows takes how many calls share one execution of a statement of that name.
func (db *DB) BatchRows(statement string) prometheus.Observer {
	return db.batchRows.WithLabelValues(statement)
}

// Tracer is that of the Options.
func (db *DB) Tracer() *telemetry.Tracer { return db.tracer }

// Bound tells whether queries with ctx join a transaction, or go to a replica.
func Bound(ctx context.Context) bool {
	_, inside := transactionOf(ctx)
	_, lagging := replicaOf(ctx)
	return inside || lagging
}
