package models_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"example.com/app/lib/pg"
	"example.com/app/lib/pg/pgtest"
	"example.com/app/lib/strict"
	"example.com/app/lib/telemetry"
	"example.com/app/models"
	"example.com/app/schemas"
)

// letter is a row of the outbox.
type letter struct {
	MessageID, Key, Exchange, RoutingKey, Type, CorrelationID, Headers string
	Body                                                               []byte
}

func letters(t *testing.T, db *pg.DB) []letter {
	t.Helper()
	rows, err := db.Query(t.Context(), `
		SELECT message_id::text, key, exchange, routing_key, type, correlation_id, headers::text, body
		FROM outbox ORDER BY seq`)
	if err != nil {
		t.Fatal(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[letter])
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// traced tells whether the letter has the trace with which the test asked for a student of that name.
func (l letter) traced(name string) bool {
	return l.CorrelationID == "cause of "+name && strings.Contains(l.Headers, `"parent of `+name+`"`)
}

// announced decodes the whole outbox as strictly as a consumer does.
func announced(t *testing.T, db *pg.DB) []schemas.StudentEvent {
	t.Helper()
	var events []schemas.StudentEvent
	for _, l := range letters(t, db) {
		var e schemas.StudentEvent
		if err := strict.Decode(l.Body, &e); err != nil {
			t.Fatalf("decode %s: %v", l.Body, err)
		}
		events = append(events, e)
	}
	return events
}

func TestEveryChangeIsAnnouncedAsItLeftTheStudent(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	students := models.NewStudents(db)
	name, yes, no := `"Eve" \ü`, true, false
	want := create(t, students, "Ada")
	id := want[0].ID

	for _, c := range []models.StudentChange{{Name: &name}, {Active: &no}, {Active: &yes}} {
		row, err := students.Update(t.Context(), id, c, nil)
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, row)
	}
	for range 2 {
		if err := students.Deactivate(t.Context(), id, nil); err != nil {
			t.Fatal(err)
		}
	}
	last, err := students.Find(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, last)

	got := announced(t, db)
	names := []string{
		models.StudentCreated, models.StudentUpdated, models.StudentDeactivated,
		models.StudentUpdated, models.StudentDeactivated,
	}
	if len(got) != len(names) {
		t.Fatalf("%d events, want %d: %+v", len(got), len(names), got)
	}
	for i, e := range got {
		s := want[i]
		same := e.Student.ID == s.ID && e.Student.Name == s.Name && e.Student.Active == s.Active &&
			e.Student.CreatedAt.Equal(s.CreatedAt) && e.Student.UpdatedAt.Equal(s.UpdatedAt)
		if !same || e.Event != names[i] || e.Version != s.Version || !e.At.Equal(s.UpdatedAt) {
			t.Errorf("event %d is %+v, want %s of %+v", i, e, names[i], s)
		}
	}
}

func TestEventCarriesItsAddressAndTheTraceOfItsCause(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	students := models.NewStudents(db)
	traced := telemetry.WithTrace(t.Context(), telemetry.Trace{CorrelationID: "why", Traceparent: "00-trace"})

	row, err := students.Create(traced, "Ada")
	if err != nil {
		t.Fatal(err)
	}
	if err := students.Deactivate(t.Context(), row.ID, nil); err != nil {
		t.Fatal(err)
	}

	got := letters(t, db)
	want := []letter{
		{Type: models.StudentCreated, CorrelationID: "why", Headers: `{"traceparent": "00-trace"}`},
		{Type: models.StudentDeactivated, Headers: "{}"},
	}
	for i, w := range want {
		w.Key, w.Exchange, w.RoutingKey = fmt.Sprintf("student:%d", row.ID), "example", w.Type
		g := got[i]
		if g.MessageID[14] != '7' {
			t.Errorf("the message-id %s is no UUIDv7", g.MessageID)
		}
		g.MessageID, g.Body = "", nil
		if fmt.Sprint(g) != fmt.Sprint(w) {
			t.Errorf("letter %d is %+v, want %+v", i, g, w)
		}
	}
	if len(got) != len(want) || got[0].MessageID >= got[1].MessageID {
		t.Errorf("message-ids do not grow: %+v", got)
	}
}

func TestChangeThatDoesNotHappenIsNotAnnounced(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	students := models.NewStudents(db)
	id := create(t, students, "Ada")[0].ID
	before := len(letters(t, db))
	name, errBack := "Eve", errors.New("back")

	err := db.InTx(t.Context(), func(ctx context.Context) error {
		_, created := students.Create(ctx, "Bob")
		_, updated := students.Update(ctx, id, models.StudentChange{Name: &name}, nil)
		all := students.CreateAll(ctx, []models.StudentDraft{{Name: "Joe"}})
		return errors.Join(created, updated, students.Deactivate(ctx, id, nil), all, errBack)
	})
	if err == nil || err.Error() != errBack.Error() {
		t.Fatalf("inside the transaction: %v", err)
	}
	_, stale := students.Update(t.Context(), id, models.StudentChange{Name: &name}, []int64{7})
	_, unknown := students.Update(t.Context(), id+1, models.StudentChange{Name: &name}, nil)
	ended := students.Deactivate(t.Context(), id, []int64{7})
	if stale == nil || unknown == nil || ended == nil {
		t.Fatalf("something happened: %v, %v, %v", stale, unknown, ended)
	}

	if after := len(letters(t, db)); after != before {
		t.Errorf("%d events of nothing", after-before)
	}
}

func TestConcurrentChangesAreAnnouncedOnceEach(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	students := models.NewStudents(db)
	id := create(t, students, "Ada")[0].ID
	no := false

	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			change := models.StudentChange{Name: new(fmt.Sprint("Eve ", i))}
			if i%2 == 0 {
				change = models.StudentChange{Active: &no}
			}
			if _, err := students.Update(t.Context(), id, change, nil); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()

	events := announced(t, db)
	slices.SortFunc(events, func(a, b schemas.StudentEvent) int { return int(a.Version - b.Version) })
	off := 0
	for i, e := range events {
		if e.Version != int64(i+1) {
			t.Fatalf("version %d is announced in place of %d", e.Version, i+1)
		}
		if e.Event == models.StudentDeactivated {
			off++
		}
	}
	if len(events) != 12 || off != 1 { // ten names, and the first of ten deactivations
		t.Errorf("%d events, %d of a deactivation; want 12 and 1", len(events), off)
	}
}

func TestHistoryKeepsEachVersionOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	students, events := models.NewStudents(db), models.NewStudentEvents(db)
	row := create(t, students, "Ada")[0]
	want := models.StudentEvent{Event: models.StudentCreated, At: row.UpdatedAt, Version: row.Version, Student: row}

	second := want
	second.Event = models.StudentUpdated
	for _, e := range []models.StudentEvent{want, second} {
		if err := events.Record(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}

	got, err := events.List(t.Context(), row.ID, 0, 10)
	if err != nil || len(got) != 1 {
		t.Fatalf("the history is %+v, %v", got, err)
	}
	if want.ID = got[0].ID; got[0] != want {
		t.Errorf("recorded %+v, want %+v", got[0], want)
	}
}

func TestHistoryIsPagedByVersion(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	students, events := models.NewStudents(db), models.NewStudentEvents(db)
	rows := create(t, students, "Ada", "Bob")
	versions := []int64{9, 1, 4, 2, 30, 7}
	for _, v := range versions {
		for _, row := range rows {
			row.Version = v
			if err := events.Record(t.Context(), models.StudentEvent{Event: models.StudentUpdated, At: row.UpdatedAt, Version: v, Student: row}); err != nil {
				t.Fatal(err)
			}
		}
	}

	var got []int64
	for after := int64(0); ; after = got[len(got)-1] {
		page, err := events.List(t.Context(), rows[1].ID, after, 4)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page {
			got = append(got, e.Version)
		}
		if len(page) < 4 {
			break
		}
	}

	slices.Sort(versions)
	if !slices.Equal(got, versions) {
		t.Errorf("the pages hold the versions %v, want %v", got, versions)
	}
}

func TestHistoryOfNobodyIsNotFound(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	events := models.NewStudentEvents(db)
	id := create(t, models.NewStudents(db), "Ada")[0].ID

	if list, err := events.List(t.Context(), id, 0, 1); err != nil || len(list) > 0 {
		t.Errorf("a student without history: %v, %v", list, err)
	}

	stranger := models.StudentEvent{Event: models.StudentCreated, At: time.Now(), Version: 1, Student: models.Student{ID: id + 1, Name: "Eve"}}
	if err := events.Record(t.Context(), stranger); err != nil { // anybody may publish
		t.Fatal(err)
	}
	if _, err := events.List(t.Context(), id+1, 0, 1); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("no student answers %v, want ErrNotFound", err)
	}
}
