package cmd_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"example.com/app/lib/testenv"
	"example.com/app/schemas"
)

// serving is an API, for which nobody consumes yet.
func serving(t *testing.T) (s settings, api *testenv.Program) {
	t.Helper()
	s = servers(t)
	api = start(t, t.TempDir(), s, "run")
	testenv.Ready(t, s.URL("OPS_PORT", "/livez"))
	testenv.Ready(t, s.URL("API_PORT", "/livez"))
	return s, api
}

// rows is a file of n students and then the given lines.
func rows(t *testing.T, n int, more ...string) (path string) {
	t.Helper()
	lines := make([]string, 0, n+len(more))
	for i := range n {
		lines = append(lines, fmt.Sprintf(`{"name": "student %d"}`, i))
	}
	path = filepath.Join(t.TempDir(), "students.ndjson")
	if err := os.WriteFile(path, []byte(strings.Join(append(lines, more...), "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// plain is what a command said, line for line, with single spaces.
func plain(said string) (lines []string) {
	for line := range strings.Lines(said) {
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	return lines
}

func TestImportWaitsUntilEveryStudentIsThere(t *testing.T) {
	t.Parallel()
	s, _ := serving(t)
	start(t, t.TempDir(), s, "consume")

	said, status := run(t, t.TempDir(), s, "import", rows(t, 300))
	want := []string{"IMPORT TOTAL CREATED WAITING DEAD REFUSED", "1 300 300 0 0 0"} // and no bar, as nobody looks
	if status != 0 || !slices.Equal(plain(said), want) {
		t.Errorf("exit status %d, said %q", status, said)
	}
	if n := count(t, s["DATABASE_URL"], "true"); n != 300 {
		t.Errorf("there are %d students", n)
	}
}

func TestImportTellsWhichRowsWereRefused(t *testing.T) {
	t.Parallel()
	s, _ := serving(t)
	start(t, t.TempDir(), s, "consume")

	said, status := run(t, t.TempDir(), s, "import", rows(t, 2, "", "{\"name\": \"\"}", "\x1b[31m"))
	lines := plain(said)
	if status != 1 || len(lines) != 7 || lines[1] != "1 4 2 0 0 2" || lines[3] != "LINE REASON" ||
		!strings.HasPrefix(lines[4], "4 ") || !strings.HasPrefix(lines[5], "5 ") ||
		lines[6] != "app: import 1: 2 rows were refused and 0 are dead" {
		t.Errorf("exit status %d, said %q", status, lines)
	}
}

func TestImportThatDoesNotWaitEndsWithTheUpload(t *testing.T) {
	t.Parallel()
	s, _ := serving(t) // nobody consumes, so every row waits

	said, status := run(t, t.TempDir(), s, "import", rows(t, 3), "--no-wait", "--output", "json")
	var told []schemas.StudentImportOut
	if err := json.Unmarshal([]byte(said), &told); err != nil || status != 0 || len(told) != 1 ||
		told[0].Total != 3 || told[0].Waiting != 3 || told[0].FinishedAt != nil {
		t.Errorf("exit status %d, %v, said %s", status, err, said)
	}
}

func TestImportTakesStandardInput(t *testing.T) {
	t.Parallel()
	s, _ := serving(t)
	c := exec.CommandContext(t.Context(), program(t), "import", "-", "--no-wait", "--url", s.URL("API_PORT", "/"))
	c.Dir, c.Env, c.Stdin = t.TempDir(), []string{}, strings.NewReader("{\"name\": \"Ada\"}\n{\"name\": \"Alan\"}\n")
	said, err := c.CombinedOutput()
	if want := []string{"IMPORT TOTAL CREATED WAITING DEAD REFUSED", "1 2 0 2 0 0"}; err != nil || !slices.Equal(plain(string(said)), want) {
		t.Errorf("%v, said %s", err, said)
	}
}

func TestImportThatIsGivenUpGoesOn(t *testing.T) {
	t.Parallel()
	s, api := serving(t)

	p := start(t, t.TempDir(), s, "import", rows(t, 3))
	api.Says("/api/v1/students/imports/{id}") // it has begun to ask
	p.Signal(syscall.SIGTERM)
	if status, want := p.Wait(), "app: import 1 goes on without you: see "+s.URL("API_PORT", "/api/v1/students/imports/1"); status != 1 ||
		strings.TrimSpace(p.Said()) != want {
		t.Errorf("exit status %d, said %s", status, p.Said())
	}
}

func TestImportOutlastsAnAPIThatStartsAnew(t *testing.T) {
	t.Parallel()
	s, api := serving(t)

	p := start(t, t.TempDir(), s, "import", rows(t, 3))
	api.Says("/api/v1/students/imports/{id}")
	api.Kill()
	start(t, t.TempDir(), s, "consume")
	start(t, t.TempDir(), s, "run")
	if status := p.Wait(); status != 0 {
		t.Errorf("exit status %d, said %s", status, p.Said())
	}
}

// hangingUp is a server that resets its connections as soon as a body comes.
func hangingUp(t *testing.T) (url string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := r.Body.Read(make([]byte, 1)); err != nil {
			t.Error(err)
		}
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		if err := errors.Join(conn.(*net.TCPConn).SetLinger(0), conn.Close()); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestImportSaysInOneLineWhatIsWrong(t *testing.T) {
	t.Parallel()
	s, _ := serving(t)
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	many := rows(t, 400_000)
	for name, tt := range map[string]struct {
		args   []string
		want   string
		status int
	}{
		"no file":      {[]string{"nothing.ndjson"}, "read the rows: open nothing.ndjson", 1},
		"a folder":     {[]string{"."}, "read the rows: . is a directory", 1},
		"too many":     {[]string{many}, "an import has at most 100000 rows", 1},
		"cut short":    {[]string{many, "--url", hangingUp(t)}, "the API ended the upload: it takes at most 100000 rows and 256 MiB", 1},
		"no row":       {[]string{rows(t, 0)}, "the API answers 422 Unprocessable Entity: ", 1},
		"no API":       {[]string{rows(t, 1), "--url", "http://127.0.0.1:1"}, "no API answers at 127.0.0.1:1: start app run or app dev, or say where it is with --url", 1},
		"another":      {[]string{rows(t, 1), "--url", other.URL}, "that is not the API; say where it is with --url", 1},
		"no URL":       {[]string{rows(t, 1), "--url", "127.0.0.1:80"}, "want http://HOST:PORT", 2},
		"no file name": {nil, "want FILE\nsee: app import --help", 2},
	} {
		said, status := run(t, t.TempDir(), s, append([]string{"import"}, tt.args...)...)
		if wide := strings.Count(said, "\n") > tt.status; status != tt.status || wide || !strings.Contains(said, tt.want) {
			t.Errorf("%s: exit status %d, said %s", name, status, said)
		}
	}
}
