package broker

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

const stuckAfter = time.Minute // past the deadline

// watch knows which handlers run.
type watch struct {
	mu      sync.Mutex
	running map[*running]struct{}
}

type running struct {
	name     string // what is handled
	deadline time.Time
}

func (w *watch) begin(r *running) (end func()) {
	w.mu.Lock()
	defer w.mu.Unlock()

	if w.running == nil {
		w.running = make(map[*running]struct{})
	}
	w.running[r] = struct{}{}
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.running, r)
	}
}

func (w *watch) stuck(now time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()

	for r := range w.running {
		if late := now.Sub(r.deadline); late >= stuckAfter {
			return fmt.Errorf("handle %s: no end %s after its deadline", r.name, late.Round(time.Second))
		}
	}
	return nil
}

func (w *watch) abandoned() error {
	w.mu.Lock()
	defer w.mu.Unlock()

	problems := make([]error, 0, len(w.running))
	for r := range w.running {
		problems = append(problems, fmt.Errorf("handle %s: it still ran after the grace", r.name))
	}
	return errors.Join(problems...)
}
