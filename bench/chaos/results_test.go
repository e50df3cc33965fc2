package chaos_test

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
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

const heading = "## Chaos\n"

// section is from the heading to the next one of its kind.
var section = regexp.MustCompile(`(?s)` + heading + `.*?(\n## |\z)`)

// write replaces this suite's section of the file and leaves the others alone.
func (f *figures) write(path string) error {
	if len(f.lines) == 0 {
		return nil
	}
	old, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read the results: %w", err)
	}

	text := cmp.Or(string(old), "# Results\n")
	if !section.MatchString(text) {
		text = strings.TrimRight(text, "\n") + "\n\n" + heading
	}
	text = section.ReplaceAllStringFunc(text, func(was string) string {
		_, next, more := strings.Cut(was, "\n## ")
		if more {
			return f.String() + "\n## " + next
		}
		return f.String()
	})
	return os.WriteFile(path, []byte(text), 0o644)
}

func (f *figures) String() string {
	slices.SortFunc(f.lines, func(a, b line) int { return strings.Compare(a.promise, b.promise) })

	var b strings.Builder
	fmt.Fprintf(&b, "%s\n`make chaos` on %s, commit %s: %d × %s, %s.\n\n", heading,
		time.Now().UTC().Format(time.DateOnly), commit(), runtime.NumCPU(), processor(), f.versions)
	b.WriteString("| promise | outcome | took | figures |\n|---|---|---|---|\n")
	for _, l := range f.lines {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", l.promise, l.outcome, l.took.Round(time.Second), l.said)
	}
	return b.String()
}

func commit() string {
	out, err := exec.Command("git", "rev-parse", "--short", "HEAD").Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}

var modelName = regexp.MustCompile(`model name\s*: (.*)`)

func processor() string {
	info, _ := os.ReadFile("/proc/cpuinfo")
	if m := modelName.FindSubmatch(info); m != nil {
		return string(m[1])
	}
	return runtime.GOARCH
}
