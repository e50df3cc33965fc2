package cmd_test

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"example.com/app/lib/pg/embedded"
	"example.com/app/lib/pg/pgtest"
	"example.com/app/lib/testenv"
)

var databaseURL = regexp.MustCompile(`DATABASE_URL=(\S+)`)

// devDir is a folder whose database, which root's server keeps elsewhere, ends with the test.
func devDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	t.Cleanup(func() {
		if err := embedded.Remove(context.WithoutCancel(t.Context()), filepath.Join(dir, ".dev")); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func TestDevIsTheWholeServiceOnNothing(t *testing.T) {
	t.Parallel()
	dir, s := devDir(t), freePorts(t).With(settings{"SCHEDULE_RENAME_STUDENTS": "@every 1s"})

	dev := start(t, dir, s, "dev")
	dev.Says("Ctrl-C")
	for _, path := range []string{"/docs", "/redoc", "/openapi.json", "/swagger.json", "/readyz", "/livez", "/srv/v1/ping"} {
		if status, answer := testenv.Request(t, http.MethodGet, s.URL("API_PORT", path), ""); status != http.StatusOK {
			t.Errorf("%s answers %d %s", path, status, answer)
		}
	}
	if status, answer := testenv.Request(t, http.MethodPost, s.URL("API_PORT", "/api/v1/students"), `{"name": "Katherine"}`); status != http.StatusCreated {
		t.Fatalf("POST answers %d %s", status, answer)
	}
	testenv.Eventually(t, "Katherine is renamed", func() bool {
		_, answer := testenv.Request(t, http.MethodGet, s.URL("API_PORT", "/api/v1/students?name=katherine_new"), "")
		return strings.Contains(answer, "Katherine_new")
	})

	database := databaseURL.FindStringSubmatch(dev.Said())[1]
	if said, status := run(t, dir, s.With(settings{"DATABASE_URL": database}), "migrate", "status"); status != 0 || strings.Contains(said, "not yet") {
		t.Errorf("app migrate status beside it ended with %d and said %s", status, said)
	}
	found, _ := examine(t, dir, s)
	for _, f := range found {
		if known := strings.HasPrefix(f.Check, "upstream"); f.Result != "ok" && !known || strings.HasPrefix(f.Check, "broker") {
			t.Errorf("beside it app doctor finds %q", f)
		}
	}
	if !slices.ContainsFunc(found, func(f finding) bool {
		return f.Check == "app dev" && strings.HasSuffix(f.Found, ": DATABASE_URL, AMQP_URL")
	}) {
		t.Errorf("app doctor does not know it: %q", found)
	}
	if said, status := run(t, dir, freePorts(t), "dev"); status != 1 || !strings.Contains(said, "app dev runs here already") {
		t.Errorf("a second app dev ended with %d and said %s", status, said)
	}

	dev.Stop()
	if u, err := url.Parse(database); err != nil || answers(u.Host) {
		t.Errorf("the database still answers at %s, %v", database, err)
	}
}

func TestDevKeepsItsDataUntilItStartsOver(t *testing.T) {
	t.Parallel()
	dir, s := devDir(t), freePorts(t).With(settings{"SCHEDULE_RENAME_STUDENTS": "off"})
	listed := func(args ...string) string {
		dev := start(t, dir, s, append([]string{"dev"}, args...)...)
		dev.Says("Ctrl-C")
		if status, answer := testenv.Request(t, http.MethodPost, s.URL("API_PORT", "/api/v1/students"), `{"name": "Katherine"}`); status != http.StatusCreated {
			t.Fatalf("POST answers %d %s", status, answer)
		}
		_, answer := testenv.Request(t, http.MethodGet, s.URL("API_PORT", "/api/v1/students"), "")
		dev.Stop()
		return answer
	}

	for _, c := range []struct {
		args []string
		want int
	}{{nil, 1}, {nil, 2}, {[]string{"--fresh"}, 1}} {
		if answer := listed(c.args...); strings.Count(answer, "Katherine") != c.want || strings.Count(answer, "Ada") != 1 {
			t.Errorf("app dev %v lists %s, want %d times Katherine", c.args, answer, c.want)
		}
	}
}

func TestDevFinishesAnImportThatItsStopInterrupted(t *testing.T) {
	t.Parallel()
	s := freePorts(t).With(settings{"DATABASE_URL": pgtest.URL(t), "SCHEDULE_RENAME_STUDENTS": "off"})
	db := connect(t, s["DATABASE_URL"])
	defer db.Close(t.Context())
	dev := start(t, t.TempDir(), s.With(settings{"SHUTDOWN_TIMEOUT": "1s", "AMQP_HANDLER_TIMEOUT": "900ms"}), "dev")
	dev.Says("Ctrl-C")

	if _, err := db.Exec(t.Context(), "BEGIN; LOCK TABLE student"); err != nil { // nothing is handled now
		t.Fatal(err)
	}
	if said, status := run(t, t.TempDir(), s, "import", rows(t, 1000), "--no-wait"); status != 0 {
		t.Fatalf("the import ended with %d and said %s", status, said)
	}
	testenv.Eventually(t, "all messages are in memory", func() bool {
		var unsent int
		err := db.QueryRow(t.Context(), "SELECT count(*) FROM outbox WHERE sent_at IS NULL").Scan(&unsent)
		return err == nil && unsent == 0
	})
	dev.Signal(syscall.SIGTERM)
	dev.Wait()
	if _, err := db.Exec(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if n := count(t, s["DATABASE_URL"], "name LIKE 'student %'"); n != 0 {
		t.Errorf("%d students are there already", n)
	}

	dev = start(t, t.TempDir(), s, "dev")
	dev.Says("Ctrl-C")
	testenv.Eventually(t, "the import is finished", func() bool {
		_, answer := testenv.Request(t, http.MethodGet, s.URL("API_PORT", "/api/v1/students/imports/1"), "")
		return strings.Contains(answer, `"created":1000,"waiting":0,"dead":0`)
	})
	if n := count(t, s["DATABASE_URL"], "name LIKE 'student %'"); n != 1000 {
		t.Errorf("there are %d students", n)
	}
	dev.Stop()
}

func TestDevIsNotForProduction(t *testing.T) {
	t.Parallel()
	s := freePorts(t).With(settings{"ENV": "production", "DATABASE_URL": "postgres://app:app@127.0.0.1:1/app"})
	if said, status := run(t, t.TempDir(), s, "dev"); status != 1 || !strings.Contains(said, "not for production") {
		t.Errorf("app dev ended with %d and said %s", status, said)
	}
}

func TestFreshDevDoesNotEmptyAnothersDatabase(t *testing.T) {
	t.Parallel()
	s := freePorts(t).With(settings{"DATABASE_URL": "postgres://app:app@127.0.0.1:1/app"})
	if said, status := run(t, t.TempDir(), s, "dev", "--fresh"); status != 1 || !strings.Contains(said, "DATABASE_URL is set (environment)") {
		t.Errorf("app dev --fresh ended with %d and said %s", status, said)
	}
}

func answers(address string) bool {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return false
	}
	_ = c.Close()
	return true
}
