package pg

import (
	"cmp"
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// CopyFrom inserts rows by COPY, all or none, and tells how many they are. An error of rows comes back as it is.
func (db *DB) CopyFrom(ctx context.Context, table string, columns []string, rows pgx.CopyFromSource) (int64, error) {
	source := &copySource{CopyFromSource: rows}
	n, err := db.querier(ctx).CopyFrom(ctx, pgx.Identifier{table}, columns, source)
	if err != nil {
		return 0, fmt.Errorf("copy into %s: %w", table, cmp.Or(source.err, rows.Err(), mark(err)))
	}
	return n, nil
}

// copySource keeps the error that ends it: the server repeats only its text, under a code of its own.
type copySource struct {
	pgx.CopyFromSource
	err error
}

func (s *copySource) Values() ([]any, error) {
	values, err := s.CopyFromSource.Values()
	s.err = err
	return values, err
}
