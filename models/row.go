package models

import (
	"context"

	"github.com/jackc/pgx/v5"

	"example.com/app/lib/pg"
)

// one reads the fields of T, in their order, from the row that there is, and answers pgx.ErrNoRows where there is none.
func one[T any](ctx context.Context, db *pg.DB, sql string, args ...any) (T, error) {
	return oneBy(ctx, db, pgx.RowToStructByPos[T], sql, args...)
}

// oneBy is one, of a row that scan reads.
func oneBy[T any](ctx context.Context, db *pg.DB, scan pgx.RowToFunc[T], sql string, args ...any) (row T, err error) {
	rows, err := db.Query(ctx, sql, args...)
	if err != nil {
		return row, err
	}
	return pgx.CollectExactlyOneRow(rows, scan)
}

// many reads the fields of T, in their order, from every row.
func many[T any](ctx context.Context, db *pg.DB, sql string, args ...any) ([]T, error) {
	return manyBy(ctx, db, pgx.RowToStructByPos[T], sql, args...)
}

// manyBy is many, of rows that scan reads.
func manyBy[T any](ctx context.Context, db *pg.DB, scan pgx.RowToFunc[T], sql string, args ...any) ([]T, error) {
	rows, err := db.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scan)
}

// lagging reads like many, and may see the rows as they were a moment ago.
func lagging[T any](ctx context.Context, db *pg.DB, sql string, args ...any) (list []T, err error) {
	err = db.Lagging(ctx, func(ctx context.Context) error {
		list, err = many[T](ctx, db, sql, args...)
		return err
	})
	return list, err
}
