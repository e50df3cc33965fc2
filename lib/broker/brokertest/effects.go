package brokertest

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"example.com/app/lib/broker"
)

// effects is a table of what handlers did, message by message.
type effects struct {
	*scene
	table string
}

func newEffects(s *scene) effects {
	s.Helper()
	e := effects{s, string(s.connection)}
	_, err := s.database().Exec(s.Context(), fmt.Sprintf("CREATE TABLE %s (id text NOT NULL)", e.table))
	s.check(err)
	return e
}

func (e effects) note(ctx context.Context, ids ...string) error {
	_, err := e.db.Exec(ctx, fmt.Sprintf("INSERT INTO %s SELECT unnest($1::text[])", e.table), ids)
	return err
}

// noteAll is what a batch's handler does.
func (e effects) noteAll(ctx context.Context, batch []broker.Message[anything]) error {
	return e.note(ctx, idsOf(batch)...)
}

// want waits until exactly these have an effect.
func (e effects) want(ids ...string) {
	e.Helper()
	slices.Sort(ids)
	var got []string
	defer func() {
		if e.Failed() {
			e.Logf("%d effects: %.1000v", len(got), got)
		}
	}()
	e.until(func() bool {
		rows, err := e.db.Query(e.Context(), fmt.Sprintf("SELECT id FROM %s ORDER BY id COLLATE \"C\"", e.table))
		if err != nil { // the server is just about to start
			return false
		}
		got, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err == nil && slices.Equal(got, ids)
	})
}

func idsOf(batch []broker.Message[anything]) []string {
	ids := make([]string, 0, len(batch))
	for _, m := range batch {
		ids = append(ids, m.ID)
	}
	return ids
}
