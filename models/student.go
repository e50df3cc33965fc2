package models

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"example.com/app/lib/broker/outbox"
	"example.com/app/lib/coalesce"
	"example.com/app/lib/pg"
	"example.com/app/lib/telemetry"
)

// Student is a row of the table student. Version counts its changes, from 1.
type Student struct {
	ID        int64
	Name      string
	Active    bool
	CreatedAt time.Time
	UpdatedAt time.Time
	Version   int64
}

const (
	studentColumns = "id, name, active, created_at, updated_at, version"
	selectStudent  = "SELECT " + studentColumns + " FROM student"

	// anew has a statement planned for its parameters. For a prepared one the server may settle on a plan for any of them,
	// which looks for a rare name among all students: 1.5 s of 900,000, as measured.
	anew = pgx.QueryExecModeCacheDescribe
)

// Students are the rows of the table student.
type Students struct {
	db      *pg.DB
	found   *coalesce.Group[int64, Student]
	created *coalesce.Group[StudentDraft, Student]
}

// NewStudents reads and writes through db. What is to be found or created at the same time through one Students goes
// to the database together.
func NewStudents(db *pg.DB) Students {
	s := Students{db: db}
	s.found = coalesce.NewReads(db, "find student", s.find, s.findMany)
	s.created = coalesce.NewWrites(db, "create student", s.create, s.createMany)
	return s
}

// Find answers ErrNotFound when there is no student with that id; inactive ones are found too.
func (s Students) Find(ctx context.Context, id int64) (Student, error) {
	row, err := s.found.Do(ctx, id)
	if err != nil {
		return Student{}, fault(orNo(err, ErrNoStudent), "find student %d", id)
	}
	return row, nil
}

func (s Students) find(ctx context.Context, id int64) (Student, error) {
	return s.one(ctx, selectStudent+" WHERE id = $1", id)
}

// StudentFilter narrows a list; its zero value takes everything.
type StudentFilter struct {
	After  int64  // only ids above it
	Name   string // a prefix of the name, whatever its case
	Active *bool
}

// List is ordered by id and holds at most limit students, as they were a moment ago.
func (s Students) List(ctx context.Context, f StudentFilter, limit int) (list []Student, err error) {
	where, args := f.where()
	err = s.db.Lagging(ctx, func(ctx context.Context) error {
		list, err = manyBy(ctx, s.db, scanStudent, selectStudent+where+" ORDER BY id LIMIT "+strconv.Itoa(limit), args...)
		return err
	})
	if err != nil {
		return nil, fault(err, "list students")
	}
	return list, nil
}

// where leaves out what is not asked for, so that the planner may use the index on the name. What has few values stands in
// the statement itself, like the limit: then one plan is as good as any other, and a list is planned once per connection.
func (f StudentFilter) where() (sql string, args []any) {
	sql, args = " WHERE id > $1", []any{f.After}
	switch {
	case f.Active == nil:
	case *f.Active:
		sql += " AND active"
	default:
		sql += " AND NOT active"
	}
	if f.Name != "" {
		sql += " AND starts_with(lower(name), lower($2))"
		args = []any{anew, f.After, f.Name}
	}
	return sql, args
}

// scanStudent reads studentColumns without what pgx.RowToStructByPos allocates for each row.
func scanStudent(row pgx.CollectableRow) (s Student, err error) {
	err = row.Scan(&s.ID, &s.Name, &s.Active, &s.CreatedAt, &s.UpdatedAt, &s.Version)
	return s, err
}

// Create answers ErrInvalid for a name that does not fit the column: 255 characters, no U+0000. Its error wraps
// coalesce.ErrUnknown when nobody knows whether there is a student now.
func (s Students) Create(ctx context.Context, name string) (Student, error) {
	row, err := s.created.Do(ctx, StudentDraft{Name: name, Trace: telemetry.TraceOf(ctx)})
	if err != nil {
		return Student{}, fault(err, "create student")
	}
	return row, nil
}

func (s Students) create(ctx context.Context, d StudentDraft) (Student, error) {
	return s.change(ctx, `
		INSERT INTO student (name) VALUES ($4)
		RETURNING `+studentColumns+`, 'student.created' AS event`, d.Name)
}

// StudentChange is what an update sets; nil leaves a column as it is.
type StudentChange struct {
	Name   *string
	Active *bool
}

// Update changes a student whose version is one of versions, or of any version when that is nil. One that is like c
// already keeps its version. It answers ErrNotFound, or ErrStale when the version is another.
func (s Students) Update(ctx context.Context, id int64, c StudentChange, versions []int64) (Student, error) {
	row, err := s.change(ctx, `
		UPDATE student
		SET name = coalesce($5, name), active = coalesce($6, active),
			updated_at = CASE WHEN differs THEN now() ELSE updated_at END, version = version + differs::int
		FROM (
			SELECT id AS old_id, active AS old_active,
				(name, active) <> (coalesce($5, name), coalesce($6, active)) AS differs
			FROM student
			WHERE id = $4 AND ($7::bigint[] IS NULL OR version = ANY($7))
			FOR UPDATE
		) old
		WHERE id = old_id
		RETURNING `+studentColumns+`,
			CASE WHEN old_active AND NOT active THEN 'student.deactivated' WHEN differs THEN 'student.updated' END AS event`,
		id, c.Name, c.Active, versions)
	if errors.Is(err, ErrNoStudent) && versions != nil {
		if _, err := s.Find(ctx, id); err != nil {
			return Student{}, err
		}
		err = ErrStudentStale
	}
	if err != nil {
		return Student{}, fault(err, "update student %d", id)
	}
	return row, nil
}

// Deactivate is done once: a student that is inactive already keeps its version. Like Update it takes versions,
// and answers ErrNotFound or ErrStale.
func (s Students) Deactivate(ctx context.Context, id int64, versions []int64) error {
	_, err := s.change(ctx, `
		UPDATE student SET active = false, updated_at = now(), version = version + 1
		WHERE id = $4 AND active AND ($5::bigint[] IS NULL OR version = ANY($5))
		RETURNING `+studentColumns+`, 'student.deactivated' AS event`, id, versions)
	if err == nil {
		return nil
	}
	if !errors.Is(err, ErrNoStudent) {
		return fault(err, "deactivate student %d", id)
	}

	row, err := s.Find(ctx, id)
	if err == nil && versions != nil && (row.Active || !slices.Contains(versions, row.Version)) {
		return fault(ErrStudentStale, "deactivate student %d", id)
	}
	return err
}

// change runs a statement that changes one student and answers with its columns and event, from $4 on, and announces it
// unless the event is NULL.
func (s Students) change(ctx context.Context, sql string, args ...any) (Student, error) {
	message, err := messageOf(ctx)
	if err != nil {
		return Student{}, err
	}
	row, err := s.one(ctx, `
		WITH done AS (`+sql+`),
		changed AS (SELECT done.*, $1::uuid AS message_id, $2::text AS correlation_id, $3::text AS traceparent FROM done),
		`+announced+`
		SELECT `+studentColumns+` FROM changed`, append(message, args...)...)
	if err != nil {
		return Student{}, err
	}
	s.db.Notify(ctx, outbox.Channel)
	return row, nil
}

func (s Students) one(ctx context.Context, sql string, args ...any) (Student, error) {
	row, err := oneBy(ctx, s.db, scanStudent, sql, args...)
	return row, orNo(err, ErrNoStudent)
}
