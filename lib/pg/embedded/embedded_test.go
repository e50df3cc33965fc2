package embedded_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/app/lib/pg/embedded"
	"example.com/app/lib/private"

	"github.com/jackc/pgx/v5"
)

// TestMain lets the test binary be a process that starts a server and is killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv("EMBEDDED_TEST_PARENT"); dir != "" {
		parent(dir)
	}

	dir, err := private.Folder("embedded-test") // for what the downloading library leaves behind
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	if err := os.Setenv("TMPDIR", dir); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

func parent(dir string) {
	server, err := embedded.Start(context.Background(), options(dir))
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(server.PID(), server.URL())
	select {}
}

func options(dir string) embedded.Options {
	return embedded.Options{DataDir: dir, Database: "app", Log: slog.New(slog.DiscardHandler)}
}

// dataDir is a folder whose data are removed after the test, wherever they are.
func dataDir(t *testing.T) string {
	t.Helper()

	dir := t.TempDir()
	t.Cleanup(func() {
		if err := embedded.Remove(context.WithoutCancel(t.Context()), dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func start(t *testing.T, o embedded.Options) *embedded.Server {
	t.Helper()

	server, err := embedded.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	return server
}

func execute(t *testing.T, url, sql string) {
	t.Helper()

	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

func TestServerKeepsItsDataOverAStop(t *testing.T) {
	t.Parallel()

	o := options(dataDir(t))
	first := start(t, o)
	if u, err := url.Parse(first.URL()); err != nil || u.Path != "/app" || u.Hostname() != "127.0.0.1" {
		t.Errorf("the URL is %s, %v", first.URL(), err)
	}
	execute(t, first.URL(), "CREATE TABLE kept (id int)")
	for range 2 {
		if err := first.Stop(); err != nil {
			t.Fatal(err)
		}
	}

	execute(t, start(t, o).URL(), "SELECT FROM kept")
}

func TestStartThatIsGivenUpLooksForNothingElse(t *testing.T) {
	t.Parallel()

	var said bytes.Buffer
	o := embedded.Options{DataDir: dataDir(t), Log: slog.New(slog.NewTextHandler(&said, nil))}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := embedded.Start(ctx, o); !errors.Is(err, context.Canceled) || errors.Is(err, embedded.ErrAbsent) || said.Len() > 0 {
		t.Errorf("it ends with %v and says %s", err, &said)
	}
}

func TestServerWantsItsPassword(t *testing.T) {
	t.Parallel()

	server := start(t, options(dataDir(t)))
	u, err := url.Parse(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword("postgres", "guess")
	if conn, err := pgx.Connect(t.Context(), u.String()); err == nil {
		_ = conn.Close(t.Context())
		t.Error("a wrong password is taken")
	}
}

func TestASecondServerOnTheDataIsToldOfTheFirst(t *testing.T) {
	t.Parallel()

	o := options(dataDir(t))
	if got, err := embedded.Running(t.Context(), o.DataDir, "app"); !errors.Is(err, embedded.ErrIdle) {
		t.Errorf("before the first one runs at %q, %v", got, err)
	}
	first := start(t, o)
	if got, err := embedded.Running(t.Context(), o.DataDir, "app"); got != first.URL() || err != nil {
		t.Errorf("one runs at %q, %v, want %s", got, err, first.URL())
	}
	_, err := embedded.Start(t.Context(), o)
	e, ok := errors.AsType[*embedded.RunningError](err)
	if !ok || e.Port != first.Port() || e.PID != first.PID() {
		t.Errorf("the second server is %v, want the first's port %d and process %d", err, first.Port(), first.PID())
	}
	if _, ok := errors.AsType[*embedded.RunningError](embedded.Remove(t.Context(), o.DataDir)); !ok {
		t.Error("the data of a running server were removed")
	}
	execute(t, first.URL(), "SELECT 1")
}

func TestDataOfAKilledServerAreTakenUp(t *testing.T) {
	t.Parallel()

	o := options(dataDir(t))
	first := start(t, o)
	execute(t, first.URL(), "CREATE TABLE kept (id int)")
	if err := kill(first.PID()); err != nil {
		t.Fatal(err)
	}

	second := start(t, o)
	execute(t, second.URL(), "SELECT FROM kept")
}

// The number of a server that is gone may be another program's by now.
func TestTheLockFileOfAReusedProcessNumberIsNotInTheWay(t *testing.T) {
	t.Parallel()

	o := options(dataDir(t))
	first := start(t, o)
	lock := filepath.Join(one(t, first, "SHOW data_directory"), "postmaster.pid")
	content, err := os.ReadFile(lock)
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(content), "\n")
	if err := os.WriteFile(lock, []byte(fmt.Sprintln(os.Getpid())+rest), 0o600); err != nil {
		t.Fatal(err)
	}

	if got, err := embedded.Running(t.Context(), o.DataDir, "app"); !errors.Is(err, embedded.ErrIdle) {
		t.Errorf("it runs at %q, %v", got, err)
	}
	if _, err := os.Stat(lock); err != nil {
		t.Errorf("who only looked has taken it away: %v", err)
	}
	execute(t, start(t, o).URL(), "SELECT 1")
}

func one(t *testing.T, server *embedded.Server, sql string) (value string) {
	t.Helper()

	conn, err := pgx.Connect(t.Context(), server.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	if err := conn.QueryRow(t.Context(), sql).Scan(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

func TestATemporaryServerLeavesNothing(t *testing.T) {
	t.Parallel()

	server := start(t, embedded.Options{Test: true})
	data := one(t, server, "SHOW data_directory")
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(data); err == nil {
		t.Errorf("%s is still there", data)
	}
}

func TestServerEndsWhenItsParentIsKilled(t *testing.T) {
	t.Parallel()

	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "EMBEDDED_TEST_PARENT="+dataDir(t))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	words := strings.Fields(line)
	pid, err := strconv.Atoi(words[0])
	if err != nil {
		t.Fatalf("the parent says %q", line)
	}
	execute(t, words[1], "SELECT 1")

	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	for deadline := time.Now().Add(time.Minute); lives(t, pid); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("process %d outlives its parent", pid)
		}
	}
}

// lives tells whether process pid runs; one that nobody has waited for does not.
func lives(t *testing.T, pid int) bool {
	t.Helper()

	out, _ := exec.CommandContext(t.Context(), "ps", "-p", strconv.Itoa(pid), "-o", "stat=").Output()
	state := strings.TrimSpace(string(out))
	return state != "" && !strings.HasPrefix(state, "Z")
}

func kill(pid int) error {
	p, err := os.FindProcess(pid)
	if err != nil {
		return err
	}
	return p.Kill()
}

func TestAForeignPasswordIsAnErrorAtOnce(t *testing.T) {
	t.Parallel()

	o := options(dataDir(t))
	first := start(t, o)
	home := filepath.Dir(one(t, first, "SHOW data_directory"))
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, "password"), []byte("guess"), 0o600); err != nil {
		t.Fatal(err)
	}

	if server, err := embedded.Start(t.Context(), o); err == nil {
		_ = server.Stop()
		t.Error("a foreign password is taken")
	}
}
