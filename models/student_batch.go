package models

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"example.com/app/lib/broker/outbox"
	"example.com/app/lib/telemetry"
)

// StudentDraft is a student to be, and what asks for it.
type StudentDraft struct {
	Name      string
	MessageID string // empty: no message does
	Trace     telemetry.Trace
}

// drafted is the part of a statement that creates students in the order of the drafts and announces them; its part changed
// has n, their place among the drafts, besides.
const drafted = `draft AS (
			SELECT nextval('student_id_seq') AS id, given.*
			FROM unnest($1::text[], $2::uuid[], $3::text[], $4::text[])
				WITH ORDINALITY AS given (name, message_id, correlation_id, traceparent, n)
		), done AS (
			INSERT INTO student (id, name) OVERRIDING SYSTEM VALUE SELECT id, name FROM draft
			RETURNING ` + studentColumns + `
		), changed AS (
			SELECT done.*, 'student.created' AS event, message_id, correlation_id, traceparent, n
			FROM done JOIN draft USING (id)
		), ` + announced

// columnsOf are the parameters of drafted.
func columnsOf(drafts []StudentDraft) (columns []any, err error) {
	var (
		names        = make([]string, len(drafts))
		events       = make([]pgtype.UUID, len(drafts))
		correlations = make([]string, len(drafts))
		traceparents = make([]string, len(drafts))
	)
	for i, d := range drafts {
		if events[i], err = newMessageID(); err != nil {
			return nil, err
		}
		names[i], correlations[i], traceparents[i] = d.Name, d.Trace.CorrelationID, d.Trace.Traceparent
	}
	return []any{names, events, correlations, traceparents}, nil
}

// CreateAll creates them in one statement, settles the import rows that some of the messages come from, and answers
// ErrInvalid like Create when one of the names does not fit: then there is none of them.
func (s Students) CreateAll(ctx context.Context, drafts []StudentDraft) error {
	columns, err := columnsOf(drafts)
	if err != nil {
		return err
	}
	messages := make([]string, len(drafts))
	for i, d := range drafts {
		messages[i] = d.MessageID
	}

	_, err = s.db.Exec(ctx, `
		WITH `+drafted+`
		UPDATE student_import_row SET state = 'created', settled_at = now()
		WHERE message_id = ANY($5::uuid[]) AND state <> 'created'`, append(columns, rowMessages(messages))...)
	if err != nil {
		return fault(err, "create %d students", len(drafts))
	}
	s.db.Notify(ctx, outbox.Channel)
	return nil
}

// createMany answers by the places of the drafts, from 1. They come from no message.
func (s Students) createMany(ctx context.Context, drafts []StudentDraft) (map[int]Student, error) {
	columns, err := columnsOf(drafts)
	if err != nil {
		return nil, err
	}
	rows, err := s.db.Query(ctx, "WITH "+drafted+" SELECT n, "+studentColumns+" FROM changed", columns...)
	if err != nil {
		return nil, err
	}

	created := make(map[int]Student, len(drafts))
	var n int
	var row Student
	into := []any{&n, &row.ID, &row.Name, &row.Active, &row.CreatedAt, &row.UpdatedAt, &row.Version}
	_, err = pgx.ForEachRow(rows, into, func() error {
		created[n] = row
		return nil
	})
	if err == nil {
		s.db.Notify(ctx, outbox.Channel)
	}
	return created, err
}

// findMany answers by id. In a query of its own the array says nothing about how many there are, so that the server may
// keep one plan: 30 µs each time otherwise, as measured.
func (s Students) findMany(ctx context.Context, ids []int64) (map[int64]Student, error) {
	list, err := manyBy(ctx, s.db, scanStudent, selectStudent+" WHERE id = ANY((SELECT $1::bigint[])::bigint[])", ids)
	found := make(map[int64]Student, len(list))
	for _, row := range list {
		found[row.ID] = row
	}
	return found, err
}
