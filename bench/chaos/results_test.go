package chaos_test

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	written "example.com/app/bench/results"
)

// results are the figures of this run, for people.
var results figures

type figures struct {
	mu       sync.Mutex
	versions string
	lines    []line
}

type line struct {
	promise, outcome, said string
	took                   time.Duration
}

// of tells at the end of t how it went and what it said.
func (f *figures) of(t *testing.T, said *[]string) {
	began := time.Now()
	t.Cleanup(func() {
		outcome := "kept"
		if t.Failed() {
			outcome = "**broken**"
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		f.lines = append(f.lines, line{promise(t.Name()), outcome, strings.Join(*said, "; "), time.Since(began)})
	})
}

var words = regexp.MustCompile(`[A-Z][a-z]*`)

// promise reads a test's name as the sentence that it is.
func promise(test string) string {
	sentence := words.FindAllString(strings.TrimPrefix(test, "Test"), -1)
	return sentence[0] + " " + strings.ToLower(strings.Join(sentence[1:], " "))
}

func (f *figures) under(versions string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.versions = cmp.Or(f.versions, versions)
}

// write replaces this suite's section of the file.
func (f *figures) write(path string) error {
	if len(f.lines) == 0 {
		return nil
	}
	return written.Write(path, "Chaos", f.String())
}

func (f *figures) String() string {
	slices.SortFunc(f.lines, func(a, b line) int { return strings.Compare(a.promise, b.promise) })

	var b strings.Builder
	fmt.Fprintf(&b, "`make chaos` %s, %s.\n\n", written.Run(), f.versions)
	b.WriteString("| promise | outcome | took | figures |\n|---|---|---|---|\n")
	for _, l := range f.lines {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", l.promise, l.outcome, l.took.Round(time.Second), l.said)
	}
	return b.String()
}
