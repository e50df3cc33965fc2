package speed_test

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"testing"
	"time"
)

// BenchmarkStart is how long each mode takes to be ready, and the memory that it has taken a moment later.
func BenchmarkStart(b *testing.B) {
	url, _ := declared(b)
	s := newSettings(b, newDatabase(b, 0)).With(settings{"AMQP_URL": url})
	built(b)
	for _, mode := range []struct{ name, port string }{{"run", "OPS_PORT"}, {"consume", "AMQ_PORT"}, {"schedule", "SCHEDULE_PORT"}} {
		b.Run(mode.name, func(b *testing.B) {
			var took, memory []float64
			for b.Loop() {
				began := time.Now()
				p := startService(b, s, mode.name)
				p.ready(s.URL(mode.port, "/readyz"))
				took = append(took, float64(time.Since(began).Milliseconds()))
				time.Sleep(time.Second)
				memory = append(memory, resident(b, p.PID()))
				p.end()
			}
			results.atMost(b, fmt.Sprintf("app %s: start to ready", mode.name), middle(took), 150)
			results.add(b, row{
				job: fmt.Sprintf("app %s: memory, idle", mode.name), service: fmt.Sprintf("%.0f MB", middle(memory)),
				wanted: "at most 40 MB", kept: middle(memory) <= 40,
			})
		})
	}
}

var residentSize = regexp.MustCompile(`VmRSS:\s+(\d+) kB`)

// resident is what the process takes of memory, in MB; Linux alone tells.
func resident(b *testing.B, pid int) float64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	check(b, err)
	size := residentSize.FindSubmatch(status)
	if size == nil {
		b.Fatalf("the process tells no size: %s", status)
	}
	kilobytes, err := strconv.ParseFloat(string(size[1]), 64)
	check(b, err)
	return kilobytes * 1024 / 1e6
}
