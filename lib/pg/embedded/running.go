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
		err := h.vacant(ctx)
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
	file := filepath.Join(h.data(), "postmaster.pid")
	content, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for a server on %s: %w", h.data(), err)
	}

	lines := strings.Split(string(content), "\n")
	pid, err := strconv.Atoi(lines[0])
	if err != nil || !isPostgres(ctx, pid) {
		return os.Remove(file)
	}
	if len(lines) < 4 {
		return nil
	}
	port, err := strconv.Atoi(lines[3])
	if err == nil && listens(ctx, port) {
		return &RunningError{Data: h.data(), PID: pid, Port: port}
	}
	return nil
}

func listens(ctx context.Context, port int) bool {
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return false
	}
	_ = c.Close()
	return true
}
