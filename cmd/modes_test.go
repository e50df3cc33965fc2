package cmd_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"example.com/app/lib/pg/pgtest"
	"example.com/app/lib/testenv"
)

// servers are the settings of a migrated database and a virtual host of the test's own.
func servers(t *testing.T) settings {
	t.Helper()
	return freePorts(t).With(settings{"DATABASE_URL": pgtest.URL(t), "AMQP_URL": testenv.Broker(t), "LOG_LEVEL": "debug"})
}

func connect(t *testing.T, database string) *pgx.Conn {
	t.Helper()
	db, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func execute(t *testing.T, database, sql string) {
	t.Helper()
	db := connect(t, database)
	defer db.Close(t.Context())
	if _, err := db.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

func count(t *testing.T, database, where string) (n int) {
	t.Helper()
	db := connect(t, database)
	defer db.Close(t.Context())
	if err := db.QueryRow(t.Context(), "SELECT count(*) FROM student WHERE "+where).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// publish goes the way of the management UI's form, without a message-id.
func publish(t *testing.T, amqpURL, exchange, key, body string) {
	t.Helper()
	u, err := url.Parse(amqpURL)
	if err != nil {
		t.Fatal(err)
	}
	form, err := json.Marshal(map[string]any{
		"properties": map[string]any{"headers": map[string]string{"colour": "green"}}, "routing_key": key,
		"payload": body, "payload_encoding": "string",
	})
	if err != nil {
		t.Fatal(err)
	}

	status, answer := testenv.Request(t, http.MethodPost, fmt.Sprintf("%s/api/exchanges/%s/%s/publish",
		testenv.Management(t), strings.TrimPrefix(u.EscapedPath(), "/"), exchange), string(form))
	if status != http.StatusOK || !strings.Contains(answer, `"routed":true`) {
		t.Fatalf("publishing to %s/%s answers %d %s", exchange, key, status, answer)
	}
}

func TestFourModesServeStudentsTogether(t *testing.T) {
	t.Parallel()
	dir, s := t.TempDir(), servers(t).With(settings{"DATABASE_URL": pgtest.EmptyURL(t), "SCHEDULE_RENAME_STUDENTS": "@every 1s"})

	if said, status := run(t, dir, s, "run"); status != 1 || !strings.Contains(said, "app migrate up") {
		t.Fatalf("app run without a schema ended with %d and said %s", status, said)
	}
	if said, status := run(t, dir, s, "migrate", "up"); status != 0 {
		t.Fatalf("app migrate up ended with %d and said %s", status, said)
	}

	processes := []*testenv.Program{start(t, dir, s, "run"), start(t, dir, s, "consume"), start(t, dir, s, "schedule")}
	for port, mode := range map[string]string{"OPS_PORT": "run", "AMQ_PORT": "consume", "SCHEDULE_PORT": "schedule"} {
		testenv.Ready(t, s.URL(port, "/readyz"))
		if said, status := run(t, dir, s, "health", "--mode", mode); status != 0 {
			t.Errorf("app health --mode %s ended with %d and said %s", mode, status, said)
		}
	}

	if status, answer := testenv.Request(t, http.MethodPost, s.URL("API_PORT", "/api/v1/students"), `{"name": "posted"}`); status != http.StatusCreated {
		t.Fatalf("POST answers %d %s", status, answer)
	}
	publish(t, s["AMQP_URL"], "amq.default", "example.main", `{"name": "queued"}`)
	publish(t, s["AMQP_URL"], "example", "example.main", `{"name": "routed"}`)

	for _, name := range []string{"posted", "queued", "routed"} {
		testenv.Eventually(t, name+" is a student that was renamed", func() bool {
			return count(t, s["DATABASE_URL"], "name LIKE '"+name+"\\_new%'") == 1
		})
	}
	for _, p := range processes {
		p.Stop()
	}
}

// deadLetter is what `app queue peek --output json` tells of a message.
type deadLetter struct {
	Reason   string `json:"reason"`
	Error    string `json:"error"`
	Attempts int    `json:"attempts"`
	Body     string `json:"body"`
}

func peek(t *testing.T, dir string, s settings, queue string) (dead []deadLetter) {
	t.Helper()
	said, status := run(t, dir, s.With(settings{"LOG_LEVEL": "error"}), "queue", "peek", queue, "--output", "json")
	if status != 0 {
		t.Fatalf("app queue peek ended with %d and said %s", status, said)
	}
	if err := json.Unmarshal([]byte(said), &dead); err != nil {
		t.Fatalf("app queue peek said %s: %v", said, err)
	}
	return dead
}

func TestAPIDoesNotStartWhereItCannotKeepALargeBody(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	said, status := run(t, dir, servers(t).With(settings{"TMPDIR": filepath.Join(dir, "absent")}), "run")
	last := said[strings.LastIndex(strings.TrimSpace(said), "\n")+1:]
	if status != 1 || !strings.Contains(last, "set TMPDIR to a folder that this user may write") {
		t.Errorf("ended with %d and said %s", status, said)
	}
}

func TestFailingMessageComesBackAndAtLastLiesAmongTheDead(t *testing.T) {
	t.Parallel()
	dir, s := t.TempDir(), servers(t).With(settings{"AMQP_RETRY_DELAYS": "200ms,400ms"})
	consume := start(t, dir, s, "consume")
	testenv.Ready(t, s.URL("AMQ_PORT", "/readyz"))

	execute(t, s["DATABASE_URL"], "ALTER TABLE student RENAME TO away")
	publish(t, s["AMQP_URL"], "example", "example.main", `{"name": "unlucky"}`)
	testenv.Eventually(t, "the message is dead", func() bool { return len(peek(t, dir, s, "example.main.dead")) == 1 })
	if d := peek(t, dir, s, "example.main.dead")[0]; d.Reason != "exhausted" || d.Attempts != 3 || !strings.Contains(d.Error, "student") {
		t.Errorf("the dead message is %+v", d)
	}

	consume.Says("example.main")
	publish(t, s["AMQP_URL"], "example", "example.main", `{"name": "late"}`)
	execute(t, s["DATABASE_URL"], "ALTER TABLE away RENAME TO student")
	testenv.Eventually(t, "late is a student", func() bool { return count(t, s["DATABASE_URL"], "name = 'late'") == 1 })
	consume.Stop()
}

func TestMalformedMessagesAreDeadAtOnce(t *testing.T) {
	t.Parallel()
	dir, s := t.TempDir(), servers(t)
	consume := start(t, dir, s, "consume")
	testenv.Ready(t, s.URL("AMQ_PORT", "/readyz"))

	for _, body := range []string{`{"name": `, `{}`, `{"name": "  "}`, `{"name": "x", "Name": "y"}`} {
		publish(t, s["AMQP_URL"], "example", "example.main", body)
	}

	testenv.Eventually(t, "all four are dead", func() bool { return len(peek(t, dir, s, "example.main.dead")) == 4 })
	for _, d := range peek(t, dir, s, "example.main.dead") {
		if d.Reason != "malformed" || d.Error == "" {
			t.Errorf("a dead message is %+v, want the reason malformed and an error", d)
		}
	}
	consume.Stop()
}

func TestWrongUseEndsWithTwo(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"fly"},
		{"run", "now"},
		{"migrate", "sideways"},
		{"run", "--fast"},
		{"schedule", "run"},
		{"health"},
		{"health", "--mode", "fly"},
		{"consume", "nope"},
		{"schedule", "history", "--limit", "0"},
		{"user", "create", "ada@example.com", "--role", "root"},
		{"user", "create"},
		{"user", "role", "ada@example.com", "root"},
		{"user", "password", "ada@example.com", "secret"},
		{"queue", "list", "--output", "xml"},
		{"queue", "requeue", "example.main.dead"},
		{"queue", "requeue", "example.main.dead", "--all", "--id", "1"},
		{"queue", "requeue", "example.main.dead", "--all", "--rate", "fast"},
		{"queue", "drop", "example.main.dead", "--all"},
		{"queue", "drop", "example.main.dead", "--yes"},
	} {
		if said, status := run(t, t.TempDir(), nil, args...); status != 2 || !strings.Contains(said, "\nsee: app ") || !strings.Contains(said, " --help") {
			t.Errorf("app %s ended with %d and said %s", strings.Join(args, " "), status, said)
		}
	}
}

func TestEveryCommandExplainsItselfWithAnExample(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"run", "consume", "schedule", "schedule list", "schedule run", "schedule history", "migrate up", "migrate down",
		"migrate status", "migrate redo", "migrate create", "dev", "queue list", "queue peek", "queue send", "queue requeue", "queue drop", "config check", "config print", "health", "version",
		"user create", "user list", "user role", "user password", "user disable", "user enable",
	} {
		said, status := run(t, t.TempDir(), nil, append(strings.Fields(name), "--help")...)
		if status != 0 || !strings.Contains(said, "Examples:\n  app "+name) {
			t.Errorf("app %s --help ended with %d and said %s", name, status, said)
		}
	}
}
