package models

import (
	"context"
	"encoding/binary"
	"iter"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"example.com/app/lib/broker/outbox"
	"example.com/app/lib/telemetry"
)

// StudentImportDraft is an import to be.
type StudentImportDraft struct {
	Rows     iter.Seq2[StudentImportRow, error] // those that become messages; they are walked twice
	Refused  int
	Refusals []StudentImportRefusal // the first MaxImportRefusals
}

// StudentImportRow is a row that becomes a message.
type StudentImportRow struct {
	Number int // of its line
	Name   string
}

// Create keeps the import and sends its rows to the queue of students, all or nothing. They pass through memory a few
// at a time.
func (s StudentImports) Create(ctx context.Context, d StudentImportDraft) (StudentImport, error) {
	first, err := newMessageID()
	if err != nil {
		return StudentImport{}, err
	}

	var id int64
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		if err := s.insert(ctx, d, &id); err != nil {
			return err
		}
		if err := s.copyRows(ctx, id, first, d.Rows); err != nil {
			return err
		}
		return s.copyMessages(ctx, first, d.Rows)
	})
	if err != nil {
		return StudentImport{}, fault(err, "create an import")
	}
	s.db.Notify(ctx, outbox.Channel)
	return s.Find(ctx, id)
}

func (s StudentImports) insert(ctx context.Context, d StudentImportDraft, id *int64) error {
	err := s.db.QueryRow(ctx, "INSERT INTO student_import (refused) VALUES ($1) RETURNING id", d.Refused).Scan(id)
	if err != nil {
		return err
	}
	_, err = s.db.CopyFrom(ctx, "student_import_refusal", []string{"import_id", "number", "reason"},
		pgx.CopyFromSlice(len(d.Refusals), func(i int) ([]any, error) {
			return []any{*id, d.Refusals[i].Number, d.Refusals[i].Reason}, nil
		}))
	return err
}

func (s StudentImports) copyRows(ctx context.Context, id int64, first pgtype.UUID, rows iter.Seq2[StudentImportRow, error]) error {
	source, stop := copied(rows, func(row StudentImportRow) []any {
		return []any{rowMessage(first, row.Number), id, row.Number}
	})
	defer stop()
	_, err := s.db.CopyFrom(ctx, "student_import_row", []string{"message_id", "import_id", "number"}, source)
	return err
}

func (s StudentImports) copyMessages(ctx context.Context, first pgtype.UUID, rows iter.Seq2[StudentImportRow, error]) error {
	trace := telemetry.TraceOf(ctx)
	headers := map[string]string{}
	if trace.Traceparent != "" {
		headers["traceparent"] = trace.Traceparent
	}

	source, stop := copied(rows, func(row StudentImportRow) []any {
		id := rowMessage(first, row.Number)
		return []any{id, id.String(), Exchange, StudentQueue, trace.CorrelationID, headers, map[string]string{"name": row.Name}}
	})
	defer stop()
	_, err := s.db.CopyFrom(ctx, "outbox",
		[]string{"message_id", "key", "exchange", "routing_key", "correlation_id", "headers", "body"}, source)
	return err
}

// copied is rows as COPY takes them; whoever gets it calls stop.
func copied(rows iter.Seq2[StudentImportRow, error], values func(StudentImportRow) []any) (source pgx.CopyFromSource, stop func()) {
	next, stop := iter.Pull2(rows)
	return pgx.CopyFromFunc(func() ([]any, error) {
		row, err, ok := next()
		if !ok || err != nil {
			return nil, err
		}
		return values(row), nil
	}), stop
}

// rowMessage is first with the row's number in its last four bytes: the same each time the rows are walked, and in
// the order of their numbers.
func rowMessage(first pgtype.UUID, number int) pgtype.UUID {
	binary.BigEndian.PutUint32(first.Bytes[12:], uint32(number))
	return first
}
