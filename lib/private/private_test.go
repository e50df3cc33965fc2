package private_test

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"example.com/app/lib/private"
)

func TestPortIsFree(t *testing.T) {
	t.Parallel()

	port, err := private.Port()
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); ; {
		l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			l.Close()
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

func TestFoldersOfDeadProcessesAreRemoved(t *testing.T) {
	t.Parallel()

	base := t.TempDir()
	dead := exec.Command("true")
	if err := dead.Run(); err != nil {
		t.Fatal(err)
	}
	orphan := filepath.Join(base, "name-"+strconv.Itoa(dead.Process.Pid)+"-1")
	other := filepath.Join(base, "name-of-something-else")
	for _, dir := range []string{orphan, other} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}

	first, err := private.FolderIn(base, "name")
	if err != nil {
		t.Fatal(err)
	}
	second, err := private.FolderIn(base, "name")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{first, second, other} {
		if _, err := os.Stat(dir); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(orphan); err == nil {
		t.Error("the folder of a dead process is still there")
	}
}

func TestProcessTellsHowItEnded(t *testing.T) {
	t.Parallel()

	p, err := private.Start(exec.CommandContext(t.Context(), "sh", "-c", "exit 3"), syscall.SIGKILL)
	if err != nil {
		t.Fatal(err)
	}
	<-p.Done()
	if exit, ok := errors.AsType[*exec.ExitError](p.Err()); !ok || exit.ExitCode() != 3 {
		t.Errorf("the process ended with %v, want status 3", p.Err())
	}
	if err := p.Signal(syscall.SIGTERM); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("a signal to an ended process is %v", err)
	}
	p.Kill()
}

func TestKillEndsTheWholeGroup(t *testing.T) {
	t.Parallel()

	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	cmd := exec.CommandContext(t.Context(), "sh", "-c", "sleep 1000 & wait")
	cmd.Stdout = write
	p, err := private.Start(cmd, syscall.SIGKILL)
	if err != nil {
		t.Fatal(err)
	}
	write.Close()

	p.Kill()
	if _, err := read.Read(make([]byte, 1)); err == nil {
		t.Error("a child of the killed process still has its output")
	}
}

func TestAnAbsentProgramIsAnError(t *testing.T) {
	t.Parallel()

	if _, err := private.Start(exec.CommandContext(t.Context(), "/there/is/none"), syscall.SIGKILL); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the error is %v", err)
	}
}
