package cmd_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"example.com/app/lib/pg/pgtest"
	"example.com/app/lib/testenv"
)

const password = "correct horse battery"

// typed runs a command with something on its standard input.
func typed(t *testing.T, input string, s settings, args ...string) (said string, status int) {
	t.Helper()
	c := exec.CommandContext(t.Context(), program(t), args...)
	c.Dir, c.Stdin = t.TempDir(), strings.NewReader(input)
	c.Env = []string{}
	for name, value := range s {
		c.Env = append(c.Env, name+"="+value)
	}
	out, _ := c.CombinedOutput()
	return string(out), c.ProcessState.ExitCode()
}

// ask sends a request with a token, or none, and gives the answer's status and body.
func ask(t *testing.T, method, url, token, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

func logIn(t *testing.T, s settings, email, password string) (access string) {
	t.Helper()
	status, answer := ask(t, http.MethodPost, s.URL("API_PORT", "/api/v1/sessions"), "", `{"email": "`+email+`", "password": "`+password+`"}`)
	var tokens struct {
		Access string `json:"access_token"`
	}
	if err := json.Unmarshal([]byte(answer), &tokens); err != nil || status != http.StatusCreated {
		t.Fatalf("logging in as %s answers %d %s, %v", email, status, answer, err)
	}
	return tokens.Access
}

func TestUsersAreMadeAndChangedAtTheCommandLine(t *testing.T) {
	t.Parallel()
	s := freePorts(t).With(settings{"DATABASE_URL": pgtest.URL(t), "AUTH": "on", "ACCESS_LOG": "off"})
	said, status := typed(t, password+"\r\nmore", s, "user", "create", " Ada@Example.com", "--role", "editor")
	if status != 0 || !hasColumns(said, "1 ada@example.com editor true") || strings.Contains(said, password) {
		t.Fatalf("app user create ended with %d and said %s", status, said)
	}

	for what, attempt := range map[string]struct{ email, password, want string }{
		"another of the same address": {"ADA@example.com", password, "another user has that e-mail address"},
		"a short password":            {"grace@example.com", "short", ": password must"},
		"no password":                 {"grace@example.com", "", ": password must"},
		"no address":                  {"grace", password, ": email must"},
	} {
		if said, status := typed(t, attempt.password, s, "user", "create", attempt.email); status != 1 || !strings.Contains(said, attempt.want) {
			t.Errorf("%s: app user create ended with %d and said %s", what, status, said)
		}
	}

	start(t, t.TempDir(), s, "run").Says("JWT_SECRET is not set")
	testenv.Ready(t, s.URL("OPS_PORT", "/readyz"))
	students := s.URL("API_PORT", "/api/v1/students")
	if status, answer := ask(t, http.MethodGet, students, "", ""); status != http.StatusUnauthorized {
		t.Errorf("nobody is answered %d %s", status, answer)
	}
	ada := logIn(t, s, "ada@example.com", password)
	if status, answer := ask(t, http.MethodPost, students, ada, `{"name": "Grace"}`); status != http.StatusCreated {
		t.Errorf("an editor is answered %d %s", status, answer)
	}
	if status, answer := ask(t, http.MethodGet, s.URL("API_PORT", "/api/v1/users/1"), ada, ""); status != http.StatusForbidden {
		t.Errorf("an editor is answered %d %s", status, answer)
	}
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte(ada+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if said, status := run(t, t.TempDir(), s, "import", rows(t, 3), "--no-wait", "--token-file", token); status != 0 {
		t.Errorf("an editor's import ended with %d and said %s", status, said)
	}
	if said, status := run(t, t.TempDir(), s, "import", rows(t, 3), "--no-wait"); status != 1 || !strings.Contains(said, "401 Unauthorized") {
		t.Errorf("nobody's import ended with %d and said %s", status, said)
	}

	if said, status := run(t, t.TempDir(), s, "user", "disable", "ada@example.com"); status != 0 || !hasColumns(said, "1 ada@example.com editor false") {
		t.Errorf("app user disable ended with %d and said %s", status, said)
	}
	testenv.Eventually(t, "the access token is refused", func() bool {
		status, _ := ask(t, http.MethodGet, students, ada, "")
		return status == http.StatusUnauthorized
	})
	if said, status := run(t, t.TempDir(), s, "user", "disable", "nobody@example.com"); status != 1 || !strings.Contains(said, "nobody@example.com") {
		t.Errorf("app user disable ended with %d and said %s", status, said)
	}

	for _, c := range []struct{ typed, args, want string }{
		{"short", "password ada@example.com", "app: change the password of user \"ada@example.com\": password must"},
		{password + "!", "password nobody@example.com", "there is no such user"},
		{password + "!", "password ada@example.com", "editor false"},
		{"", "role ada@example.com admin", "admin false"},
		{"", "enable ada@example.com", "admin true"},
	} {
		if said, _ := typed(t, c.typed, s, append([]string{"user"}, strings.Fields(c.args)...)...); !strings.Contains(strings.Join(strings.Fields(said), " "), c.want) {
			t.Errorf("app user %s said %s", c.args, said)
		}
	}
	if status, answer := ask(t, http.MethodGet, s.URL("API_PORT", "/api/v1/users/1"), logIn(t, s, "ada@example.com", password+"!"), ""); status != http.StatusOK {
		t.Errorf("who is an admin now, with a new password, is answered %d %s", status, answer)
	}

	said, status = run(t, t.TempDir(), s.With(settings{"LOG_LEVEL": "error"}), "user", "list", "--output", "json")
	var users []map[string]any
	if err := json.Unmarshal([]byte(said), &users); err != nil || status != 0 || len(users) != 1 || users[0]["role"] != "admin" || strings.Contains(said, "argon2") {
		t.Errorf("app user list ended with %d and said %s, %v", status, said, err)
	}
}

// hasColumns finds a row that begins like this.
func hasColumns(table, want string) bool {
	for line := range strings.Lines(table) {
		if strings.HasPrefix(strings.Join(strings.Fields(line), " "), want) {
			return true
		}
	}
	return false
}

func TestTokensOutliveTheProcessAndANewSecret(t *testing.T) {
	t.Parallel()
	secrets := [2]string{"9f2c71d6a4e80b35c1d7f6e2a9048b3d", "4be81c60f7a2d935e0c46b8f1a7d5392"}
	s := freePorts(t).With(settings{"DATABASE_URL": pgtest.URL(t), "AUTH": "on", "JWT_SECRET": secrets[0]})
	if said, status := typed(t, password, s, "user", "create", "ada@example.com"); status != 0 {
		t.Fatalf("app user create ended with %d and said %s", status, said)
	}
	first := start(t, t.TempDir(), s, "run")
	testenv.Ready(t, s.URL("OPS_PORT", "/readyz"))
	ada := logIn(t, s, "ada@example.com", password)
	if strings.Contains(first.Said(), "JWT_SECRET") {
		t.Errorf("app run said %s", first.Said())
	}
	first.Stop()

	for _, next := range []struct {
		settings
		want int
	}{
		{settings{"JWT_SECRET": secrets[1], "JWT_SECRET_PREVIOUS": secrets[0]}, http.StatusOK},
		{settings{"JWT_SECRET": secrets[1]}, http.StatusUnauthorized},
	} {
		p := start(t, t.TempDir(), s.With(next.settings), "run")
		testenv.Ready(t, s.URL("OPS_PORT", "/readyz"))
		if status, answer := ask(t, http.MethodGet, s.URL("API_PORT", "/api/v1/me"), ada, ""); status != next.want {
			t.Errorf("with %v: %d %s", next.settings, status, answer)
		}
		p.Stop()
	}
}

func TestDevHasUsersOnlyInItsOwnDatabase(t *testing.T) {
	t.Parallel()
	own := freePorts(t).With(settings{"AUTH": "on", "SCHEDULE_RENAME_STUDENTS": "off"})
	dir := devDir(t)
	dev := start(t, dir, own, "dev")
	dev.Says("Ctrl-C")
	dev.Says("admin@example.com")
	for role, want := range map[string]int{"reader": http.StatusForbidden, "editor": http.StatusForbidden, "admin": http.StatusOK} {
		access := logIn(t, own, role+"@example.com", "for app dev alone")
		if status, answer := ask(t, http.MethodGet, own.URL("API_PORT", "/api/v1/users/1"), access, ""); status != want {
			t.Errorf("the %s is answered %d %s", role, status, answer)
		}
	}
	if said, status := run(t, dir, own, "user", "list"); status != 0 || !strings.Contains(said, "admin@example.com") || !strings.Contains(said, "since DATABASE_URL is not set") {
		t.Errorf("app user list beside app dev ended with %d and said %s", status, said)
	}
	dev.Stop()

	given := freePorts(t).With(settings{"AUTH": "on", "DATABASE_URL": pgtest.URL(t), "SCHEDULE_RENAME_STUDENTS": "off"})
	dev = start(t, t.TempDir(), given, "dev")
	dev.Says("app user create")
	if said, status := run(t, t.TempDir(), given, "user", "list"); status != 0 || strings.Contains(said, "@") {
		t.Errorf("app user list ended with %d and said %s", status, said)
	}
	dev.Stop()
}

func TestDevAsksNobodyUnlessTold(t *testing.T) {
	t.Parallel()
	s := freePorts(t).With(settings{"DATABASE_URL": pgtest.URL(t), "SCHEDULE_RENAME_STUDENTS": "off"})
	delete(s, "AUTH")
	dev := start(t, t.TempDir(), s, "dev")
	dev.Says("everybody may do everything")
	if status, answer := ask(t, http.MethodPost, s.URL("API_PORT", "/api/v1/students"), "", `{"name": "Ada"}`); status != http.StatusCreated {
		t.Errorf("%d %s", status, answer)
	}
	dev.Stop()
}
