// Package speed_test measures the service against the floor, the least code that does the same work. The jobs are
// benchmarks, of which each iteration is one round: the floor, then the service. `make bench` runs them in full and writes
// their medians into bench/RESULTS.md.
package speed_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"example.com/app/cmd"
	"example.com/app/lib/testenv"
)

func TestMain(m *testing.M) {
	status := testenv.MainOr(m, cmd.Execute)
	shipped.remove()
	if err := results.end(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		status = 1
	}
	os.Exit(status)
}

func full() bool { return os.Getenv("BENCH") == "full" }

// moment is how long one side answers requests in one round.
func moment() time.Duration {
	if full() {
		return 3 * time.Second
	}
	return time.Second
}

func check(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
