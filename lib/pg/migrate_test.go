package pg_test

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"example.com/app/lib/pg"
	"example.com/app/lib/pg/pgtest"
)

// history is three migrations; the second is slow enough for others to come in between.
func history() fstest.MapFS {
	return fstest.MapFS{
		"00001_first.sql":  file("-- +goose Up\nCREATE TABLE first (id int);\n-- +goose Down\nDROP TABLE first;\n"),
		"00002_second.sql": file("-- +goose Up\nCREATE TABLE second (id int);\nSELECT pg_sleep(0.2);\n-- +goose Down\nDROP TABLE second;\n"),
		"00003_third.sql":  file("-- +goose Up\nCREATE TABLE third (id int);\n-- +goose Down\nDROP TABLE third;\n"),
	}
}

func file(content string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(content)} }

func newMigrator(t *testing.T, url string, files fs.FS) *pg.Migrator {
	t.Helper()

	m, err := pg.NewMigrator(url, files, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	return m
}

func TestTenMigratorsAtOnceApplyEachFileOnce(t *testing.T) {
	t.Parallel()

	url := pgtest.EmptyURL(t)
	var wg sync.WaitGroup
	applied := make(chan string, 100)
	for range 10 {
		m := newMigrator(t, url, history())
		wg.Go(func() {
			steps, err := m.Up(t.Context())
			if err != nil {
				t.Error(err)
			}
			for _, s := range steps {
				applied <- s.Name
			}
		})
	}
	wg.Wait()
	close(applied)

	var names []string
	for name := range applied {
		names = append(names, name)
	}
	if want := []string{"00001_first.sql", "00002_second.sql", "00003_third.sql"}; !slices.Equal(names, want) {
		t.Errorf("applied %v, want %v", names, want)
	}
}

func TestMigrationsGoUpAndDown(t *testing.T) {
	t.Parallel()

	m := newMigrator(t, pgtest.EmptyURL(t), history())
	if got := applied(t, m); got != "" {
		t.Errorf("a fresh database has taken %q", got)
	}

	for _, step := range []struct {
		do   func() ([]pg.Step, error)
		did  string
		left string
	}{
		{func() ([]pg.Step, error) { return m.Up(t.Context()) }, "up 1 up 2 up 3", "1 2 3"},
		{func() ([]pg.Step, error) { return m.Up(t.Context()) }, "", "1 2 3"},
		{func() ([]pg.Step, error) { return m.Redo(t.Context()) }, "down 3 up 3", "1 2 3"},
		{func() ([]pg.Step, error) { return m.Down(t.Context()) }, "down 3", "1 2"},
		{func() ([]pg.Step, error) { return m.Down(t.Context()) }, "down 2", "1"},
		{func() ([]pg.Step, error) { return m.Down(t.Context()) }, "down 1", ""},
	} {
		steps, err := step.do()
		if err != nil {
			t.Fatal(err)
		}
		did := make([]string, 0, len(steps))
		for _, s := range steps {
			did = append(did, fmt.Sprint(s.Direction, " ", s.Version))
		}
		if got := strings.Join(did, " "); got != step.did {
			t.Errorf("did %q, want %q", got, step.did)
		}
		if got := applied(t, m); got != step.left {
			t.Errorf("the database has taken %q, want %q", got, step.left)
		}
	}

	if _, err := m.Down(t.Context()); !errors.Is(err, pg.ErrNoMigration) {
		t.Errorf("down of nothing is %v, want %v", err, pg.ErrNoMigration)
	}
}

func TestRedoIsDoneWhenAnotherProcessAppliedTheFileInBetween(t *testing.T) {
	t.Parallel()

	url := pgtest.EmptyURL(t)
	m, db := newMigrator(t, url, history()), open(t, url, 1)
	if _, err := m.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(t.Context(), anotherProcess); err != nil {
		t.Fatal(err)
	}

	steps, err := m.Redo(t.Context())
	if err != nil || len(steps) != 1 || steps[0].Direction != "down" {
		t.Errorf("redo did %v: %v", steps, err)
	}
	if got := applied(t, m); got != "1 2 3" {
		t.Errorf("the database has taken %q, want 1 2 3", got)
	}
}

// anotherProcess notes a migration as applied as soon as it is taken back.
const anotherProcess = `
CREATE FUNCTION again() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO goose_db_version (version_id, is_applied) VALUES (OLD.version_id, true);
	RETURN NULL;
END $$;
CREATE TRIGGER again AFTER DELETE ON goose_db_version FOR EACH ROW EXECUTE FUNCTION again()`

func applied(t *testing.T, m *pg.Migrator) string {
	t.Helper()

	all, err := m.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var versions []string
	for _, one := range all {
		if !one.AppliedAt.IsZero() {
			versions = append(versions, strconv.FormatInt(one.Version, 10))
		}
	}
	return strings.Join(versions, " ")
}

func TestABrokenMigrationKeepsThoseBeforeIt(t *testing.T) {
	t.Parallel()

	files := history()
	files["00002_second.sql"] = file("-- +goose Up\nCREATE TABLE broken (id int);\nSELECT 1/0;\n-- +goose Down\n")
	m := newMigrator(t, pgtest.EmptyURL(t), files)

	steps, err := m.Up(t.Context())
	if err == nil || !strings.Contains(err.Error(), "00002_second.sql") {
		t.Errorf("the error does not name the file: %v", err)
	}
	if len(steps) != 1 || steps[0].Version != 1 {
		t.Errorf("the steps before the error are %v", steps)
	}
	if got := applied(t, m); got != "1" {
		t.Errorf("the database has taken %q, want 1", got)
	}
}

func TestStatusNamesMigrationsOfANewerProgram(t *testing.T) {
	t.Parallel()

	url := pgtest.EmptyURL(t)
	if _, err := newMigrator(t, url, history()).Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	older := history()
	delete(older, "00003_third.sql")

	all, err := newMigrator(t, url, older).Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 3 || all[2].Version != 3 || all[2].Name != "" || all[2].AppliedAt.IsZero() {
		t.Errorf("status is %v", all)
	}
}

func TestBehindComparesAndChangesNothing(t *testing.T) {
	t.Parallel()

	url := pgtest.EmptyURL(t)
	db := open(t, url, 2)
	behind := func(files fs.FS, wantHave, wantWant int64) {
		t.Helper()
		have, want, err := pg.Behind(t.Context(), db, files)
		if err != nil {
			t.Fatal(err)
		}
		if have != wantHave || want != wantWant {
			t.Errorf("behind is %d, %d, want %d, %d", have, want, wantHave, wantWant)
		}
	}

	behind(history(), 0, 3)
	if tables := one[int](t, db, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"); tables != 0 {
		t.Errorf("asking made %d tables", tables)
	}
	m := newMigrator(t, url, history())
	if _, err := m.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	behind(history(), 3, 3)
	older := history()
	delete(older, "00003_third.sql")
	behind(older, 3, 2)
	if _, err := m.Down(t.Context()); err != nil {
		t.Fatal(err)
	}
	behind(history(), 2, 3)
}

func TestCreateNumbersAfterTheLastFile(t *testing.T) {
	t.Parallel()

	dir := t.TempDir()
	for i, name := range []string{"Add Student's e-mail", "drop_it"} {
		path, err := pg.Create(dir, name)
		if err != nil {
			t.Fatal(err)
		}
		want := []string{"00001_add_student_s_e_mail.sql", "00002_drop_it.sql"}[i]
		if got := filepath.Base(path); got != want {
			t.Errorf("created %s, want %s", got, want)
		}
	}

	for _, name := range []string{"", "  ", "…"} {
		if _, err := pg.Create(dir, name); err == nil {
			t.Errorf("the name %q was taken", name)
		}
	}
	if _, err := pg.Create(filepath.Join(dir, "absent"), "x"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an absent folder is %v", err)
	}

	m := newMigrator(t, pgtest.EmptyURL(t), os.DirFS(dir))
	if _, err := m.Up(t.Context()); err != nil {
		t.Errorf("an empty migration does not apply: %v", err)
	}
}
