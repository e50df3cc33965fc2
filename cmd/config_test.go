package cmd_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/app/lib/config"
)

func TestConfigPrintShowsWhereValuesComeFromAndNoPassword(t *testing.T) {
	t.Parallel()

	said, status := run(t, t.TempDir(), settings{"API_PORT": "9000"}, "config", "print", "--set", database)
	if status != 0 || strings.Contains(said, "hush") {
		t.Fatalf("status %d:\n%s", status, said)
	}
	for _, want := range [][]string{
		{"NAME", "VALUE", "ORIGIN"},
		{"ENV", "local", "default"},
		{"API_PORT", "9000", "environment"},
		{"DATABASE_URL", "postgres://app:xxxxx@db.internal/app", "--set"},
		{"AMQP_URL_*", "-", "default"},
	} {
		if !hasRow(said, want) {
			t.Errorf("no row %v in\n%s", want, said)
		}
	}
}

func hasRow(table string, want []string) bool {
	for line := range strings.Lines(table) {
		if strings.Join(strings.Fields(line), " ") == strings.Join(want, " ") {
			return true
		}
	}
	return false
}

func TestConfigPrintSpeaksJSON(t *testing.T) {
	t.Parallel()

	said, _ := run(t, t.TempDir(), nil, "config", "print", "--output", "json")
	var all []config.Setting
	if err := json.Unmarshal([]byte(said), &all); err != nil {
		t.Fatalf("%v in\n%s", err, said)
	}
	if len(all) == 0 || all[0].Name != "ENV" || all[0].Value != "local" || all[0].Origin != config.Default {
		t.Errorf("got %v", all)
	}
}

func TestConfigCheckTellsMistakesAndUnknownNames(t *testing.T) {
	t.Parallel()

	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, ".env"), []byte("API_PROT=1\nOPS_PORT=x\n"), 0o600); err != nil {
		t.Fatal(err)
	}

	said, status := run(t, dir, nil, "config", "check", "--set", "WORKERS=0")
	want := `app: 3 mistakes in the settings:
  OPS_PORT is "x" (.env): must be a whole number from 0 to 65535
  WORKERS is "0" (--set): must be a whole number from 1 to 10000
  API_PROT (.env): no setting has this name; did you mean API_PORT?
`
	if status != 1 || said != want {
		t.Errorf("status %d, got\n%s\nwant\n%s", status, said, want)
	}
}

func TestConfigCheckSaysSoWhenTheSettingsAreFine(t *testing.T) {
	t.Parallel()

	said, status := run(t, t.TempDir(), nil, "config", "check")
	if status != 0 || said != "the settings are fine\n" {
		t.Errorf("status %d, got %s", status, said)
	}
}
