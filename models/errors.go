// Package models holds the rows, the rules about them and their SQL.
package models

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"example.com/app/lib/pg"
)

// What a model can answer instead of a row.
var (
	ErrNotFound = errors.New("there is none")
	ErrInvalid  = errors.New("the value cannot be stored")
	ErrConflict = errors.New("there is another already")
	ErrStale    = errors.New("it is not at that version")
)

// fault says what was being done and turns the database's answer into a sentinel where it means one.
func fault(err error, format string, args ...any) error {
	doing := fmt.Sprintf(format, args...)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return fmt.Errorf("%s: %w", doing, ErrNotFound)
	case pg.FaultOf(err) == pg.Invalid:
		return fmt.Errorf("%s: %w: %w", doing, ErrInvalid, err)
	}
	return fmt.Errorf("%s: %w", doing, err)
}
