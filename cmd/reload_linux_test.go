package cmd_test

import (
	"net"
	"os"
	"testing"

	"example.com/app/lib/pg/pgtest"
	"example.com/app/lib/testenv"
)

func TestClosedTerminalEndsWhatWasStartedFromIt(t *testing.T) {
	t.Parallel()
	s := freePorts(t).With(settings{"DATABASE_URL": pgtest.URL(t), "SHELL": "/bin/sh"})
	terminal := testenv.StartProgram(t, "/usr/bin/script", t.TempDir(), s, "-qfc", program(t)+" run", os.DevNull)
	testenv.Ready(t, s.URL("OPS_PORT", "/readyz"))

	terminal.Kill()
	testenv.Eventually(t, "the port is free again", func() bool {
		l, err := net.Listen("tcp", "127.0.0.1:"+s["OPS_PORT"])
		if err != nil {
			return false
		}
		return l.Close() == nil
	})
}
