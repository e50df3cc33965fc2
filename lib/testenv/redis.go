package testenv

import (
	"context"
	"errors"
	"fmt"
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

// Redis is a server of one test, which may kill and pause it. Its methods fail the test.
type Redis struct {
	t         testing.TB
	bin, dir  string
	port      int
	arguments []string
	server    *private.Process
}

// NewRedis runs a server for this test alone, in about 20 ms; it ends with the test. The arguments are redis-server's own.
func NewRedis(t testing.TB, arguments ...string) *Redis {
	t.Helper()

	bin, err := exec.LookPath("redis-server")
	if err != nil {
		t.Fatal("find Redis: there is none on this machine: run `apt-get install redis-server` (Debian, Ubuntu) or " +
			"`brew install redis` (macOS)")
	}
	dir, err := private.Folder("redis")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	port, err := private.Port()
	if err != nil {
		t.Fatal(err)
	}

	r := &Redis{t: t, bin: bin, dir: dir, port: port, arguments: arguments}
	r.Start()
	t.Cleanup(r.Kill)
	return r
}

// NewRedisCluster is NewRedis of the only member of a cluster, which has none of its keys yet.
func NewRedisCluster(t testing.TB, arguments ...string) *Redis {
	t.Helper()

	members, err := private.Port() // where they talk to one another
	if err != nil {
		t.Fatal(err)
	}
	return NewRedis(t, append(arguments, "--cluster-enabled", "yes", "--cluster-port", strconv.Itoa(members))...)
}

// Address is the server's host and port, the same after every Start.
func (r *Redis) Address() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(r.port)) }

// URL names the server's first database.
func (r *Redis) URL() string { return "redis://" + r.Address() + "/0" }

// Start runs the server on its port, empty.
func (r *Redis) Start() {
	r.t.Helper()

	args := append([]string{
		"--bind", "127.0.0.1", "--port", strconv.Itoa(r.port), "--dir", r.dir, "--save", "", "--appendonly", "no",
		"--logfile", filepath.Join(r.dir, "log"),
	}, r.arguments...)
	cmd := exec.CommandContext(context.WithoutCancel(r.t.Context()), r.bin, args...)
	server, err := private.Start(cmd, syscall.SIGKILL)
	if err != nil {
		r.t.Fatal(err)
	}
	r.server = server
	if err := r.await(); err != nil {
		r.t.Fatal(err)
	}
}

func (r *Redis) await() error {
	for deadline := time.Now().Add(startTimeout); ; {
		conn, err := new(net.Dialer).DialContext(r.t.Context(), "tcp", r.Address())
		if err == nil {
			return conn.Close()
		}
		select {
		case <-r.server.Done():
			text, _ := os.ReadFile(filepath.Join(r.dir, "log"))
			return fmt.Errorf("start Redis: %w\n%s", errors.Join(r.server.Err()), text)
		case <-time.After(5 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("wait for Redis to answer: %w", err)
		}
	}
}

// Kill ends the server by SIGKILL: what it held is gone.
func (r *Redis) Kill() { r.server.Kill() }

// Pause stops the server where it is: connections stay, answers do not come.
func (r *Redis) Pause() { tell(r.server.PID(), stopSignal) }

// Continue ends a Pause.
func (r *Redis) Continue() { tell(r.server.PID(), continueSignal) }
