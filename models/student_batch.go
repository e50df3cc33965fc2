package models

import (
	"context"

	"github.com/jackc/pgx/v5/pgtype"

	"example.com/app/lib/broker/outbox"
	"example.com/app/lib/telemetry"
)

// StudentDraft is a student to be, and the message that asks for it.
type StudentDraft struct {
	Name      string
	MessageID string
	Trace     telemetry.Trace
}

// CreateAll creates them in one statement, settles the import rows that some of the messages come from, and answers
// ErrInvalid like Create when one of the names does not fit: then there is none of them.
func (s Students) CreateAll(ctx context.Context, drafts []StudentDraft) error {
	var (
		names        = make([]string, len(drafts))
		events       = make([]pgtype.UUID, len(drafts))
		correlations = make([]string, len(drafts))
		traceparents = make([]string, len(drafts))
		messages     = make([]string, len(drafts))
		err          error
	)
	for i, d := range drafts {
		if events[i], err = newMessageID(); err != nil {
			return err
		}
		names[i], messages[i] = d.Name, d.MessageID
		correlations[i], traceparents[i] = d.Trace.CorrelationID, d.Trace.Traceparent
	}

	_, err = s.db.Exec(ctx, `
		WITH draft AS (
			SELECT nextval('student_id_seq') AS id, given.*
			FROM unnest($1::text[], $2::uuid[], $3::text[], $4::text[]) AS given (name, message_id, correlation_id, traceparent)
		), done AS (
			INSERT INTO student (id, name) OVERRIDING SYSTEM VALUE SELECT id, name FROM draft
			RETURNING `+studentColumns+`
		), changed AS (
			SELECT done.*, 'student.created' AS event, message_id, correlation_id, traceparent
			FROM done JOIN draft USING (id)
		), `+announced+`
		UPDATE student_import_row SET state = 'created', settled_at = now()
		WHERE message_id = ANY($5::uuid[]) AND state <> 'created'`,
		names, events, correlations, traceparents, rowMessages(messages))
	if err != nil {
		return fault(err, "create %d students", len(drafts))
	}
	s.db.Notify(ctx, outbox.Channel)
	return nil
}
