package cron_test

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"
)

// journal is a log that a test waits for.
type journal struct {
	mu    sync.Mutex
	lines bytes.Buffer
}

func newJournal() *journal { return &journal{} }

func (j *journal) logger() *slog.Logger { return slog.New(slog.NewTextHandler(j, nil)) }

func (j *journal) Write(line []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.lines.Write(line)
}

func (j *journal) count(text string) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Count(j.lines.String(), text)
}

func (j *journal) await(t *testing.T, text string) {
	t.Helper()

	for end := time.Now().Add(patience); j.count(text) == 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("nobody says %q:\n%s", text, j.lines.String())
		}
	}
}
