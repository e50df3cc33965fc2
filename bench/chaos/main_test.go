// Package chaos_test breaks the running service in every way that is promised to do no harm, and then counts.
// `go test` runs a short form; `make chaos` runs it in full and writes its figures into bench/RESULTS.md.
package chaos_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"example.com/app/lib/testenv"
)

func TestMain(m *testing.M) {
	status := testenv.MainOr(m, crasher)
	if full() {
		if err := results.write("../RESULTS.md"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			status = 1
		}
	}
	os.Exit(status)
}

func full() bool { return os.Getenv("CHAOS") == "full" }

// scaled chooses a number for `make chaos`, and one for every day.
func scaled(inFull, inShort int) int {
	if full() {
		return inFull
	}
	return inShort
}

const seedVariable = "CHAOS_SEED"

// chance is the test's randomness. CHAOS_SEED has a run decide as another did.
func chance(t *testing.T) *rand.Rand {
	t.Helper()
	seed, err := seed()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s=%d", seedVariable, seed)
	return rand.New(rand.NewPCG(seed, 0))
}

func seed() (uint64, error) {
	given := os.Getenv(seedVariable)
	if given == "" {
		return rand.Uint64(), nil
	}
	seed, err := strconv.ParseUint(given, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("read %s: %w", seedVariable, err)
	}
	return seed, nil
}
