package models

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"

	"example.com/app/lib/pg"
)

// StudentQueue takes the rows of imports, each as a message that creates a student.
const StudentQueue = Exchange + ".main"

// What is refused of an import as a whole.
var (
	ErrImportEmpty = errors.New("an import has at least one row")
	ErrImportLarge = errors.New("an import has at most 100000 rows")
)

// Bounds of an import: its rows, and of how many refused ones the reason is kept.
const (
	MaxImportRows     = 100_000
	MaxImportRefusals = 1_000
)

// StudentImport is a row of the table student_import, with its rows counted: Total is the sum of Created, Waiting, Dead
// and Refused at every moment.
type StudentImport struct {
	ID         int64
	Total      int
	Created    int
	Waiting    int
	Dead       int
	Refused    int
	CreatedAt  time.Time
	FinishedAt *time.Time             // nil while a row waits
	Refusals   []StudentImportRefusal // the first thousand
}

// StudentImportRefusal says why a row became no message. Number is that of the row's line, from 1.
type StudentImportRefusal struct {
	Number int
	Reason string
}

// StudentImports are the rows of the table student_import and of those that belong to it.
type StudentImports struct {
	db *pg.DB
}

// NewStudentImports reads and writes through db.
func NewStudentImports(db *pg.DB) StudentImports { return StudentImports{db: db} }

// Find answers ErrNotFound when there is no import with that id. It counts every row.
func (s StudentImports) Find(ctx context.Context, id int64) (StudentImport, error) {
	row, err := s.count(ctx, id)
	if err != nil {
		return StudentImport{}, fault(err, "find import %d", id)
	}
	row.Refusals, err = s.refusals(ctx, id)
	if err != nil {
		return StudentImport{}, fault(err, "find the refusals of import %d", id)
	}
	return row, nil
}

// count is one statement, so that the counts are those of one moment.
func (s StudentImports) count(ctx context.Context, id int64) (row StudentImport, err error) {
	err = s.db.QueryRow(ctx, `
		SELECT id, created + waiting + dead + refused, created, waiting, dead, refused, created_at,
			CASE WHEN waiting = 0 THEN coalesce(settled_at, created_at) END
		FROM student_import, (
			SELECT
				count(*) FILTER (WHERE state = 'created') AS created,
				count(*) FILTER (WHERE state = 'waiting') AS waiting,
				count(*) FILTER (WHERE state = 'dead') AS dead,
				max(settled_at) AS settled_at
			FROM student_import_row
			WHERE import_id = $1
		) rows
		WHERE id = $1`, id).
		Scan(&row.ID, &row.Total, &row.Created, &row.Waiting, &row.Dead, &row.Refused, &row.CreatedAt, &row.FinishedAt)
	return row, orNo(err, ErrNoImport)
}

func (s StudentImports) refusals(ctx context.Context, id int64) ([]StudentImportRefusal, error) {
	return many[StudentImportRefusal](ctx, s.db, "SELECT number, reason FROM student_import_refusal WHERE import_id = $1 ORDER BY number", id)
}

// Died counts the rows dead that wait for these messages; ids that belong to no row are passed over.
func (s StudentImports) Died(ctx context.Context, ids []string) error {
	_, err := s.db.Exec(ctx, `
		UPDATE student_import_row SET state = 'dead', settled_at = now()
		WHERE message_id = ANY($1) AND state = 'waiting'`, rowMessages(ids))
	if err != nil {
		return fault(err, "count %d messages dead", len(ids))
	}
	return nil
}

// Replayed lets the rows wait again whose messages had died.
func (s StudentImports) Replayed(ctx context.Context, ids []string) error {
	_, err := s.db.Exec(ctx, `
		UPDATE student_import_row SET state = 'waiting', settled_at = NULL
		WHERE message_id = ANY($1) AND state = 'dead'`, rowMessages(ids))
	if err != nil {
		return fault(err, "let %d messages wait again", len(ids))
	}
	return nil
}

// rowMessages are those of the ids that can be a row's.
func rowMessages(ids []string) []pgtype.UUID {
	found := make([]pgtype.UUID, 0, len(ids))
	for _, id := range ids {
		if m, err := uuid.Parse(id); err == nil && m.String() == id {
			found = append(found, pgtype.UUID{Bytes: m, Valid: true})
		}
	}
	return found
}
