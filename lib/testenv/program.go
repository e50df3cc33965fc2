package testenv

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/app/lib/private"
)

// beProgram is set in the environment of what StartProgram starts.
const beProgram = "APP_TEST_BE_THE_APP"

// endAtOnce spares a process that was built with the race detector the second which that sleeps before the end.
const endAtOnce = "GORACE=atexit_sleep_ms=0"

// MainOr is Main, except in a process that StartProgram has made of the test binary: that one is program, whose
// context ends at SIGINT or SIGTERM. A second signal ends it at once.
//
//	func TestMain(m *testing.M) { os.Exit(testenv.MainOr(m, cmd.Execute)) }
func MainOr(m *testing.M, program func(ctx context.Context) int) int {
	if os.Getenv(beProgram) == "" {
		return Main(m)
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return program(ctx)
}

// Program is a binary that runs as a process of its own. It ends with the test at the latest. Its methods fail the test.
type Program struct {
	t       testing.TB
	process *private.Process
	output  *transcript
}

// StartProgram runs binary, commonly os.Args[0] under MainOr, in the folder dir. It sees the settings and of this
// process's environment only PATH and HOME.
func StartProgram(t testing.TB, binary, dir string, s Settings, args ...string) *Program {
	t.Helper()

	p := &Program{t: t, output: &transcript{}}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), binary, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, p.output, p.output
	cmd.Env = []string{beProgram + "=1", "PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), endAtOnce}
	for _, name := range slices.Sorted(maps.Keys(s)) {
		cmd.Env = append(cmd.Env, name+"="+s[name])
	}

	var err error
	if p.process, err = private.Start(cmd, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.Kill()
		if t.Failed() {
			t.Logf("app %s said:\n%s", strings.Join(args, " "), p.output)
		}
	})
	return p
}

// Wait returns the exit status, which is -1 after a signal; a process that does not end within Patience fails the test.
func (p *Program) Wait() int {
	p.t.Helper()

	select {
	case <-p.process.Done():
	case <-time.After(Patience):
		p.t.Fatalf("the process did not end; it said:\n%s", p.output)
	}
	err := p.process.Err()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode()
	}
	if err != nil {
		p.t.Fatal(err)
	}
	return 0
}

// Done is closed when the process has ended.
func (p *Program) Done() <-chan struct{} { return p.process.Done() }

// PID is the process's number.
func (p *Program) PID() int { return p.process.PID() }

// Signal sends sig to a process that must not have ended.
func (p *Program) Signal(sig os.Signal) {
	p.t.Helper()

	if err := p.process.Signal(sig); err != nil {
		p.t.Fatal(err)
	}
}

// Pause stops the process where it is, until Continue: its connections stay.
func (p *Program) Pause() { tell(p.PID(), stopSignal) }

// Continue ends a Pause.
func (p *Program) Continue() { tell(p.PID(), continueSignal) }

// Kill ends the process by SIGKILL and waits for it; one that has ended may be killed too.
func (p *Program) Kill() { p.process.Kill() }

// Stop asks by SIGTERM and expects exit status 0.
func (p *Program) Stop() {
	p.t.Helper()

	p.Signal(syscall.SIGTERM)
	if status := p.Wait(); status != 0 {
		p.t.Errorf("a stop by SIGTERM ended with %d; it said:\n%s", status, p.output)
	}
}

// Said is all that the process has written so far, to standard output and standard error.
func (p *Program) Said() string { return p.output.String() }

// Says returns once the process has written text.
func (p *Program) Says(text string) {
	p.t.Helper()

	Eventually(p.t, fmt.Sprintf("the process says %q", text), func() bool {
		return strings.Contains(p.Said(), text)
	})
}
