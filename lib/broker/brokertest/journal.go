package brokertest

import (
	"bytes"
	"io"
	"log/slog"
	"strings"
	"sync"

	"example.com/app/lib/broker"
)

// journal is a log that can be read while it is written.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
	also io.Writer
}

// listen takes the place of the consumer's log.
func (s *scene) listen(j *journal) func(*broker.Options) {
	j.also = s.Output()
	return func(o *broker.Options) { o.Log = slog.New(slog.NewTextHandler(j, nil)) }
}

func (j *journal) Write(line []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.text.Write(line)
	return j.also.Write(line)
}

func (j *journal) holds(text string) bool { return j.count(text) > 0 }

func (j *journal) count(text string) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Count(j.text.String(), text)
}
