package cmd_test

import (
	"net/http"
	"strings"
	"syscall"
	"testing"

	"example.com/app/lib/pg/pgtest"
	"example.com/app/lib/testenv"
)

func TestRunTakesSettingsFromConsulAtTheStartAndAtAHangup(t *testing.T) {
	t.Parallel()
	consul := testenv.NewConsul(t, "hush-hush")
	for name, value := range map[string]string{
		"CORS_ORIGINS": "https://old.example", "RATE_LIMIT": "1/h", "LOG_LEVEL": "info", "API_PROT": "1", "CONSUL_PREFIX": "other",
	} {
		consul.Put("students/"+name, value)
	}
	dir, s := t.TempDir(), freePorts(t).With(settings{
		"DATABASE_URL": pgtest.URL(t), "CONSUL_HTTP_TOKEN": "hush-hush", "CONSUL_PREFIX": "students", "RATE_LIMIT": "off",
	})
	envFile(t, dir, "CONSUL_HTTP_ADDR="+consul.URL, "CORS_ORIGINS=https://file.example", "LOG_LEVEL=error")
	p := start(t, dir, s, "run")
	testenv.Ready(t, s.URL("OPS_PORT", "/readyz"))
	allows(t, s, "https://old.example", true)
	says(p, `"name":"API_PROT","origin":"Consul students/","rule":"no setting has this name; did you mean API_PORT?"`,
		`"name":"CONSUL_PREFIX","origin":"Consul students/","rule":"must be set elsewhere`)

	consul.Put("students/CORS_ORIGINS", "new.example")
	p.Signal(syscall.SIGHUP)
	p.Says(`CORS_ORIGINS is \"new.example\" (Consul students/): must be`)
	allows(t, s, "https://old.example", true)

	consul.Put("students/CORS_ORIGINS", "https://new.example")
	p.Signal(syscall.SIGHUP)
	p.Says(`"changed":["CORS_ORIGINS=https://new.example"]`)
	allows(t, s, "https://new.example", true)

	consul.Delete("students/CORS_ORIGINS")
	p.Signal(syscall.SIGHUP)
	p.Says(`"changed":["CORS_ORIGINS=https://file.example"]`)
	allows(t, s, "https://file.example", true)

	consul.Put("students/CORS_ORIGINS", "https://last.example")
	p.Signal(syscall.SIGHUP)
	p.Says(`"changed":["CORS_ORIGINS=https://last.example"]`)
	consul.Fail()
	reload(t, p, dir, "CONSUL_HTTP_ADDR="+consul.URL, "CORS_ORIGINS=https://file.example", "LOG_LEVEL=error", "SCHEDULE_HOUSEKEEPING=off")
	says(p, `"not all settings could be read"`, `what it had before holds`, `"changed":["SCHEDULE_HOUSEKEEPING=off"]`)
	allows(t, s, "https://last.example", true)
	allows(t, s, "https://file.example", false)

	if strings.Contains(p.Said(), "hush") {
		t.Error("the log shows a secret")
	}
	p.Stop()
}

func says(p *testenv.Program, texts ...string) {
	for _, text := range texts {
		p.Says(text)
	}
}

func allows(t *testing.T, s settings, origin string, want bool) {
	t.Helper()
	if status, allowed := asks(t, s, origin); status != http.StatusOK || (allowed == origin) != want {
		t.Errorf("%s is answered with %d and allowed as %q", origin, status, allowed)
	}
}

func TestProgramStartsWithoutConsul(t *testing.T) {
	t.Parallel()
	s := freePorts(t).With(settings{"DATABASE_URL": pgtest.URL(t), "CONSUL_HTTP_ADDR": "127.0.0.1:1"})
	p := start(t, t.TempDir(), s, "run")
	testenv.Ready(t, s.URL("OPS_PORT", "/readyz"))
	says(p, `"level":"WARN","msg":"not all settings could be read"`, "read app/ from Consul: ", "connection refused: the other layers hold; check CONSUL_HTTP_ADDR")
	p.Stop()
}

func TestConfigCommandsKnowConsul(t *testing.T) {
	t.Parallel()
	consul := testenv.NewConsul(t, "")
	s := settings{"CONSUL_HTTP_ADDR": consul.URL}
	check := func(s settings, status int, want string) {
		t.Helper()
		if said, got := run(t, t.TempDir(), s, "config", "check"); got != status || said != want {
			t.Errorf("status %d, got\n%s\nwant\n%s", got, said, want)
		}
	}
	check(s, 0, "the settings are fine\n")

	consul.Put("app/WORKERS", "7")
	if said, _ := run(t, t.TempDir(), s, "config", "print"); !hasRow(said, []string{"WORKERS", "7", "Consul", "app/"}) {
		t.Errorf("got\n%s", said)
	}
	consul.Put("app/WORKRES", "7")
	check(s, 1, "app: WORKRES (Consul app/): no setting has this name; did you mean WORKERS?\n")
	consul.Put("app/WORKERS", "none")
	check(s, 1, "app: 2 mistakes in the settings:\n  WORKERS is \"none\" (Consul app/): must be a whole number from 1 to 10000\n"+
		"  WORKRES (Consul app/): no setting has this name; did you mean WORKERS?\n")

	s["CONSUL_HTTP_ADDR"] = "ftp://consul"
	check(s, 1, "app: CONSUL_HTTP_ADDR is \"ftp://consul\" (environment): cannot be used: want HOST:PORT, or a URL that begins with http:// or https://\n")
	s["CONSUL_HTTP_ADDR"] = "127.0.0.1:1"
	const away = "read app/ from Consul: dial tcp 127.0.0.1:1: connect: connection refused: the other layers hold; check CONSUL_HTTP_ADDR, CONSUL_HTTP_TOKEN\n"
	check(s, 0, "app: "+away+"the settings are fine\n")
	check(s.With(settings{"WORKERS": "0"}), 1,
		"app: 2 mistakes in the settings:\n  WORKERS is \"0\" (environment): must be a whole number from 1 to 10000\n  Consul app/: "+away)

	guarded := testenv.NewConsul(t, "hush-hush")
	guarded.Put("app/WORKERS", "7")
	check(settings{"CONSUL_HTTP_ADDR": guarded.URL}, 0, "app: read app/ from Consul: the token may not read all that is there: "+
		"the other layers hold; check CONSUL_HTTP_ADDR, CONSUL_HTTP_TOKEN\nthe settings are fine\n")
}
