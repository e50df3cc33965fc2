package cmd_test

import (
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"example.com/app/lib/pg/pgtest"
	"example.com/app/lib/testenv"
)

// reload puts lines into the env file and lets the process read its settings again.
func reload(t *testing.T, p *testenv.Program, dir string, lines ...string) {
	t.Helper()
	envFile(t, dir, lines...)
	p.Signal(syscall.SIGHUP)
}

func envFile(t *testing.T, dir string, lines ...string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, ".env"), []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
}

// asks is a request of a page of that origin.
func asks(t *testing.T, s settings, origin string) (status int, allowed string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL("API_PORT", "/api/v1/students"), nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Origin", origin)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode, res.Header.Get("Access-Control-Allow-Origin")
}

func TestRunTakesUpGoodSettingsAndRefusesBadOnes(t *testing.T) {
	t.Parallel()
	dir, s := t.TempDir(), freePorts(t).With(settings{"DATABASE_URL": pgtest.URL(t)})
	envFile(t, dir, "LOG_LEVEL=error", "CORS_ORIGINS=https://old.example")
	p := start(t, dir, s, "run")
	testenv.Ready(t, s.URL("OPS_PORT", "/readyz"))

	reload(t, p, dir, "LOG_LEVEL=info", "RATE_LIMIT=lots", "CORS_ORIGINS=https://new.example", "JWT_SECRET=short-hush")
	p.Says("the settings were read again and are refused: the old ones hold")
	for _, mistake := range []string{`RATE_LIMIT is \"lots\" (.env): cannot be used`, `JWT_SECRET is \"xxxxx\" (.env): must have 32 bytes`} {
		if !strings.Contains(p.Said(), mistake) {
			t.Errorf("the log lacks %s", mistake)
		}
	}
	for origin, want := range map[string]string{"https://old.example": "https://old.example", "https://new.example": ""} {
		if status, allowed := asks(t, s, origin); status != http.StatusOK || allowed != want {
			t.Errorf("%s is answered with %d and allowed as %q after settings that were refused", origin, status, allowed)
		}
	}

	reload(t, p, dir, "LOG_LEVEL=info", "RATE_LIMIT=1/h", "CORS_ORIGINS=https://new.example", "WORKERS=3",
		"AMQP_PREFETCH=7", "OPS_TOKEN=hush-hush", "API_PROT=1")
	p.Says(`"restart needed"`)
	for _, want := range []string{
		`"changed":["LOG_LEVEL=info","RATE_LIMIT=1/h","CORS_ORIGINS=https://new.example"]`,
		`"settings":["WORKERS=3","AMQP_PREFETCH=7","OPS_TOKEN=xxxxx"]`, `"unknown setting","mode":"run","name":"API_PROT","origin":".env","rule":"no setting has this name; did you mean API_PORT?"`,
	} {
		if !strings.Contains(p.Said(), want) {
			t.Errorf("the log lacks %s", want)
		}
	}
	for i, want := range []int{http.StatusOK, http.StatusTooManyRequests} {
		if status, allowed := asks(t, s, "https://new.example"); status != want || allowed != "https://new.example" {
			t.Errorf("request %d is answered with %d and allowed as %q", i, status, allowed)
		}
	}

	if strings.Contains(p.Said(), "hush") {
		t.Error("the log shows a secret")
	}
	p.Stop()
}

func TestScheduleTakesUpNewTimes(t *testing.T) {
	t.Parallel()
	dir, s := t.TempDir(), freePorts(t).With(settings{"DATABASE_URL": pgtest.URL(t), "SCHEDULE_RENAME_STUDENTS_HOURLY": "off"})
	execute(t, s["DATABASE_URL"], "INSERT INTO student (name) VALUES ('Ada')")
	envFile(t, dir, "SCHEDULE_RENAME_STUDENTS=off")
	p := start(t, dir, s, "schedule")
	testenv.Ready(t, s.URL("SCHEDULE_PORT", "/readyz"))

	reload(t, p, dir, "SCHEDULE_RENAME_STUDENTS=often")
	p.Says(`SCHEDULE_RENAME_STUDENTS is \"often\" (.env): cannot be used`)
	if n := count(t, s["DATABASE_URL"], "name = 'Ada'"); n != 1 {
		t.Error("a job ran that is off")
	}

	reload(t, p, dir, "SCHEDULE_RENAME_STUDENTS=@every 1s")
	testenv.Eventually(t, "Ada is renamed twice", func() bool { return count(t, s["DATABASE_URL"], "name LIKE 'Ada\\_new\\_new%'") == 1 })
	p.Stop()
}

func TestDevTakesUpNewSettingsButWhatItWasStartedWithGoesFirst(t *testing.T) {
	t.Parallel()
	dir, s := t.TempDir(), freePorts(t).With(settings{"DATABASE_URL": pgtest.URL(t), "SCHEDULE_RENAME_STUDENTS_HOURLY": "off"})
	envFile(t, dir, "SCHEDULE_RENAME_STUDENTS=off")
	p := start(t, dir, s, "dev", "--set", "CORS_ORIGINS=https://set.example")
	p.Says("Ctrl-C")

	reload(t, p, dir, "SCHEDULE_RENAME_STUDENTS=often", "CORS_ORIGINS=https://file.example", "RATE_LIMIT=1/h")
	p.Says("the old ones hold")
	reload(t, p, dir, "SCHEDULE_RENAME_STUDENTS=@every 1s", "CORS_ORIGINS=https://file.example", "WORKERS=3")
	p.Says("restart needed")
	for origin, want := range map[string]string{"https://set.example": "https://set.example", "https://file.example": ""} {
		if status, allowed := asks(t, s, origin); status != http.StatusOK || allowed != want {
			t.Errorf("%s is answered with %d and allowed as %q", origin, status, allowed)
		}
	}
	testenv.Eventually(t, "the students are renamed", func() bool { return count(t, s["DATABASE_URL"], "name LIKE '%\\_new%'") >= 3 })
	p.Stop()
}

func TestHangupDuringTheStartIsAnsweredAfterIt(t *testing.T) {
	t.Parallel()
	database := pgtest.URL(t)
	s := freePorts(t).With(testenv.Ports(t, "DATABASE_PORT"))
	dir, behind := t.TempDir(), "127.0.0.1:"+s["DATABASE_PORT"]
	address, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	server := address.Host
	address.Host = behind

	p := start(t, dir, s.With(settings{"DATABASE_URL": address.String()}), "run")
	p.Says("waiting for a server")
	reload(t, p, dir, "RATE_LIMIT=5/s")
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", behind)
	if err != nil {
		t.Fatal(err)
	}
	forward(t, l, server)
	testenv.Ready(t, s.URL("OPS_PORT", "/readyz"))
	p.Says(`"changed":["RATE_LIMIT=5/s"]`)
	p.Stop()
}

// forward leads from l to an address for as long as the test runs.
func forward(t *testing.T, l net.Listener, to string) {
	t.Helper()
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := new(net.Dialer).DialContext(t.Context(), "tcp", to)
			if err != nil {
				_ = near.Close()
				continue
			}
			go pipe(near, far)
			go pipe(far, near)
		}
	}()
}

func pipe(to, from net.Conn) {
	_, _ = io.Copy(to, from)
	_, _ = to.Close(), from.Close()
}
