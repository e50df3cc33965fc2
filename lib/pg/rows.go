package pg

import "github.com/jackc/pgx/v5"

// markedRows and markedRow mark the errors that come while rows are read.
type markedRows struct{ pgx.Rows }

func (r markedRows) Err() error { return mark(r.Rows.Err()) }

func (r markedRows) Scan(dest ...any) error { return mark(r.Rows.Scan(dest...)) }

func (r markedRows) Values() ([]any, error) {
	values, err := r.Rows.Values()
	return values, mark(err)
}

type markedRow struct{ row pgx.Row }

func (r markedRow) Scan(dest ...any) error { return mark(r.row.Scan(dest...)) }
