package cmd_test

import (
	"cmp"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	amqp091 "github.com/rabbitmq/amqp091-go"

	"example.com/app/amqp"
	"example.com/app/lib/broker"
	"example.com/app/lib/ibge/ibgetest"
	"example.com/app/lib/pages/pagestest"
	"example.com/app/lib/pg/pgtest"
	"example.com/app/lib/testenv"
)

type finding struct{ Check, Result, Found, Advice string }

// healthy is a set-up without faults.
func healthy(t *testing.T) settings {
	t.Helper()
	s := freePorts(t).With(settings{
		"DATABASE_URL": pgtest.URL(t), "AMQP_URL": testenv.Broker(t), "IBGE_URL": ibgetest.NewSmall(t).URL, "AMQP_RETRY_DELAYS": "5s,1m",
		"DB_MAX_CONNECTIONS": "3",
	})
	b, f := atBroker(t, s["AMQP_URL"])
	if err := b.Declare(t.Context(), broker.Families(amqp.Queues(nil), f.Tiers)[amqp.Example]...); err != nil {
		t.Fatal(err)
	}
	return s
}

// examine runs the doctor, which must not show what is secret in these tests.
func examine(t *testing.T, dir string, s settings) (found []finding, status int) {
	t.Helper()
	said, status := run(t, dir, s, "doctor", "--output", "json")
	if strings.Contains(said, "hush") {
		t.Errorf("it shows a secret: %s", said)
	}
	array, _, _ := strings.Cut(said, "\napp: ")
	if err := json.Unmarshal([]byte(array), &found); err != nil {
		t.Fatalf("%v in\n%s", err, said)
	}
	return found, status
}

func TestDoctorFindsNothingInAHealthySetUp(t *testing.T) {
	t.Parallel()

	redis := testenv.NewRedis(t, "--requirepass", "hush")
	s := healthy(t).With(settings{
		"REDIS_URL": "redis://:hush@" + redis.Address(), "PAGES_URL": pagestest.New(t), "WORLDTIME_URL": timeService(t),
	})
	said, status := run(t, t.TempDir(), s, "doctor")
	if status != 0 || strings.Count(said, " ok ") != strings.Count(said, "\n")-1 {
		t.Errorf("status %d, got\n%s", status, said)
	}
	for _, want := range []string{"CHECK", "Postgres 1", "RabbitMQ ", "11, as this program declares them", "is free", "answers", "Redis "} {
		if !strings.Contains(said, want) {
			t.Errorf("it does not say %s", want)
		}
	}
}

// timeService knows the time of one zone.
func timeService(t *testing.T) string {
	t.Helper()
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/timezone/Etc/UTC" {
			http.NotFound(w, r)
			return
		}
		_, _ = io.WriteString(w, `{"timezone": "Etc/UTC", "abbreviation": "UTC", "datetime": "2026-07-01T12:00:00Z"}`)
	}))
	t.Cleanup(service.Close)
	return service.URL
}

func TestDoctorLooksAtEveryURL(t *testing.T) {
	t.Parallel()

	said, _ := run(t, t.TempDir(), nil, "config", "print", "--output", "json")
	var all []struct{ Name string }
	if err := json.Unmarshal([]byte(said), &all); err != nil {
		t.Fatal(err)
	}
	schemes := map[string]string{"DATABASE_URL": "postgres", "DATABASE_URL_REPLICA": "postgres", "AMQP_URL": "amqp", "REDIS_URL": "redis"}
	s := freePorts(t)
	var urls []string
	for _, setting := range all {
		if strings.Contains(setting.Name, "_URL") && setting.Name != "AMQP_URL_*" { // whose names are those of connections
			s[setting.Name] = cmp.Or(schemes[setting.Name], "http") + "://127.0.0.1:1"
			urls = append(urls, setting.Name)
		}
	}
	found, status := examine(t, t.TempDir(), s)
	for _, name := range urls {
		if !slices.ContainsFunc(found, func(f finding) bool { return f.Result == "fault" && strings.HasSuffix(f.Advice, name) }) {
			t.Errorf("status %d: nothing is said of %s in %q", status, name, found)
		}
	}
}

func TestDoctorKnowsThePortsOfThisProgram(t *testing.T) {
	t.Parallel()

	s := healthy(t)
	start(t, t.TempDir(), s, "run")
	testenv.Ready(t, s.URL("OPS_PORT", "/readyz"))
	found, status := examine(t, t.TempDir(), s)
	for _, check := range []string{"port API_PORT", "port OPS_PORT"} {
		if !slices.ContainsFunc(found, func(f finding) bool { return f.Check == check && strings.HasSuffix(f.Found, "in use by this program") }) {
			t.Errorf("status %d, got %v", status, found)
		}
	}
}

