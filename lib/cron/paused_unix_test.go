//go:build unix

package cron_test

import (
	"fmt"
	"os"
	"syscall"
	"testing"

	"example.com/app/lib/cron"
)

func TestPausedHolderWorksOnNothingThatWasTakenOver(t *testing.T) {
	t.Parallel()

	for _, mode := range []string{"in a chunk", "between chunks"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()

			b := newBench(t)
			b.lastRan(2)
			p := b.child(mode)
			p.await(t, here)
			p.signal(t, syscall.SIGSTOP)

			b.start(b.scheduler("b", short, cron.Job{Name: "count", Task: b.counting("b", 4)}))
			b.await(1, "SELECT count(*) FROM schedule_run WHERE outcome = 'done' AND host = 'b' AND takeovers = 1")

			p.signal(t, syscall.SIGCONT)
			fmt.Fprintln(p.input)
			p.await(t, "job stopped")
			p.signal(t, syscall.SIGKILL)
			_ = p.Wait()
			b.want(4, "SELECT count(*) FROM work")
			b.want(4, "SELECT count(DISTINCT item) FROM work")
		})
	}
}

func (p process) signal(t *testing.T, s os.Signal) {
	t.Helper()

	if err := p.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}
