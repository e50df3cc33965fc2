package cmd_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"example.com/app/lib/pg/pgtest"
	"example.com/app/lib/testenv"
)

func listed(t *testing.T, s settings) string {
	t.Helper()
	status, answer := testenv.Request(t, http.MethodGet, s.URL("API_PORT", "/api/v1/students"), "")
	if status != http.StatusOK {
		t.Fatalf("the list answers %d %s", status, answer)
	}
	return answer
}

func TestListsAreReadFromTheReplicaWhileItAnswers(t *testing.T) {
	t.Parallel()
	replica := pgtest.URL(t)
	execute(t, replica, "INSERT INTO student (name) VALUES ('Replica')")
	s := servers(t).With(settings{"DATABASE_URL_REPLICA": replica, "DB_MAX_CONNECTIONS_REPLICA": "3"})
	execute(t, s["DATABASE_URL"], "INSERT INTO student (name) VALUES ('Primary')")
	p := start(t, t.TempDir(), s, "run")
	testenv.Ready(t, s.URL("OPS_PORT", "/readyz"))

	if got := listed(t, s); !strings.Contains(got, "Replica") {
		t.Errorf("the list is %s", got)
	}
	if _, got := testenv.Request(t, http.MethodGet, s.URL("API_PORT", "/api/v1/students/1"), ""); !strings.Contains(got, "Primary") {
		t.Errorf("one student is %s", got)
	}
	_, metrics := testenv.Request(t, http.MethodGet, s.URL("OPS_PORT", "/metrics"), "")
	for _, line := range []string{`app_db_pool_connections_max{pool="primary"} 10`, `app_db_pool_connections_max{pool="replica"} 3`} {
		if !strings.Contains(metrics, line) {
			t.Errorf("the metrics lack %s", line)
		}
	}

	u, err := url.Parse(replica)
	if err != nil {
		t.Fatal(err)
	}
	execute(t, s["DATABASE_URL"], "DROP DATABASE "+strings.TrimPrefix(u.Path, "/")+" WITH (FORCE)")
	if got := listed(t, s); !strings.Contains(got, "Primary") {
		t.Errorf("without the replica the list is %s", got)
	}
	testenv.Eventually(t, "/readyz is ready and names the replica", func() bool {
		status, ready := testenv.Request(t, http.MethodGet, s.URL("OPS_PORT", "/readyz"), "")
		return status == http.StatusOK && strings.Contains(ready, `"database replica":"the database does not answer"`)
	})
	p.Stop()
}

func TestServiceStartsWithoutItsReplica(t *testing.T) {
	t.Parallel()
	s := servers(t).With(settings{"DATABASE_URL_REPLICA": "postgres://app:app@127.0.0.1:1/app"})
	p := start(t, t.TempDir(), s, "run")
	testenv.Ready(t, s.URL("OPS_PORT", "/readyz"))

	p.Says(`"msg":"a server does not tell how many connections it has`)
	if got := listed(t, s); got != `{"items":[],"next":null}` {
		t.Errorf("the list is %s", got)
	}
	p.Stop()
}

func TestStartWarnsOfAServerWithTooFewConnections(t *testing.T) {
	t.Parallel()
	s := servers(t).With(settings{"DB_MAX_CONNECTIONS": "10000"})
	p := start(t, t.TempDir(), s, "run")
	testenv.Ready(t, s.URL("OPS_PORT", "/readyz"))

	p.Says(`"msg":"a server has fewer connections than this process may take`)
	p.Stop()
}
