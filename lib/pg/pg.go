// Package pg is the way to SQL: one pool, transactions that travel in the context, and the meaning of errors.
package pg

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/exaring/otelpgx"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"example.com/app/lib/telemetry"
)

// Options say which database, under which name, with how many connections.
type Options struct {
	URL               string            // postgres://user:password@host:port/database
	Name              string            // application_name, as pg_stat_activity shows it
	Max, Min          int32             // connections of this process
	Replica           Replica           // its zero value: none
	IdleInTransaction time.Duration     // the server ends a session that holds a transaction idle for longer; 0: 25 s
	Tracer            *telemetry.Tracer // a span for each statement below another span, without its arguments; nil: none
}

// DB is a pool of connections. Its methods join the transaction that InTx put into the context.
type DB struct {
	pool      *pgxpool.Pool
	replica   *replica // nil: none
	notifier  *notifier
	tracer    *telemetry.Tracer
	batchRows *prometheus.HistogramVec
}

type txKey struct{}

// transaction is what InTx puts into the context.
type transaction struct {
	pgx.Tx
	channels []string // to be notified after the commit
}

func transactionOf(ctx context.Context) (*transaction, bool) {
	tx, ok := ctx.Value(txKey{}).(*transaction)
	return tx, ok
}

// Open connects once, so that a wrong URL or a dead server is an error here and not at the first query. A replica may be
// down: it is asked when it is needed.
func Open(ctx context.Context, o Options) (*DB, error) {
	pool, err := openPool(ctx, o, nil)
	if err != nil {
		return nil, err
	}

	db := &DB{pool: pool, notifier: newNotifier(pool), tracer: o.Tracer, batchRows: newBatchRows()}
	if err := db.Ping(ctx); err != nil {
		pool.Close()
		return nil, err
	}
	if o.Replica.URL != "" {
		if db.replica, err = openReplica(ctx, o, pool); err != nil {
			pool.Close()
			return nil, err
		}
	}
	return db, nil
}

// openPool does not connect yet; adapt may change its parameters.
func openPool(ctx context.Context, o Options, adapt func(*pgxpool.Config)) (*pgxpool.Pool, error) {
	c, err := pgxpool.ParseConfig(o.URL)
	if err != nil {
		return nil, fmt.Errorf("read the database URL: %w", err)
	}

	c.MaxConns, c.MinConns = max(o.Max, 1), o.Min
	c.ConnConfig.ConnectTimeout = cmp.Or(c.ConnConfig.ConnectTimeout, 5*time.Second)
	c.PingTimeout = cmp.Or(c.PingTimeout, 5*time.Second) // of the pool's own, before it hands out a connection that was idle
	p := c.ConnConfig.RuntimeParams
	p["application_name"] = o.Name
	p["lock_timeout"] = "5s"
	p["idle_in_transaction_session_timeout"] = milliseconds(o.IdleInTransaction, 25*time.Second)
	p["tcp_keepalives_idle"], p["tcp_keepalives_interval"], p["tcp_keepalives_count"] = "10", "5", "3"
	p["timezone"] = "UTC"
	c.AfterConnect = inUTC
	if o.Tracer != nil {
		c.ConnConfig.Tracer = otelpgx.NewTracer(otelpgx.WithTracerProvider(o.Tracer.Provider()), otelpgx.WithDisableAcquireTracer())
	}
	if adapt != nil {
		adapt(c)
	}

	pool, err := pgxpool.NewWithConfig(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("open the database pool: %w", err)
	}
	return pool, nil
}

func milliseconds(d, otherwise time.Duration) string {
	if d == 0 {
		d = otherwise
	}
	return strconv.FormatInt(d.Milliseconds(), 10)
}

// Close waits until every connection is back, or ctx ends, and closes them. What is out then is closed once it is back.
func (db *DB) Close(ctx context.Context) {
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		for _, p := range db.Pools() {
			p.pool.Close()
		}
	}()

	select {
	case <-closed:
	case <-ctx.Done():
	}
}

// Dedicated is a connection besides the pool's, for what belongs to a session: its locks, the channels it listens to.
// The caller closes it. Its errors do not carry the mark by which FaultOf knows the database's.
func (db *DB) Dedicated(ctx context.Context) (*pgx.Conn, error) {
	conn, err := pgx.ConnectConfig(ctx, db.pool.Config().ConnConfig)
	if err != nil {
		return nil, fmt.Errorf("open a connection: %w", mark(err))
	}
	return conn, nil
}

// Ping asks the server for an answer, outside any transaction.
func (db *DB) Ping(ctx context.Context) error { return mark(db.pool.Ping(ctx)) }

// InTx runs do in a transaction: every query through db with do's context joins it.
// An error of do or a panic rolls back. Inside a transaction do joins the one that is open.
// When the commit's own error is Unavailable, nobody knows whether it happened.
func (db *DB) InTx(ctx context.Context, do func(ctx context.Context) error) error {
	if _, ok := transactionOf(ctx); ok {
		return do(ctx)
	}

	begun, err := db.pool.Begin(ctx)
	if err != nil {
		return fmt.Errorf("begin a transaction: %w", mark(err))
	}
	defer func() { _ = begun.Rollback(ctx) }() // nothing is left to roll back after a commit

	tx := &transaction{Tx: begun}
	if err := do(context.WithValue(ctx, txKey{}, tx)); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("commit: %w", mark(err))
	}
	if err := tx.Commit(ctx); err != nil {
		return fmt.Errorf("commit: %w", markCommit(err))
	}
	for _, channel := range tx.channels {
		db.notifier.ring(channel)
	}
	return nil
}

// Query runs sql; the caller closes the rows, or lets pgx.CollectRows do it.
func (db *DB) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	rows, err := db.querier(ctx).Query(ctx, sql, args...)
	return markedRows{rows}, mark(err)
}

// QueryRow runs sql for one row; its error comes from Scan, pgx.ErrNoRows for none.
func (db *DB) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	return markedRow{db.querier(ctx).QueryRow(ctx, sql, args...)}
}

// Exec runs sql and tells how many rows it touched.
func (db *DB) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	tag, err := db.querier(ctx).Exec(ctx, sql, args...)
	return tag, mark(err)
}

type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, rows pgx.CopyFromSource) (int64, error)
}

func (db *DB) querier(ctx context.Context) querier {
	if tx, ok := transactionOf(ctx); ok {
		return tx
	}
	if r, ok := replicaOf(ctx); ok {
		return r.pool
	}
	return db.pool
}