func TestDoctorSaysWhatToDoAboutEachFault(t *testing.T) {
	t.Parallel()

	for name, c := range map[string]struct {
		ruin func(t *testing.T, dir string, s settings)
		want []finding // parts of what is found; all else is fine
	}{
		"no database server": {set("DATABASE_URL", "postgres://app:hush@127.0.0.1:1/app"), []finding{
			{"database", "fault", "connection refused", "start Postgres there, or correct host and port: check DATABASE_URL"},
			{"migrations", "skipped", "", ""},
			{"connections", "skipped", "", ""},
			{"clock", "skipped", "", ""},
		}},
		"silent database server": {silent("DATABASE_URL", "postgres://app:hush@HOST/app"), []finding{
			{"database", "fault", "", "look for a firewall, or a server that hangs"},
			{"migrations", "skipped", "", ""},
			{"connections", "skipped", "", ""},
			{"clock", "skipped", "", ""},
		}},
		"no such database": {database404, []finding{
			{"database", "fault", "3D000", "create the database"},
			{"migrations", "skipped", "", ""},
			{"connections", "skipped", "", ""},
			{"clock", "skipped", "", ""},
		}},
		"no migrations": {func(t *testing.T, _ string, s settings) { s["DATABASE_URL"] = pgtest.EmptyURL(t) }, []finding{
			{"migrations", "fault", "the database lacks migrations", "run app migrate up"},
		}},
		"too many connections": {set("DB_MAX_CONNECTIONS", "10000"), []finding{
			{"connections", "fault", "a process may take 10000", "lower DB_MAX_CONNECTIONS"},
		}},
		"standby": {answering("pg_is_in_recovery", "boolean", "true"), []finding{
			{"database", "fault", "it is a standby", "let DATABASE_URL lead to the primary"},
		}},
		"no replica": {set("DATABASE_URL_REPLICA", "postgres://app:hush@127.0.0.1:1/app"), []finding{
			{"replica", "fault", "connection refused", "check DATABASE_URL_REPLICA"},
		}},
		"replica that is no standby": {func(t *testing.T, _ string, s settings) {
			s["DATABASE_URL_REPLICA"], _ = pgtest.ReplicaURL(t)
			s["DB_MAX_CONNECTIONS_REPLICA"] = "10000"
		}, []finding{
			{"replica's connections", "fault", "a process may take 10000", "lower DB_MAX_CONNECTIONS_REPLICA"},
			{"replica's rows", "warning", "it is no standby", "let DATABASE_URL_REPLICA lead to a standby"},
		}},
		"replica of something else": {func(t *testing.T, _ string, s settings) { s["DATABASE_URL_REPLICA"] = pgtest.EmptyURL(t) }, []finding{
			{"replica's migrations", "fault", "the database lacks migrations", "see that the replica follows"},
			{"replica's rows", "fault", "it is another database", "to the same database"},
		}},
		"replica of nothing": {func(_ *testing.T, _ string, s settings) {
			s["DATABASE_URL_REPLICA"], s["DATABASE_URL"] = s["DATABASE_URL"], "postgres://app:hush@127.0.0.1:1/app"
		}, []finding{
			{"database", "fault", "connection refused", ""},
			{"migrations", "skipped", "", ""},
			{"connections", "skipped", "", ""},
			{"clock", "skipped", "", ""},
			{"replica's rows", "skipped", "the database cannot be asked", ""},
		}},
		"full server": {instead("VIEW other.pg_stat_activity AS SELECT 1 AS datid, 1 AS usesysid, '' AS usename, '' AS datname " +
			"FROM generate_series(1, current_setting('max_connections')::int - 2)"), []finding{{"connections", "warning", "of which 2 are free", "lower DB_MAX_CONNECTIONS"}}},
		"clock": {answering("clock_timestamp", "timestamptz", "now() - interval '7 minutes'"), []finding{{"clock", "fault", "m0s from the database's", "by NTP"}}},
		"no broker": {set("AMQP_URL", "amqp://guest:hush@127.0.0.1:1/"), []finding{
			{"broker example", "fault", "nothing listens on 127.0.0.1:1", "check AMQP_URL"},
			{"queues example", "skipped", "", ""},
		}},
		"silent broker": {silent("AMQP_URL", "amqp://guest:hush@HOST/"), []finding{
			{"broker example", "fault", "", "check AMQP_URL"},
			{"queues example", "skipped", "", ""},
		}},
		"broker's password": {wrongPassword, []finding{
			{"broker example", "fault", `the server refused user "guest" or its password`, "check AMQP_URL"},
			{"queues example", "skipped", "", ""},
		}},
		"no vhost": {func(_ *testing.T, _ string, s settings) { s["AMQP_URL"] += "x" }, []finding{
			{"broker example", "fault", "does not exist; create it with", "check AMQP_URL"},
			{"queues example", "skipped", "", ""},
		}},
		"queue of somebody else": {otherQueue, []finding{
			{"queues example", "fault", "it exists with other arguments", "check AMQP_RETRY_DELAYS"},
		}},
		"new retry delay": {set("AMQP_RETRY_DELAYS", "5s,1m,1h"), []finding{
			{"queues example", "warning", "missing: example.main.retry.3600000, example.audit.retry.3600000", "app consume makes them"},
		}},
		"dead letters": {buried, []finding{
			{"queue example.main.dead", "warning", "messages that could not be handled: 1", "app queue peek example.main.dead"},
		}},
		"port of somebody else":       {takenPort, []finding{{"port API_PORT", "fault", "address already in use", "set API_PORT to a free port"}}},
		"port of a service like this": {anotherService, []finding{{"port OPS_PORT", "fault", "address already in use", "set OPS_PORT to a free port"}}},
		"no Redis": {set("REDIS_URL", "redis://:hush@127.0.0.1:1"), []finding{
			{"cache", "fault", "connection refused", "start Redis there, or correct host and port: check REDIS_URL"},
		}},
		"Redis' password": {redisURL(":hush@", "--requirepass", "another"), []finding{
			{"cache", "fault", "WRONGPASS", "correct the user or the password: check REDIS_URL"},
		}},
		"Redis that fills": {redisURL("", "--maxmemory", "100mb"), []finding{{"cache", "warning", "it forgets nothing", "allkeys-lru"}}},
		"part of a cluster": {func(t *testing.T, _ string, s settings) { s["REDIS_URL"] = testenv.NewRedisCluster(t).URL() }, []finding{
			{"cache", "fault", "CLUSTERDOWN", "no cluster"},
		}},
		"one port twice": {func(_ *testing.T, _ string, s settings) { s["OPS_PORT"] = s["API_PORT"] }, []finding{
			{"port OPS_PORT", "fault", " is API_PORT, too", "different ports"},
		}},
		"address of another host": {set("HOST", "192.0.2.1"), []finding{
			{"port API_PORT", "fault", "cannot assign", "set HOST"},
			{"port OPS_PORT", "fault", "", "set HOST"},
			{"port AMQ_PORT", "fault", "", "set HOST"},
			{"port SCHEDULE_PORT", "fault", "", "set HOST"},
		}},
		"no upstream": {set("IBGE_URL", "http://127.0.0.1:1/api"), []finding{
			{"upstream IBGE_URL", "fault", "127.0.0.1:1: ask ibge: GET /estados: dial tcp", "start it, allow outgoing connections to it, or correct IBGE_URL"},
		}},
		"other institute": {func(t *testing.T, _ string, s settings) { s["IBGE_URL"] = pagestest.New(t) }, []finding{
			{"upstream IBGE_URL", "fault", "GET /estados: status 404", "correct IBGE_URL"},
		}},
		"other time service": {func(t *testing.T, _ string, s settings) { s["WORLDTIME_URL"] = pagestest.New(t) }, []finding{
			{"upstream WORLDTIME_URL", "fault", "GET /timezone/Etc/UTC: status 404", "correct WORLDTIME_URL"},
		}},
		"other pages": {func(_ *testing.T, _ string, s settings) { s["PAGES_URL"] = s["IBGE_URL"] }, []finding{
			{"upstream PAGES_URL", "fault", "GET /featured: status 404", "correct PAGES_URL"},
		}},
		"no pages":   {set("PAGES_URL", "http://127.0.0.1:1/api"), []finding{{"upstream PAGES_URL", "fault", "127.0.0.1:1: ask pages: GET /featured: dial tcp", "correct PAGES_URL"}}},
		"no tracker": {set("SENTRY_DSN", "http://hush@127.0.0.1:1/1"), []finding{{"upstream SENTRY_DSN", "fault", "127.0.0.1:1: dial tcp", ""}}},
		"no Consul":  {set("CONSUL_HTTP_ADDR", "127.0.0.1:1"), []finding{{"settings", "fault", "read app/ from Consul", "start Consul"}}},
		"mistakes": {func(t *testing.T, dir string, s settings) {
			envFile(t, dir, "WORKRES=1")
			s["AMQP_URL"], s["JWT_SECRET"] = "http://guest:hush@h/", "hush"
		}, []finding{
			{"settings", "fault", `AMQP_URL is "http://guest:xxxxx@h/" (environment)`, "must be a URL that begins with amqp://"},
			{"settings", "fault", `JWT_SECRET is "xxxxx" (environment)`, "must have 32 bytes"},
			{"settings", "warning", "WORKRES (.env)", "did you mean WORKERS?"},
			{"broker example", "skipped", "AMQP_URL is mistaken", ""},
		}},
		"weak secrets": {func(_ *testing.T, _ string, s settings) { s["ENV"], s["OPS_TOKEN"] = "staging", "hush" }, []finding{
			{"secrets", "warning", "AUTH would be refused in production", "must be on"},
			{"secrets", "warning", "OPS_TOKEN would be refused in production", "must have 16 bytes"},
			{"secrets", "warning", "OPS_TOKEN would be refused in production", "must be hard to guess"},
			{"secrets", "warning", "DATABASE_URL would be refused in production", "a password of its own"},
			{"secrets", "warning", "AMQP_URL would be refused in production", "a password of its own"},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, s := t.TempDir(), healthy(t)
			c.ruin(t, dir, s)
			found, status := examine(t, dir, s)
			found = slices.DeleteFunc(found, func(f finding) bool { return f.Result == "ok" })

			same := slices.EqualFunc(found, c.want, func(f, want finding) bool {
				return f.Check == want.Check && f.Result == want.Result && strings.Contains(f.Found, want.Found) && strings.Contains(f.Advice, want.Advice)
			})
			broken := slices.ContainsFunc(c.want, func(f finding) bool { return f.Result == "fault" })
			if !same || (status == 1) != broken {
				t.Errorf("status %d, got\n%q", status, found)
			}
		})
	}
}

