package cmd_test

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/app/lib/pg/pgtest"
	"example.com/app/lib/testenv"
)

// locked keeps everybody from the table student until release.
func locked(t *testing.T, database string) (release func()) {
	t.Helper()
	db := connect(t, database)
	t.Cleanup(func() { _ = db.Close(context.WithoutCancel(t.Context())) })
	tx, err := db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "LOCK TABLE student IN ACCESS EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		if err := tx.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// waiting returns once a statement of the mode stands before the lock.
func waiting(t *testing.T, database, mode string) {
	t.Helper()
	db := connect(t, database)
	defer db.Close(t.Context())
	testenv.Eventually(t, mode+" waits for the table", func() bool {
		var n int
		err := db.QueryRow(t.Context(), `
			SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND application_name = 'app ' || $1 AND wait_event_type = 'Lock'`, mode).Scan(&n)
		return err == nil && n > 0
	})
}

func TestStopFinishesTheRequestThatRuns(t *testing.T) {
	t.Parallel()
	s := servers(t)
	p := start(t, t.TempDir(), s, "run")
	testenv.Ready(t, s.URL("OPS_PORT", "/readyz"))

	release := locked(t, s["DATABASE_URL"])
	answered := make(chan int, 1)
	go func() {
		status, _ := testenv.Request(t, http.MethodPost, s.URL("API_PORT", "/api/v1/students"), `{"name": "in flight"}`)
		answered <- status
	}()
	waiting(t, s["DATABASE_URL"], "run")

	p.Signal(syscall.SIGTERM)
	p.Says("stopping")
	if status, answer := testenv.Request(t, http.MethodGet, s.URL("OPS_PORT", "/readyz"), ""); status != http.StatusServiceUnavailable {
		t.Errorf("while it stops /readyz answers %d %s", status, answer)
	}
	release()

	if status := <-answered; status != http.StatusCreated {
		t.Errorf("the request in flight got %d", status)
	}
	if status := p.Wait(); status != 0 {
		t.Errorf("the process ended with %d", status)
	}
}

func TestStopFinishesTheMessageThatRuns(t *testing.T) {
	t.Parallel()
	s := servers(t).With(settings{"WORKERS": "1", "AMQP_PREFETCH": "10"})
	p := start(t, t.TempDir(), s, "consume")
	testenv.Ready(t, s.URL("AMQ_PORT", "/readyz"))

	release := locked(t, s["DATABASE_URL"])
	for _, name := range []string{"first", "second", "third"} {
		publish(t, s["AMQP_URL"], "example", "example.main", `{"name": "`+name+`"}`)
	}
	waiting(t, s["DATABASE_URL"], "consume")
	p.Signal(syscall.SIGTERM)
	p.Says("stopping")
	release()
	if status := p.Wait(); status != 0 {
		t.Errorf("the process ended with %d", status)
	}

	// What had not begun is there for the next process, and what had is done once.
	again := start(t, t.TempDir(), s, "consume")
	testenv.Ready(t, s.URL("AMQ_PORT", "/readyz"))
	testenv.Eventually(t, "all three are students", func() bool { return count(t, s["DATABASE_URL"], "true") >= 3 })
	again.Stop()
	if n := count(t, s["DATABASE_URL"], "true"); n != 3 {
		t.Errorf("there are %d students, want 3", n)
	}
}

func TestStopReleasesTheJobThatRuns(t *testing.T) {
	t.Parallel()
	s := servers(t).With(settings{"SCHEDULE_RENAME_STUDENTS": "off", "SCHEDULE_RENAME_STUDENTS_HOURLY": "off"})
	dir := t.TempDir()
	execute(t, s["DATABASE_URL"], "INSERT INTO student (name) SELECT 'student ' || n FROM generate_series(1, 20000) n")

	release := locked(t, s["DATABASE_URL"])
	p := start(t, dir, s, "schedule", "run", "rename_students")
	waiting(t, s["DATABASE_URL"], "schedule")
	p.Signal(syscall.SIGTERM)
	release()
	p.Wait()

	again := start(t, dir, s, "schedule")
	testenv.Eventually(t, "every student is renamed", func() bool {
		return count(t, s["DATABASE_URL"], "name LIKE '%\\_new'") == 20000
	})
	again.Stop()
	if n := count(t, s["DATABASE_URL"], "name LIKE '%\\_new\\_new' OR version <> 2"); n != 0 {
		t.Errorf("%d students were renamed twice", n)
	}
}

func TestSignalDuringTheStartIsAStop(t *testing.T) {
	t.Parallel()
	dead := settings{"DATABASE_URL": "postgres://app:app@127.0.0.1:1/app", "AMQP_URL": "amqp://guest:guest@127.0.0.1:1/"}

	for _, c := range []struct {
		mode string
		s    settings
	}{
		{"run", dead},
		{"schedule", dead},
		{"consume", settings{"AMQP_URL": dead["AMQP_URL"]}},
		{"dev", dead},
	} {
		p := start(t, t.TempDir(), servers(t).With(c.s), c.mode)
		p.Says("waiting for a server")
		p.Stop()
	}
}

func TestServerThatIsMissedAtTheStartIsToldOnceAndWhenItComes(t *testing.T) {
	t.Parallel()
	database, err := url.Parse(pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	server := database.Host
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	database.Host = l.Addr().String()

	began := time.Now()
	p := start(t, t.TempDir(), freePorts(t).With(settings{"DATABASE_URL": database.String()}), "run")
	for range 5 {
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		_ = c.Close()
	}
	forward(t, l, server)
	p.Says("a server that was missed answers")
	if told := strings.Count(p.Said(), "waiting for a server"); told < 1 || told > 1+int(time.Since(began)/(10*time.Second)) {
		t.Errorf("it was told %d times: %s", told, p.Said())
	}
	p.Says(`"ready"`)
	p.Stop()
}

func TestStartGivesUpWithOneLineThatSaysWhereToLook(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		mode, setting, value string
		names                []string
	}{
		{"run", "DATABASE_URL", "postgres://app:app@127.0.0.1:1/app", []string{"Postgres", "127.0.0.1:1", "check DATABASE_URL"}},
		{"consume", "AMQP_URL", "amqp://guest:guest@127.0.0.1:1/", []string{"RabbitMQ", "127.0.0.1:1", "check AMQP_URL"}},
	} {
		s := servers(t).With(settings{c.setting: c.value, "STARTUP_TIMEOUT": "1s", "LOG_LEVEL": "error"})
		said, status := run(t, t.TempDir(), s, c.mode)

		last := strings.TrimSpace(said)
		if status != 1 || strings.Count(last, "\n") > 0 {
			t.Errorf("app %s ended with %d and said %s", c.mode, status, said)
		}
		for _, name := range c.names {
			if !strings.Contains(last, name) {
				t.Errorf("app %s does not name %s: %s", c.mode, name, last)
			}
		}
	}
}

func TestModesWithoutNeedOfTheBrokerServeWithoutIt(t *testing.T) {
	t.Parallel()
	s := servers(t).With(settings{"AMQP_URL": "amqp://guest:guest@127.0.0.1:1/"})

	for mode, port := range map[string]string{"run": "OPS_PORT", "schedule": "SCHEDULE_PORT"} {
		p := start(t, t.TempDir(), s, mode)
		testenv.Ready(t, s.URL(port, "/readyz"))
		if _, answer := testenv.Request(t, http.MethodGet, s.URL(port, "/readyz"), ""); !strings.Contains(answer, `"broker example":"not connected`) {
			t.Errorf("app %s reports %s", mode, answer)
		}
		p.Stop()
	}
}
