package telemetry_test

import (
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/app/lib/telemetry"
)

// sink counts writes.
type sink struct {
	mu     sync.Mutex
	writes []string
}

func (s *sink) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writes = append(s.writes, string(p))
	return len(p), nil
}

func (s *sink) all() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.writes
}

// buffered is a log in a bubble of its own.
func buffered(t *testing.T, do func(log *slog.Logger, to *sink, closeLog func())) {
	t.Helper()
	synctest.Test(t, func(*testing.T) {
		to := &sink{}
		log, closeLog := telemetry.NewLogger(telemetry.LogOptions{To: to, Level: slog.LevelInfo})
		do(log, to, closeLog)
	})
}

func TestRecordsWaitFor200msAndGoTogether(t *testing.T) {
	t.Parallel()
	buffered(t, func(log *slog.Logger, to *sink, _ func()) {
		log.Info("one")
		time.Sleep(150 * time.Millisecond)
		log.Info("two")
		synctest.Wait()
		if n := len(to.all()); n > 0 {
			t.Errorf("%d writes after 150 ms", n)
		}
		time.Sleep(51 * time.Millisecond)
		synctest.Wait()
		if all := to.all(); len(all) != 1 || strings.Count(all[0], "\n") != 2 {
			t.Errorf("the writes are %q", all)
		}
	})
}

func TestErrorIsWrittenAtOnceWithWhatWasBefore(t *testing.T) {
	t.Parallel()
	buffered(t, func(log *slog.Logger, to *sink, _ func()) {
		log.Info("one")
		log.With("a", 1).Error("two")
		if all := to.all(); len(all) != 1 || strings.Count(all[0], "\n") != 2 {
			t.Errorf("the writes are %q", all)
		}
	})
}

func TestFullBufferIsWrittenAndNoRecordIsSplit(t *testing.T) {
	t.Parallel()
	buffered(t, func(log *slog.Logger, to *sink, closeLog func()) {
		for range 100 {
			log.Info(strings.Repeat("x", 1000))
		}
		log.Info(strings.Repeat("y", 70_000))
		closeLog()

		all := to.all()
		if len(all) != 3 || strings.Count(strings.Join(all, ""), "\n") != 101 {
			t.Errorf("%d writes of %d records", len(all), strings.Count(strings.Join(all, ""), "\n"))
		}
		for _, w := range all {
			if !strings.HasPrefix(w, "{") || !strings.HasSuffix(w, "}\n") {
				t.Errorf("a record is split: %.40q", w)
			}
		}
	})
}

func TestClosedLogLosesNothing(t *testing.T) {
	t.Parallel()
	buffered(t, func(log *slog.Logger, to *sink, closeLog func()) {
		log.Info("one")
		closeLog()
		log.Info("two")
		closeLog()
		if all := to.all(); len(all) != 2 || !strings.Contains(all[1], "two") {
			t.Errorf("the writes are %q", all)
		}
	})
}

func TestLevelChangesWhileTheLogIsWritten(t *testing.T) {
	t.Parallel()
	to, level := &sink{}, new(slog.LevelVar)
	log, closeLog := telemetry.NewLogger(telemetry.LogOptions{To: to, Level: level, Text: true})
	log = log.With("a", 1)
	log.Debug("no")
	level.Set(slog.LevelDebug)
	log.Debug("yes")
	closeLog()
	if all := to.all(); len(all) != 1 || !strings.Contains(all[0], "msg=yes a=1") {
		t.Errorf("the writes are %q", all)
	}
}
