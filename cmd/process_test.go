package cmd_test

import (
	"os"
	"testing"

	"example.com/app/lib/testenv"
)

func TestMain(m *testing.M) { os.Exit(testenv.Main(m)) }

// program is the binary that is shipped: each mode runs as a process of its own.
func program(t *testing.T) string {
	t.Helper()
	return testenv.Build(t, "..")
}

type settings = testenv.Settings

// freePorts are for programs beside one another, which nobody has to log in to.
func freePorts(t *testing.T) settings {
	t.Helper()
	return testenv.Ports(t, "API_PORT", "OPS_PORT", "AMQ_PORT", "SCHEDULE_PORT").With(settings{"AUTH": "off"})
}

func start(t *testing.T, dir string, s settings, args ...string) *testenv.Program {
	t.Helper()
	return testenv.StartProgram(t, program(t), dir, s, args...)
}

// run waits for the end and gives what the program said and its exit status.
func run(t *testing.T, dir string, s settings, args ...string) (said string, status int) {
	t.Helper()
	p := start(t, dir, s, args...)
	status = p.Wait()
	return p.Said(), status
}
