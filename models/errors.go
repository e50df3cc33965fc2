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
	ErrConflict = errors.New("something like it exists already")
	ErrStale    = errors.New("what was to be changed is at another version")
)

// The same, of something that has a name.
var (
	ErrNoStudent    error = named{ErrNotFound, "there is no such student"}
	ErrNoImport     error = named{ErrNotFound, "there is no such import"}
	ErrNoUser       error = named{ErrNotFound, "there is no such user"}
	ErrNoAccount    error = named{ErrNotFound, "there is no such account"}
	ErrNoOrder      error = named{ErrNotFound, "the account has no such order"}
	ErrNoPost       error = named{ErrNotFound, "there is no such post"}
	ErrEmailTaken   error = named{ErrConflict, "another user has that e-mail address"}
	ErrStudentStale error = named{ErrStale, "the student is at another version"}
)

// named says what another error leaves open.
type named struct {
	kind error
	text string
}

func (n named) Error() string { return n.text }

func (n named) Unwrap() error { return n.kind }

// orNo is err, or no where a row was asked for and there is none.
func orNo(err, no error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return no
	}
	return err
}

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
