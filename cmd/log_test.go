package cmd_test

import (
	"fmt"
	"net"
	"testing"

	"example.com/app/lib/pg/pgtest"
	"example.com/app/lib/testenv"
)

func TestServersOwnComplaintsAreInTheLog(t *testing.T) {
	t.Parallel()
	s := freePorts(t).With(settings{"DATABASE_URL": pgtest.URL(t)})
	p := testenv.StartProgram(t, "/bin/sh", t.TempDir(), s, "-c", fmt.Sprintf("ulimit -n 40; exec %s run", program(t)))
	testenv.Ready(t, s.URL("OPS_PORT", "/readyz"))

	for range 40 {
		var d net.Dialer
		conn, err := d.DialContext(t.Context(), "tcp", "127.0.0.1:"+s["API_PORT"])
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
	}
	p.Says(`"level":"WARN","msg":"http: Accept error: accept tcp 127.0.0.1:` + s["API_PORT"])
}
