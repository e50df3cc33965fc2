package models

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"example.com/app/lib/pg"
)

// What can happen to a student: the type of the event and its routing key.
const (
	StudentCreated     = "student.created"
	StudentUpdated     = "student.updated"
	StudentDeactivated = "student.deactivated"
)

// announced is the part of a statement that writes an event for each student in its part changed, which has their
// columns, event or NULL for none, and what belongs to the message: message_id, correlation_id and traceparent.
const announced = `announced AS (
			INSERT INTO outbox (message_id, key, exchange, routing_key, type, correlation_id, headers, body)
			SELECT message_id, 'student:' || id, '` + Exchange + `', event, event, correlation_id,
				jsonb_strip_nulls(jsonb_build_object('traceparent', nullif(traceparent, ''))),
				jsonb_build_object(
					'event', event, 'at', updated_at, 'version', version,
					'student', jsonb_build_object(
						'id', id, 'name', name, 'active', active, 'created_at', created_at, 'updated_at', updated_at))
			FROM changed WHERE event IS NOT NULL
		)`

// StudentEvent is a row of the table student_event: what happened to a student, and what it was like then.
// Versions are not contiguous, for not every change is announced.
type StudentEvent struct {
	ID      int64
	Event   string
	At      time.Time
	Version int64
	Student Student
}

// StudentEvents are the rows of the table student_event.
type StudentEvents struct {
	db       *pg.DB
	students Students
}

// NewStudentEvents reads and writes through db.
func NewStudentEvents(db *pg.DB) StudentEvents { return StudentEvents{db, NewStudents(db)} }

// Record keeps the first event of each version of a student and ignores e's ID.
func (s StudentEvents) Record(ctx context.Context, e StudentEvent) error {
	_, err := s.db.Exec(ctx, `
		INSERT INTO student_event (student_id, version, event, at, name, active, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (student_id, version) DO NOTHING`,
		e.Student.ID, e.Version, e.Event, e.At, e.Student.Name, e.Student.Active, e.Student.CreatedAt, e.Student.UpdatedAt)
	if err != nil {
		return fault(err, "record version %d of student %d", e.Version, e.Student.ID)
	}
	return nil
}

// List is ordered by version and holds at most limit events of versions above after.
// It answers ErrNotFound when there is no such student.
func (s StudentEvents) List(ctx context.Context, student, after int64, limit int) ([]StudentEvent, error) {
	list, err := manyBy(ctx, s.db, scanStudentEvent, `
		SELECT id, event, at, version, student_id, name, active, created_at, updated_at, version
		FROM student_event
		WHERE student_id = $1 AND version > $2 AND EXISTS (SELECT FROM student WHERE id = $1)
		ORDER BY version
		LIMIT $3`, student, after, limit)
	if err != nil {
		return nil, fault(err, "list the events of student %d", student)
	}
	if len(list) > 0 {
		return list, nil
	}
	_, err = s.students.Find(ctx, student)
	return nil, err
}

func scanStudentEvent(row pgx.CollectableRow) (e StudentEvent, err error) {
	s := &e.Student
	err = row.Scan(&e.ID, &e.Event, &e.At, &e.Version, &s.ID, &s.Name, &s.Active, &s.CreatedAt, &s.UpdatedAt, &s.Version)
	return e, err
}