func TestDoctorJudgesNoOtherSettingsThanThoseThatAreMeant(t *testing.T) {
	t.Parallel()

	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, ".env"), []byte("API_PORT 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	found, status := examine(t, dir, nil)
	if status != 1 || len(found) != 1 || found[0].Found != ".env" || !strings.HasPrefix(found[0].Advice, "line 1 must be NAME=VALUE") {
		t.Errorf("status %d, got %q", status, found)
	}
}

func set(name, value string) func(*testing.T, string, settings) {
	return func(_ *testing.T, _ string, s settings) { s[name] = value }
}

// silent takes connections and never answers.
func silent(name, address string) func(*testing.T, string, settings) {
	return func(t *testing.T, _ string, s settings) {
		s[name] = strings.Replace(address, "HOST", listening(t, "127.0.0.1:0"), 1)
	}
}

func listening(t *testing.T, address string) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.Addr().String()
}

func takenPort(t *testing.T, _ string, s settings) { listening(t, "127.0.0.1:"+s["API_PORT"]) }

// anotherService answers probes as many do.
func anotherService(t *testing.T, _ string, s settings) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"status": "UP"}`)) }))
	t.Cleanup(server.Close)
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	s["OPS_PORT"] = u.Port()
}

func database404(t *testing.T, _ string, s settings) {
	u, err := url.Parse(s["DATABASE_URL"])
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/nowhere"
	s["DATABASE_URL"] = u.String()
}

// answering lets the database answer as another would to whoever calls the function without naming its schema.
func answering(function, kind, answer string) func(*testing.T, string, settings) {
	return instead("FUNCTION other." + function + "() RETURNS " + kind + " LANGUAGE sql AS $$ SELECT " + answer + " $$")
}

// instead puts something of the schema other before what is in pg_catalog.
func instead(of string) func(*testing.T, string, settings) {
	return func(t *testing.T, _ string, s settings) {
		for _, sql := range []string{
			"CREATE SCHEMA other",
			"CREATE " + of,
			"DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = other, pg_catalog, public', current_database()); END $$",
		} {
			execute(t, s["DATABASE_URL"], sql)
		}
	}
}

// redisURL leads to a server of the test.
func redisURL(login string, arguments ...string) func(*testing.T, string, settings) {
	return func(t *testing.T, _ string, s settings) {
		s["REDIS_URL"] = "redis://" + login + testenv.NewRedis(t, arguments...).Address()
	}
}

func wrongPassword(_ *testing.T, _ string, s settings) {
	s["AMQP_URL"] = strings.Replace(s["AMQP_URL"], ":guest@", ":hush@", 1)
}

func buried(t *testing.T, _ string, s settings) {
	b, f := atBroker(t, s["AMQP_URL"])
	put(t, b, f.Dead(), broker.Envelope{ID: "1"})
}

// otherQueue puts a queue without any arguments in the place of one of the table.
func otherQueue(t *testing.T, _ string, s settings) {
	conn, err := amqp091.Dial(s["AMQP_URL"])
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ch, err := conn.Channel()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ch.QueueDelete("example.audit", false, false, false); err != nil {
		t.Fatal(err)
	}
	if _, err := ch.QueueDeclare("example.audit", true, false, false, false, nil); err != nil {
		t.Fatal(err)
	}
}
