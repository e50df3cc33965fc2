package speed_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	written "example.com/app/bench/results"
)

// results are the table of this run.
var results table

type table struct {
	under []string // which servers and tools
	rows  []row
}

// row is one job. What it wants of the service is said by somebody else, and whether it got it is no test's business.
type row struct {
	job, floor, service string
	ratio, wanted       string
	kept                bool
	latencies           [2]string // of the floor and of the service
}

func (t *table) add(b *testing.B, r row) {
	b.Helper()
	t.rows = append(t.rows, r)
	b.Logf("%s: %s against %s, %s, wanted %s", r.job, r.service, cmp.Or(r.floor, "nothing"), r.ratio, r.wanted)
}

// end prints the table, if any, and after a full run writes it down.
func (t *table) end() error {
	if len(t.rows) == 0 {
		return nil
	}
	fmt.Print(t)
	if !full() {
		return nil
	}
	return written.Write("../RESULTS.md", "Speed", t.String())
}

func (t *table) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "`make bench` %s, %s.\n\n%s\n\n", written.Run(), strings.Join(t.under, ", "), explanation)
	b.WriteString("| job | floor | service | ratio | wanted | | p50, p99 of the floor | p50, p99 of the service |\n|---|---|---|---|---|---|---|---|\n")
	for _, r := range t.rows {
		verdict := "**missed**"
		if r.kept {
			verdict = "kept"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s | %s |\n",
			r.job, r.floor, r.service, r.ratio, r.wanted, verdict, r.latencies[0], r.latencies[1])
	}
	return b.String()
}

// explanation is what a reader must know who wants to compare.
const explanation = `Medians of rounds in which floor and service took turns, on one machine with the servers and wrk: only ratios count, and
only those of one run. The floor (bench/floor) checks nothing, logs nothing and counts nothing. The service has its defaults but for
AUTH=off: validation, ids, metrics, an access log into a file. Both have GOGC=400, as in the image, and 10 connections to
Postgres, which keeps its data in memory: what a disk costs both sides alike would hide the rest.`

// on notes once what this is measured on.
func (t *table) on(what string) {
	if !slices.Contains(t.under, what) {
		t.under = append(t.under, what)
	}
}

// versus wants the service to do that many times what the floor does in a second.
func (t *table) versus(b *testing.B, job string, floor, service, wanted float64) {
	b.Helper()
	ratio := service / floor
	t.add(b, row{
		job: job, floor: perSecond(floor), service: perSecond(service), ratio: times(ratio), wanted: times(wanted), kept: ratio >= wanted,
	})
}

func (t *table) atLeast(b *testing.B, job string, rate, wanted float64) {
	b.Helper()
	t.add(b, row{job: job, service: perSecond(rate), wanted: "at least " + perSecond(wanted), kept: rate >= wanted})
}

func (t *table) atMost(b *testing.B, job string, took, wanted float64) {
	b.Helper()
	t.add(b, row{job: job, service: milliseconds(took), wanted: "at most " + milliseconds(wanted), kept: took <= wanted})
}

// median is the middle one of figures, by what key says of them.
func median[T any](figures []T, key func(T) float64) T {
	sorted := slices.SortedFunc(slices.Values(figures), func(a, b T) int { return cmp.Compare(key(a), key(b)) })
	return sorted[len(sorted)/2]
}

// middle is the median of plain figures.
func middle(figures []float64) float64 { return median(figures, func(f float64) float64 { return f }) }

// thousands writes 12345.6 as 12,346.
func thousands(f float64) string {
	digits := fmt.Sprintf("%.0f", f)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

func perSecond(f float64) string { return thousands(f) + "/s" }

func times(f float64) string { return fmt.Sprintf("%.2f", f) }

func milliseconds(f float64) string { return fmt.Sprintf("%.0f ms", f) }
