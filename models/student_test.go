package models_test

import (
	"errors"
	"strings"
	"testing"

	"example.com/app/lib/pg/pgtest"
	"example.com/app/models"
)

func create(t *testing.T, students models.Students, names ...string) []models.Student {
	t.Helper()
	var rows []models.Student
	for _, name := range names {
		row, err := students.Create(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	return rows
}

func names(rows []models.Student) string {
	var all []string
	for _, row := range rows {
		all = append(all, row.Name)
	}
	return strings.Join(all, " ")
}

func TestCreatedStudentIsFound(t *testing.T) {
	t.Parallel()
	students := models.NewStudents(pgtest.New(t))
	want := create(t, students, "Ada")[0]

	got, err := students.Find(t.Context(), want.ID)

	if err != nil || got != want {
		t.Fatalf("found %+v, %v; want %+v", got, err, want)
	}
	if got.Name != "Ada" || !got.Active || got.Version != 1 || got.CreatedAt.IsZero() {
		t.Errorf("a new student is %+v", got)
	}
}

func TestUnknownStudentIsNotFound(t *testing.T) {
	t.Parallel()
	students := models.NewStudents(pgtest.New(t))
	name := "Ada"

	_, find := students.Find(t.Context(), 7)
	_, update := students.Update(t.Context(), 7, models.StudentChange{Name: &name}, nil)
	_, guarded := students.Update(t.Context(), 7, models.StudentChange{Name: &name}, []int64{1})
	deactivate := students.Deactivate(t.Context(), 7, nil)
	ended := students.Deactivate(t.Context(), 7, []int64{1})

	for what, err := range map[string]error{"find": find, "update": update, "guarded update": guarded, "deactivate": deactivate, "guarded deactivate": ended} {
		if !errors.Is(err, models.ErrNotFound) {
			t.Errorf("%s answers %v, want ErrNotFound", what, err)
		}
	}
}

func TestNameThatCannotBeStoredIsInvalid(t *testing.T) {
	t.Parallel()
	students := models.NewStudents(pgtest.New(t))

	for _, name := range []string{strings.Repeat("x", 256), "a\x00b"} {
		if _, err := students.Create(t.Context(), name); !errors.Is(err, models.ErrInvalid) {
			t.Errorf("creating %.10q answers %v, want ErrInvalid", name, err)
		}
	}
	create(t, students, strings.Repeat("é", 255))
}

func TestListFiltersAndPages(t *testing.T) {
	t.Parallel()
	students := models.NewStudents(pgtest.New(t))
	rows := create(t, students, "Ada", "adam", "Bob", "100%", "1000")
	if err := students.Deactivate(t.Context(), rows[1].ID, nil); err != nil {
		t.Fatal(err)
	}
	yes, no := true, false

	for _, c := range []struct {
		what   string
		filter models.StudentFilter
		limit  int
		want   string
	}{
		{"everything", models.StudentFilter{}, 10, "Ada adam Bob 100% 1000"},
		{"limit", models.StudentFilter{}, 2, "Ada adam"},
		{"after", models.StudentFilter{After: rows[1].ID}, 2, "Bob 100%"},
		{"prefix in any case", models.StudentFilter{Name: "AD"}, 10, "Ada adam"},
		{"active", models.StudentFilter{Name: "ad", Active: &yes}, 10, "Ada"},
		{"inactive", models.StudentFilter{Active: &no}, 10, "adam"},
		{"a prefix is no pattern", models.StudentFilter{Name: "100%"}, 10, "100%"},
		{"nobody", models.StudentFilter{Name: "x"}, 10, ""},
	} {
		got, err := students.List(t.Context(), c.filter, c.limit)
		if err != nil || names(got) != c.want {
			t.Errorf("%s: %q, %v; want %q", c.what, names(got), err, c.want)
		}
	}
}

func TestUpdateSetsWhatIsGivenAndCountsVersions(t *testing.T) {
	t.Parallel()
	students := models.NewStudents(pgtest.New(t))
	id := create(t, students, "Ada")[0].ID
	name, no := "Eve", false

	renamed, err := students.Update(t.Context(), id, models.StudentChange{Name: &name}, nil)
	if err != nil || renamed.Name != "Eve" || !renamed.Active || renamed.Version != 2 {
		t.Fatalf("renamed: %+v, %v", renamed, err)
	}
	inactive, err := students.Update(t.Context(), id, models.StudentChange{Active: &no}, []int64{9, 2})
	if err != nil || inactive.Name != "Eve" || inactive.Active || inactive.Version != 3 {
		t.Fatalf("deactivated: %+v, %v", inactive, err)
	}
}

func TestUpdateThatChangesNothingKeepsTheVersionAndIsNotAnnounced(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	students := models.NewStudents(db)
	row := create(t, students, "Ada")[0]
	name, yes := "Ada", true

	for _, c := range []models.StudentChange{{Name: &name}, {Active: &yes}, {Name: &name, Active: &yes}, {}} {
		for _, versions := range [][]int64{nil, {1}} {
			if same, err := students.Update(t.Context(), row.ID, c, versions); err != nil || same != row {
				t.Errorf("the student became %+v, %v", same, err)
			}
		}
	}
	if _, err := students.Update(t.Context(), row.ID, models.StudentChange{Name: &name}, []int64{2}); !errors.Is(err, models.ErrStale) {
		t.Errorf("another version: %v, want ErrStale", err)
	}

	var events int
	if err := db.QueryRow(t.Context(), "SELECT count(*) FROM outbox").Scan(&events); err != nil || events != 1 {
		t.Errorf("%d events, %v; want that of the creation alone", events, err)
	}
}

func TestUpdateOfAnotherVersionIsStale(t *testing.T) {
	t.Parallel()
	students := models.NewStudents(pgtest.New(t))
	row := create(t, students, "Ada")[0]
	name := "Eve"

	for _, versions := range [][]int64{{2}, {}} {
		if _, err := students.Update(t.Context(), row.ID, models.StudentChange{Name: &name}, versions); !errors.Is(err, models.ErrStale) {
			t.Errorf("versions %v: %v, want ErrStale", versions, err)
		}
	}
	if now, err := students.Find(t.Context(), row.ID); err != nil || now != row {
		t.Errorf("the student became %+v, %v", now, err)
	}
}

func TestDeactivatingAnotherVersionIsStale(t *testing.T) {
	t.Parallel()
	students := models.NewStudents(pgtest.New(t))
	row := create(t, students, "Ada")[0]

	for _, versions := range [][]int64{{2}, {}} {
		if err := students.Deactivate(t.Context(), row.ID, versions); !errors.Is(err, models.ErrStale) {
			t.Errorf("versions %v: %v, want ErrStale", versions, err)
		}
	}
	if now, err := students.Find(t.Context(), row.ID); err != nil || now != row {
		t.Errorf("the student became %+v, %v", now, err)
	}

	for _, versions := range [][]int64{{9, 1}, {2}} { // the second finds it inactive
		if err := students.Deactivate(t.Context(), row.ID, versions); err != nil {
			t.Errorf("versions %v: %v", versions, err)
		}
	}
	if err := students.Deactivate(t.Context(), row.ID, []int64{1}); !errors.Is(err, models.ErrStale) {
		t.Errorf("the version before: %v, want ErrStale", err)
	}
}

func TestDeactivatingTwiceChangesOnce(t *testing.T) {
	t.Parallel()
	students := models.NewStudents(pgtest.New(t))
	id := create(t, students, "Ada")[0].ID

	for range 2 {
		if err := students.Deactivate(t.Context(), id, nil); err != nil {
			t.Fatal(err)
		}
	}

	if row, err := students.Find(t.Context(), id); err != nil || row.Active || row.Version != 2 {
		t.Errorf("the student is %+v, %v; want inactive at version 2", row, err)
	}
}
