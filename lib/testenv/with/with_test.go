package main_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"example.com/app/lib/testenv"
)

func TestMain(m *testing.M) { os.Exit(testenv.Main(m)) }

// environ has no servers but those that are named.
func environ(servers ...string) []string {
	var kept []string
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "TEST_") {
			kept = append(kept, e)
		}
	}
	return append(kept, servers...)
}

var named = []string{"TEST_DATABASE_URL=postgres://named", "TEST_AMQP_URL=amqp://named", "TEST_AMQP_MANAGEMENT_URL=http://named"}

func TestCommandFindsBothServers(t *testing.T) {
	t.Parallel()

	cmd := exec.CommandContext(t.Context(), testenv.Build(t, "."), "sh", "-c", `echo "$TEST_DATABASE_URL $TEST_AMQP_URL $TEST_AMQP_MANAGEMENT_URL"`)
	cmd.Env = environ()
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	words := strings.Fields(string(out))
	for i, scheme := range []string{"postgres://", "amqp://", "http://"} {
		if len(words) != 3 || !strings.HasPrefix(words[i], scheme) {
			t.Fatalf("the command finds %q", out)
		}
	}
}

func TestNamedServersAreKept(t *testing.T) {
	t.Parallel()

	cmd := exec.CommandContext(t.Context(), testenv.Build(t, "."), "sh", "-c", `echo "$TEST_DATABASE_URL $TEST_AMQP_URL $TEST_AMQP_MANAGEMENT_URL"`)
	cmd.Env = environ(named...)
	out, err := cmd.Output()
	if want := "postgres://named amqp://named http://named\n"; err != nil || string(out) != want {
		t.Errorf("the command finds %q, %v, want %q", out, err, want)
	}
}

func TestStatusIsTheCommands(t *testing.T) {
	t.Parallel()

	with := testenv.Build(t, ".")
	for script, want := range map[string]int{"exit 0": 0, "exit 7": 7, "kill -TERM $$": 128 + 15} {
		cmd := exec.CommandContext(t.Context(), with, "sh", "-c", script)
		cmd.Env = environ(named...)
		err := cmd.Run()
		if got := cmd.ProcessState.ExitCode(); got != want {
			t.Errorf("%s ends with %d, want %d: %v", script, got, want, err)
		}
	}
	for name, args := range map[string][]string{"nothing": nil, "an unknown command": {"there-is-no-such-command"}} {
		cmd := exec.CommandContext(t.Context(), with, args...)
		cmd.Env = environ(named...)
		out, err := cmd.CombinedOutput()
		if err == nil || len(out) == 0 {
			t.Errorf("%s is taken: %s", name, out)
		}
	}
}

func TestSignalsReachTheCommand(t *testing.T) {
	t.Parallel()

	cmd := exec.CommandContext(t.Context(), testenv.Build(t, "."), "sh", "-c", `trap 'echo told; exit 3' TERM; echo ready; while :; do sleep 0.05; done`)
	cmd.Env = environ(named...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ready := make([]byte, len("ready\n"))
	if _, err := io.ReadFull(out, ready); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(out)
	if err != nil || !bytes.Contains(rest, []byte("told")) {
		t.Errorf("the command says %q, %v", rest, err)
	}
	if exit, ok := errors.AsType[*exec.ExitError](cmd.Wait()); !ok || exit.ExitCode() != 3 {
		t.Errorf("the status is %v, want 3", exit)
	}
}
