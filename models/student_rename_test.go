package models_test

import (
	"strings"
	"testing"

	"example.com/app/lib/pg/pgtest"
	"example.com/app/models"
)

func TestRenameAppendsToActiveStudentsThatFit(t *testing.T) {
	t.Parallel()
	students := models.NewStudents(pgtest.New(t))
	full, fits := strings.Repeat("ü", 252), strings.Repeat("ü", 251)
	before := create(t, students, "Ada", "Bob", full, fits, "Eve")
	if err := students.Deactivate(t.Context(), before[1].ID, nil); err != nil {
		t.Fatal(err)
	}

	done, err := students.Rename(t.Context(), 0, before[3].ID, 100)

	if want := (models.StudentsRenamed{Last: before[3].ID, Renamed: 2, Kept: 1}); err != nil || done != want {
		t.Fatalf("renamed %+v, %v; want %+v", done, err, want)
	}
	after, err := students.List(t.Context(), models.StudentFilter{}, 100)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := names(after), strings.Join([]string{"Ada_new", "Bob", full, fits + "_new", "Eve"}, " "); got != want {
		t.Errorf("names are %s, want %s", got, want)
	}
	if after[0].Version != 2 || !after[0].UpdatedAt.After(before[0].UpdatedAt) || after[2] != before[2] || after[4] != before[4] {
		t.Errorf("after the rename: %+v", after)
	}
}

func TestRenameGoesThroughGapsInBoundedChunks(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	students := models.NewStudents(db)
	_, err := db.Exec(t.Context(), `INSERT INTO student (id, name) OVERRIDING SYSTEM VALUE
		SELECT i::bigint * 1000000007, 'student ' || i FROM generate_series(1, 7) i`)
	if err != nil {
		t.Fatal(err)
	}
	through, err := students.Newest(t.Context())
	if err != nil {
		t.Fatal(err)
	}

	var chunks []int64
	for at := int64(0); at < through; {
		done, err := students.Rename(t.Context(), at, through, 3)
		if err != nil {
			t.Fatal(err)
		}
		at, chunks = done.Last, append(chunks, done.Renamed)
	}

	if len(chunks) != 3 || chunks[0] != 3 || chunks[1] != 3 || chunks[2] != 1 {
		t.Errorf("chunks renamed %v", chunks)
	}
	row, err := students.Find(t.Context(), through)
	if err != nil || row.Name != "student 7_new" {
		t.Errorf("the last one is %+v, %v", row, err)
	}
}

func TestRenameOfNobodyComesToItsEnd(t *testing.T) {
	t.Parallel()
	students := models.NewStudents(pgtest.New(t))

	newest, err := students.Newest(t.Context())
	if err != nil || newest != 0 {
		t.Fatalf("newest is %d, %v", newest, err)
	}
	if done, err := students.Rename(t.Context(), 5, 90, 10); err != nil || done != (models.StudentsRenamed{Last: 90}) {
		t.Errorf("renamed %+v, %v", done, err)
	}
}
