package chaos_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"example.com/app/amqp"
	"example.com/app/lib/broker"
	"example.com/app/lib/broker/rabbit"
	"example.com/app/lib/pg"
	"example.com/app/lib/pg/pgtest"
	"example.com/app/lib/testenv"
)

type settings = testenv.Settings

// world is the service of one test, with eyes of the test's own at the database and the broker.
type world struct {
	*testing.T
	servers
	settings settings // of every process
	dir      string
	db       *pg.DB
	driver   broker.Driver // looks, and never publishes: an alarm of the broker does not stop it
	mouth    broker.Driver // publishes
	families []broker.Family
	said     []string
}

const (
	mainQueue  = "example.main"
	auditQueue = "example.audit"
)

// delays are those between attempts where a test sets no others.
const delays = "100ms,300ms,1s,2s,4s"

func tiersOf(delays string) (tiers []time.Duration, err error) {
	for d := range strings.SplitSeq(delays, ",") {
		tier, err := time.ParseDuration(d)
		if err != nil {
			return nil, err
		}
		tiers = append(tiers, tier)
	}
	return tiers, nil
}

// servers are the URLs of a migrated database, of a virtual host, and of the management API there.
type servers struct{ database, amqp, management string }

// shared are a database and a virtual host of the test's own on the servers of all tests.
func shared(t *testing.T) servers {
	t.Helper()
	return servers{pgtest.URL(t), testenv.Broker(t), testenv.Management(t)}
}

// of is a node of the test's own.
func of(t *testing.T, node *testenv.Node) servers {
	t.Helper()
	return servers{pgtest.URL(t), node.URL(), node.Management()}
}

func (s servers) settings() settings { return settings{"DATABASE_URL": s.database, "AMQP_URL": s.amqp} }

// newWorld has servers that run; more settings go before those that most tests have.
func newWorld(t *testing.T, s servers, more settings) *world {
	t.Helper()
	w := &world{T: t, servers: s, dir: t.TempDir(), settings: settings{
		"LOG_FORMAT": "text", "LOG_LEVEL": "warn", "ACCESS_LOG": "off", "AUTH": "off", "DB_MAX_CONNECTIONS": "6", "WORKERS": "4",
		"AMQP_RETRY_DELAYS": delays, "SCHEDULE_RENAME_STUDENTS": "off", "SCHEDULE_RENAME_STUDENTS_HOURLY": "off",
	}.With(s.settings()).With(more)}
	results.of(t, &w.said)

	w.openDatabase()
	w.driver, w.mouth = w.openBroker(), w.openBroker()
	tiers, err := tiersOf(w.settings["AMQP_RETRY_DELAYS"])
	w.must(err)
	w.families = broker.Families(amqp.Queues(nil), tiers)[amqp.Example]
	ctx, cancel := context.WithTimeout(t.Context(), testenv.Patience)
	defer cancel()
	w.must(w.driver.Declare(ctx, w.families...))

	results.under(fmt.Sprintf("Postgres %s, %s", one[string](w, "SHOW server_version"), w.driver.State().Server))
	return w
}

func (w *world) openDatabase() {
	w.Helper()
	db, err := pg.Open(w.Context(), pg.Options{URL: w.database, Name: "chaos", Max: 4})
	w.must(err)
	w.db = db
	w.Cleanup(func() { db.Close(context.WithoutCancel(w.Context())) })
}

func (w *world) openBroker() broker.Driver {
	w.Helper()
	b, err := rabbit.Open(rabbit.Options{
		Name: "example", URL: w.amqp, ConnectionName: "chaos", Log: slog.New(slog.DiscardHandler),
	})
	w.must(err)
	w.Cleanup(func() { _ = b.Close(context.WithoutCancel(w.Context())) })
	return b
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// tell notes a figure of the run.
func (w *world) tell(format string, args ...any) {
	w.Helper()
	w.said = append(w.said, fmt.Sprintf(format, args...))
	w.Logf(format, args...)
}

// process is the service in one of its modes.
type process struct {
	*testenv.Program
	settings
}

// service is the binary that is shipped.
func service(t *testing.T) string {
	t.Helper()
	return testenv.Build(t, "../..")
}

// start gives each process ports of its own.
func (w *world) start(more settings, args ...string) process {
	w.Helper()
	s := w.settings.With(testenv.Ports(w, "API_PORT", "OPS_PORT", "AMQ_PORT", "SCHEDULE_PORT")).With(more)
	return process{testenv.StartProgram(w, service(w.T), w.dir, s, args...), s}
}

// serve returns once the API is ready.
func (w *world) serve() process {
	w.Helper()
	p := w.start(nil, "run")
	testenv.Ready(w, p.URL("OPS_PORT", "/readyz"))
	return p
}

// consume returns once a consumer of all queues is ready, which also relays the outbox.
func (w *world) consume() process {
	w.Helper()
	p := w.start(nil, "consume")
	testenv.Ready(w, p.URL("AMQ_PORT", "/readyz"))
	return p
}

// until asks for as long as the state that it is told changes.
func (w *world) until(what string, ask func() (state string, done bool)) {
	w.Helper()
	for last, since := "", time.Now(); ; time.Sleep(50 * time.Millisecond) {
		state, done := ask()
		switch {
		case done:
			return
		case state != last:
			last, since = state, time.Now()
		case time.Since(since) > testenv.Patience:
			w.Fatalf("it never came that %s: it stays at %s", what, state)
		}
	}
}
