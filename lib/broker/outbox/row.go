package outbox

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"example.com/app/lib/broker"
)

const (
	most         = 1000 // rows read at once
	shortestHold = time.Second
	longestHold  = time.Minute
)

// row is a message of the outbox.
type row struct {
	seq        int64
	key        string
	routingKey string
	attempts   int // so often it was held before
	envelope   broker.Envelope

	fate fate
	err  error // why it is held
}

// fate is what became of a row.
type fate int

const (
	left    fate = iota // its turn did not come
	sent                // confirmed
	held                // returned or refused: it waits, and with it the later rows of its key
	unknown             // the broker may have it: it goes again, under the same message-id
)

func of(f fate, rows []*row) []*row {
	var some []*row
	for _, r := range rows {
		if r.fate == f {
			some = append(some, r)
		}
	}
	return some
}

func seqs(rows []*row) []int64 {
	seqs := make([]int64, len(rows))
	for i, r := range rows {
		seqs[i] = r.seq
	}
	return seqs
}

// unsent reads the rows whose turn it is, in their order: none of a key that is under way, none behind a row that is held.
func (s *session) unsent(ctx context.Context) ([]*row, error) {
	ctx, cancel := soon(ctx)
	defer cancel()

	rows, err := s.conn.Query(ctx, `
		SELECT seq, key, routing_key, attempts,
			message_id::text, correlation_id, type, created_at, headers, body
		FROM outbox
		WHERE exchange = $1 AND sent_at IS NULL AND key NOT IN (
			SELECT unnest($2::text[])
			UNION ALL
			SELECT key FROM outbox WHERE exchange = $1 AND sent_at IS NULL AND next_attempt_at > now())
		ORDER BY seq LIMIT $3`, s.exchange, slices.AppendSeq([]string{}, maps.Keys(s.keys)), most)
	if err != nil {
		return nil, fmt.Errorf("read the outbox: %w", err)
	}

	list, err := pgx.CollectRows(rows, scan)
	if err != nil {
		return nil, fmt.Errorf("read the outbox: %w", err)
	}
	return list, nil
}

func scan(from pgx.CollectableRow) (*row, error) {
	r := &row{envelope: broker.Envelope{ContentType: "application/json"}}
	e := &r.envelope
	err := from.Scan(&r.seq, &r.key, &r.routingKey, &r.attempts,
		&e.ID, &e.CorrelationID, &e.Type, &e.Timestamp, &e.Headers, &e.Body)
	return r, err
}

func (s *session) mark(ctx context.Context, sent []*row) error {
	if len(sent) == 0 {
		return nil
	}
	ctx, cancel := soon(ctx)
	defer cancel()

	if _, err := s.conn.Exec(ctx, "UPDATE outbox SET sent_at = now() WHERE seq = ANY($1)", seqs(sent)); err != nil {
		return fmt.Errorf("mark rows of the outbox as sent: %w", err)
	}
	s.meter.sent.Add(float64(len(sent)))
	return nil
}

// hold keeps rows back, twice as long each time.
func (s *session) hold(ctx context.Context, held []*row) error {
	ctx, cancel := soon(ctx)
	defer cancel()

	waits := make([]time.Duration, len(held))
	for i, r := range held {
		waits[i] = holdOf(r.attempts)
	}
	_, err := s.conn.Exec(ctx, `
		UPDATE outbox SET attempts = attempts + 1, next_attempt_at = now() + wait
		FROM unnest($1::bigint[], $2::interval[]) AS h (held, wait) WHERE seq = held`, seqs(held), waits)
	if err != nil {
		return fmt.Errorf("hold rows of the outbox back: %w", err)
	}
	s.wakeAt(time.Now().Add(slices.Min(waits)))
	s.meter.refused.Add(float64(len(held)))
	return nil
}

func holdOf(attempts int) time.Duration {
	d := min(longestHold, shortestHold<<min(attempts, 10))
	return d - rand.N(d/5)
}
