package telemetry

import (
	"io"
	"sync"
	"time"
)

const (
	bufferSize = 64 << 10
	bufferTime = 200 * time.Millisecond // that a record may wait
)

// buffer makes few writes of many. An error of a write is nobody's: where would it be told?
type buffer struct {
	to io.Writer

	mu     sync.Mutex
	held   []byte
	timer  *time.Timer // runs while something is held
	closed bool
}

func newBuffer(to io.Writer) *buffer {
	b := &buffer{to: to, held: make([]byte, 0, bufferSize)}
	b.mu.Lock() // a flush that comes before the timer is stopped waits until it is there
	defer b.mu.Unlock()
	b.timer = time.AfterFunc(bufferTime, b.flush)
	b.timer.Stop()
	return b
}

// Write never splits p.
func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()

	if len(b.held)+len(p) > bufferSize {
		b.release()
	}
	if b.closed || len(p) > bufferSize {
		return b.to.Write(p)
	}
	if len(b.held) == 0 {
		b.timer.Reset(bufferTime)
	}
	b.held = append(b.held, p...)
	return len(p), nil
}

func (b *buffer) flush() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.release()
}

func (b *buffer) release() {
	b.timer.Stop()
	if len(b.held) > 0 {
		_, _ = b.to.Write(b.held)
		b.held = b.held[:0]
	}
}

func (b *buffer) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.release()
	b.closed = true
}
