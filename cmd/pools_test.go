package cmd_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"example.com/app/lib/pg"
	"example.com/app/lib/pg/pgtest"
	"example.com/app/lib/testenv"
)

func listed(t *testing.T, s settings, noun string) string {
	t.Helper()
	status, answer := testenv.Request(t, http.MethodGet, s.URL("API_PORT", "/api/v1/"+noun), "")
	if status != http.StatusOK {
		t.Fatalf("the list of %s answers %d %s", noun, status, answer)
	}
	return answer
}

const anID = "01a20228-3b7b-7407-b7bd-8a699cb19a2c"

// lists are those of what mark fills a database with.
func lists() []string {
	return []string{"students", "accounts", "accounts/" + anID + "/orders", "posts"}
}

// mark makes each list tell which database it is of: orders by their currency, which is how the mark begins.
func mark(t *testing.T, database, with string) {
	t.Helper()
	execute(t, database, strings.NewReplacer("ID", anID, "MARK", with, "CUR", with[:3]).Replace(`
		INSERT INTO student (name) VALUES ('MARK');
		INSERT INTO account (id, name) VALUES ('ID', 'MARK');
		INSERT INTO account_order (id, account_id, amount_cents, currency, status) VALUES ('ID', 'ID', 1, 'CUR', 'paid');
		INSERT INTO post (id, title, content, additional_data) VALUES ('ID', 'MARK', 'x', '{}')`))
}

func TestListsAreReadFromTheReplicaWhileItAnswers(t *testing.T) {
	t.Parallel()
	replica, drop := pgtest.ReplicaURL(t)
	mark(t, replica, "REPLICA")
	s := servers(t).With(settings{"DATABASE_URL_REPLICA": replica, "DB_MAX_CONNECTIONS_REPLICA": "3"})
	mark(t, s["DATABASE_URL"], "PRIMARY")
	p := start(t, t.TempDir(), s, "run")
	testenv.Ready(t, s.URL("OPS_PORT", "/readyz"))

	for _, noun := range lists() {
		if got := listed(t, s, noun); !strings.Contains(got, `"REP`) {
			t.Errorf("the list of %s is %s", noun, got)
		}
	}
	for _, one := range []string{"students/1", "posts/" + anID} {
		if _, got := testenv.Request(t, http.MethodGet, s.URL("API_PORT", "/api/v1/"+one), ""); !strings.Contains(got, "PRIMARY") {
			t.Errorf("%s is %s", one, got)
		}
	}
	_, metrics := testenv.Request(t, http.MethodGet, s.URL("OPS_PORT", "/metrics"), "")
	for _, line := range []string{`app_db_pool_connections_max{pool="primary"} 10`, `app_db_pool_connections_max{pool="replica"} 3`} {
		if !strings.Contains(metrics, line) {
			t.Errorf("the metrics lack %s", line)
		}
	}

	drop()
	for _, noun := range lists() {
		if got := listed(t, s, noun); !strings.Contains(got, `"PRI`) {
			t.Errorf("without the replica the list of %s is %s", noun, got)
		}
	}
	testenv.Eventually(t, "/readyz is ready and names the replica", func() bool {
		status, ready := testenv.Request(t, http.MethodGet, s.URL("OPS_PORT", "/readyz"), "")
		return status == http.StatusOK && strings.Contains(ready, `"database replica":"the database does not answer"`)
	})
	p.Stop()
}

func TestStandbyIsReadAndTheDoctorTellsThatItLags(t *testing.T) {
	t.Parallel()
	primary := testenv.NewPostgres(t)
	pgtest.Migrate(t, primary.URL())
	standby := primary.Standby().URL()
	s := healthy(t).With(settings{"DATABASE_URL": primary.URL(), "DATABASE_URL_REPLICA": standby})
	isFound := func(result, part string) bool {
		found, _ := examine(t, t.TempDir(), s)
		return slices.ContainsFunc(found, func(f finding) bool {
			return f.Check == "replica's rows" && f.Result == result && strings.Contains(f.Found, part)
		})
	}
	testenv.Eventually(t, "the doctor finds that the standby follows", func() bool { return isFound("ok", "") })

	execute(t, standby, "SELECT pg_wal_replay_pause()")
	execute(t, primary.URL(), "INSERT INTO student (name) VALUES ('late')")
	if !isFound("warning", "what the database had 3s ago is not there; the last change is of ") {
		t.Error("the doctor does not find that the standby stands still")
	}

	p := start(t, t.TempDir(), s, "run")
	testenv.Ready(t, s.URL("OPS_PORT", "/readyz"))
	if got := listed(t, s, "students"); strings.Contains(got, "late") {
		t.Errorf("the list is %s", got)
	}
	execute(t, standby, "SELECT pg_wal_replay_resume()")
	testenv.Eventually(t, "the list has what the primary has", func() bool { return strings.Contains(listed(t, s, "students"), "late") })
	p.Stop()
}

func TestServiceWorksWithoutAReplicaThatIsAwayOrIsNone(t *testing.T) {
	t.Parallel()
	foreign := pgtest.URL(t)
	mark(t, foreign, "FOREIGN")
	for address, want := range map[string][2]string{
		"postgres://app:app@127.0.0.1:1/app": {"connection refused", "the database does not answer"},
		foreign:                              {pg.ErrForeign.Error(), pg.ErrForeign.Error()},
	} {
		s := servers(t).With(settings{"DATABASE_URL_REPLICA": address})
		p := start(t, t.TempDir(), s, "run")
		testenv.Ready(t, s.URL("OPS_PORT", "/readyz"))

		says(p, `"msg":"the replica is not read`, want[0])
		if got := listed(t, s, "students"); got != `{"items":[],"next":null}` {
			t.Errorf("the list is %s", got)
		}
		if status, ready := testenv.Request(t, http.MethodGet, s.URL("OPS_PORT", "/readyz"), ""); status != http.StatusOK || !strings.Contains(ready, want[1]) {
			t.Errorf("/readyz is %d %s", status, ready)
		}
		p.Stop()
	}
}

func TestStartWarnsOfAServerWithTooFewConnections(t *testing.T) {
	t.Parallel()
	replica, _ := pgtest.ReplicaURL(t)
	s := servers(t).With(settings{"DATABASE_URL_REPLICA": replica, "DB_MAX_CONNECTIONS": "10000", "DB_MAX_CONNECTIONS_REPLICA": "9999"})
	p := start(t, t.TempDir(), s, "run")
	testenv.Ready(t, s.URL("OPS_PORT", "/readyz"))

	says(p, `"msg":"a server has fewer connections than this process may take`, `"setting":"DB_MAX_CONNECTIONS","max":10000`)
	says(p, `"setting":"DB_MAX_CONNECTIONS_REPLICA","max":9999`)
	p.Stop()
}
