// Package results keeps bench/RESULTS.md: the figures of each suite, below a heading of its own.
package results

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"time"
)

// Write replaces what stands below the heading "## NAME", or adds it at the end, and leaves the other sections alone.
func Write(path, name, text string) error {
	old, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read the results: %w", err)
	}

	all, heading := cmp.Or(string(old), "# Results\n"), "## "+name+"\n"
	section := regexp.MustCompile(`(?s)` + regexp.QuoteMeta(heading) + `.*?(\n## |\z)`)
	if !section.MatchString(all) {
		all = strings.TrimRight(all, "\n") + "\n\n" + heading
	}
	all = section.ReplaceAllStringFunc(all, func(was string) string {
		_, next, more := strings.Cut(was, "\n## ")
		if more {
			return heading + "\n" + text + "\n## " + next
		}
		return heading + "\n" + text
	})
	return os.WriteFile(path, []byte(all), 0o644)
}

// Run says when, at which commit and on what machine this is: "on 2026-01-02, commit 0123456: 2 × Processor, go1.26".
func Run() string {
	return fmt.Sprintf("on %s, commit %s: %d × %s, %s",
		time.Now().UTC().Format(time.DateOnly), commit(), runtime.NumCPU(), processor(), runtime.Version())
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
