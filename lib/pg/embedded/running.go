package embedded

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// ErrIdle says that no server runs on some data.
var ErrIdle = errors.New("no postgres runs there")

// RunningError says that another server has the data directory.
type RunningError struct {
	Data      string
	PID, Port int
}

func (e *RunningError) Error() string {
	return fmt.Sprintf("postgres already runs on %s: process %d, port %d", e.Data, e.PID, e.Port)
}

// Running is the URL of the server that another process has started on dataDir; ErrIdle: none has.
func Running(ctx context.Context, dataDir, database string) (string, error) {
	if _, err := os.Stat(dataDir); errors.Is(err, fs.ErrNotExist) {
		return "", ErrIdle
	}
	_, homes, err := homesIn(dataDir)
	if err != nil {
		return "", err
	}
	for _, h := range homes {
		_, err := h.look(ctx)
		if running, ok := errors.AsType[*RunningError](err); ok {
			password, err := h.readPassword()
			return (&Server{port: running.Port, password: password}).url(database), err
		}
		if err != nil {
			return "", err
		}
	}
	return "", ErrIdle
}

// vacant is a *RunningError while a server has the data. It removes the lock file of a server that is gone
// when its number belongs to another program by now: postgres itself would take that one for a server.
func (h home) vacant(ctx context.Context) error {
	stale, err := h.look(ctx)
	if err == nil && stale {
		return os.Remove(h.lock())
	}
	return err
}

func (h home) lock() string { return filepath.Join(h.data(), "postmaster.pid") }

// look answers a *RunningError while a server has the data, and stale for the lock file of one that is gone.
func (h home) look(ctx context.Context) (stale bool, err error) {
	content, err := os.ReadFile(h.lock())
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for a server on %s: %w", h.data(), err)
	}

	lines := strings.Split(string(content), "\n")
	pid, err := strconv.Atoi(lines[0])
	if err != nil || !isPostgres(ctx, pid) {
		return true, nil //nolint:nilerr // what is no number is nobody's lock
	}
	if len(lines) < 4 {
		return false, nil
	}
	port, err := strconv.Atoi(lines[3])
	if err == nil && listens(ctx, port) {
		return false, &RunningError{Data: h.data(), PID: pid, Port: port}
	}
	return false, nil
}

func listens(ctx context.Context, port int) bool {
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return false
	}
	_ = c.Close()
	return true
}
