// Package explore_test asks the running service everything that its document allows and much that it forbids.
// `go test` asks for a moment; `make explore` asks 200,000 times and writes its figures into bench/RESULTS.md.
package explore_test

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/app/bench/results"
	"example.com/app/cmd"
	"example.com/app/lib/testenv"
)

func TestMain(m *testing.M) { os.Exit(testenv.MainOr(m, cmd.Execute)) }

func full() bool { return os.Getenv("EXPLORE") == "full" }

const clients = 4

// amount is how often each client asks.
func amount() int {
	if full() {
		return 200_000 / clients
	}
	return 600
}

// seed is EXPLORE_SEED, or always the same for a moment's run and always another for a full one.
func seed(t *testing.T) uint64 {
	t.Helper()
	given := cmp.Or(os.Getenv("EXPLORE_SEED"), "1")
	if full() && os.Getenv("EXPLORE_SEED") == "" {
		return rand.Uint64()
	}
	n, err := strconv.ParseUint(given, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// tolerance is how much memory may grow between the first quarter of a full run, when everything is warm, and its end.
const tolerance = 64 << 20

func TestNoRequestMakesAnAnswerThatTheDocumentDoesNotPromise(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	from, began := seed(t), time.Now()
	t.Logf("EXPLORE_SEED=%d", from)

	tallies := make([]map[string]int, clients)
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() { tallies[i] = w.ask(from + uint64(i)) })
	}
	all.Wait()
	took := time.Since(began)

	tally := sum(tallies)
	t.Log(tally)
	if full() {
		w.reached(tally)
	}
	if w.warm > 0 && w.memory() > w.warm+tolerance {
		t.Errorf("%d MiB of memory became %d MiB", w.warm>>20, w.memory()>>20)
	}
	if full() && !t.Failed() {
		text := w.told(from, tally, took)
		if err := results.Write("../RESULTS.md", "Explore", text); err != nil {
			t.Error(err)
		}
	}
}

func sum(tallies []map[string]int) map[string]int {
	all := map[string]int{}
	for _, tally := range tallies {
		for answer, n := range tally {
			all[answer] += n
		}
	}
	return all
}

// reached fails the test for an operation that never worked: what comes after its checks was not explored.
func (w *world) reached(tally map[string]int) {
	worked := map[string]bool{}
	for answer := range tally {
		operation, status, _ := strings.Cut(answer, " ")
		worked[operation] = worked[operation] || status[0] == '2'
	}
	for operation, did := range worked {
		if !did {
			w.Errorf("no %s ever worked", operation)
		}
	}
}

func (w *world) told(seed uint64, tally map[string]int, took time.Duration) string {
	requests, statuses, operations := 0, map[string]int{}, map[string]bool{}
	for answer, n := range tally {
		operation, status, _ := strings.Cut(answer, " ")
		requests += n
		statuses[status] += n
		operations[operation] = true
	}

	var b strings.Builder
	fmt.Fprintf(&b, "`make explore` %s, EXPLORE_SEED=%d.\n\n", results.Run(), seed)
	fmt.Fprintf(&b, "%d requests to %d operations by %d clients in %s: every answer as `/openapi.json` has it, none the service's fault. "+
		"Its memory was %d MiB after a quarter of them and %d MiB at the end.\n\n",
		requests, len(operations), clients, took.Round(time.Second), w.warm>>20, w.memory()>>20)
	b.WriteString("| answer | times |\n|---|---|\n")
	for _, status := range slices.Sorted(maps.Keys(statuses)) {
		fmt.Fprintf(&b, "| %s | %d |\n", status, statuses[status])
	}
	return b.String()
}
