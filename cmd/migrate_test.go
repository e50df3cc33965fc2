package cmd_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/app/lib/pg/pgtest"
)

func TestMigrateGoesUpAndDownAndTells(t *testing.T) {
	t.Parallel()

	dir, s := t.TempDir(), settings{"DATABASE_URL": pgtest.EmptyURL(t)}
	for _, step := range []struct{ command, says string }{
		{"status", "not yet"},
		{"up", "00001_student.sql"},
		{"up", "the schema is up to date"},
		{"redo", "down"},
		{"status", "00001_student.sql"},
		{"down", "down"},
		{"status", "not yet"},
	} {
		said, status := run(t, dir, s, "migrate", step.command)
		if status != 0 || !strings.Contains(said, step.says) {
			t.Errorf("app migrate %s ended with %d and said %q, want %q", step.command, status, said, step.says)
		}
	}

	said, status := run(t, dir, s, "migrate", "status", "--output", "json")
	var all []struct {
		Version   int64  `json:"version"`
		Name      string `json:"name"`
		AppliedAt string `json:"applied_at"`
	}
	if err := json.Unmarshal([]byte(said), &all); err != nil || status != 0 {
		t.Fatalf("the status is no JSON: %v, %d: %s", err, status, said)
	}
	if len(all) < 2 || all[0].Version != 1 || all[0].AppliedAt == "" || all[len(all)-1].AppliedAt != "" {
		t.Errorf("the status is %+v", all)
	}
}

func TestMigrateDownOfNothingIsAnError(t *testing.T) {
	t.Parallel()

	said, status := run(t, t.TempDir(), settings{"DATABASE_URL": pgtest.EmptyURL(t)}, "migrate", "down")
	if status != 1 || !strings.Contains(said, "no migration is applied") {
		t.Errorf("app migrate down ended with %d and said %q", status, said)
	}
}

func TestMigrateCreateWritesTheNextFile(t *testing.T) {
	t.Parallel()

	dir := t.TempDir()
	if said, status := run(t, dir, nil, "migrate", "create", "add_email"); status != 1 {
		t.Errorf("a folder without migrations is taken: %s", said)
	}
	if err := os.Mkdir(filepath.Join(dir, "migrations"), 0o755); err != nil {
		t.Fatal(err)
	}
	said, status := run(t, dir, nil, "migrate", "create", "add_email")
	if want := filepath.Join("migrations", "00001_add_email.sql"); status != 0 || strings.TrimSpace(said) != want {
		t.Errorf("app migrate create ended with %d and said %q, want %q", status, said, want)
	}
	if _, err := os.Stat(filepath.Join(dir, "migrations", "00001_add_email.sql")); err != nil {
		t.Error(err)
	}
}
