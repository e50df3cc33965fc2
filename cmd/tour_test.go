//go:build unix

package cmd_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"example.com/app/lib/testenv"
)

// block is what the README shows of a terminal.
var block = regexp.MustCompile("(?s)```console\n(.*?)```")

// command is one line of a block, and what it says.
type command struct{ line, says string }

func commands(section string) (all []command) {
	for _, b := range block.FindAllStringSubmatch(section, -1) {
		for line := range strings.Lines(b[1]) {
			if typed, ok := strings.CutPrefix(line, "$ "); ok {
				all = append(all, command{line: strings.TrimSpace(typed)})
			} else {
				all[len(all)-1].says += line
			}
		}
	}
	return all
}

// between cuts a section out of the README.
func between(t *testing.T, from, to string) string {
	t.Helper()
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(readme), "\n"+from+"\n")
	section, _, ended := strings.Cut(rest, "\n"+to+"\n")
	if !found || !ended {
		t.Fatalf("the README has no section %s before %s", from, to)
	}
	return section
}

func TestReadmesTourIsTrue(t *testing.T) {
	t.Parallel()
	dir := devDir(t)
	s := testenv.Ports(t, "API_PORT", "OPS_PORT").With(settings{"SCHEDULE_RENAME_STUDENTS": "off"})
	itself := fmt.Sprintf("#!/bin/sh\nexec '%s' \"$@\"\n", program(t))
	if err := os.WriteFile(filepath.Join(dir, "app"), []byte(itself), 0o700); err != nil {
		t.Fatal(err)
	}

	dev := start(t, dir, s, "dev")
	dev.Says("Ctrl-C")
	tour(t, dir, s, commands(between(t, "## A tour", "### Like in production")))
	dev.Stop()
	tour(t, dir, s, commands(between(t, "### Like in production", "### On real servers")))
}

const end = "=== end of a command ==="

// tour types the commands into one shell and compares what each says with the README.
func tour(t *testing.T, dir string, s settings, typed []command) {
	t.Helper()
	script := strings.Builder{}
	script.WriteString("trap 'kill $! 2>/dev/null' TERM EXIT\n")
	for _, c := range typed {
		if !strings.HasPrefix(c.line, "go build") {
			script.WriteString(strings.NewReplacer("127.0.0.1:8090", "127.0.0.1:"+s["API_PORT"], "127.0.0.1:8093", "127.0.0.1:"+s["OPS_PORT"]).Replace(c.line))
		}
		fmt.Fprintf(&script, "\necho; echo '%s'\n", end)
	}
	script.WriteString("wait\n")

	ctx, cancel := context.WithTimeout(t.Context(), 2*testenv.Patience)
	defer cancel()
	sh := exec.CommandContext(ctx, "sh", "-s")
	sh.Cancel = func() error { return sh.Process.Signal(syscall.SIGTERM) }
	sh.Dir, sh.Stdin, sh.Env = dir, strings.NewReader(script.String()), os.Environ()
	for name, value := range s {
		sh.Env = append(sh.Env, name+"="+value)
	}
	out, err := sh.CombinedOutput()
	if err != nil {
		t.Errorf("the tour ended early: %v", err)
	}

	said := strings.Split(string(out), end)
	for i, c := range typed {
		if i >= len(said) {
			break
		}
		if got, want := steady(said[i]), steady(c.says); got != want {
			t.Errorf("$ %s\nsays\n%s\nand in the README\n%s", c.line, got, want)
		}
	}
}

// changing is what no two runs have alike: times, lengths, and ids, which are numbered so that the same one stays the same.
var (
	changing = regexp.MustCompile(`Date: .*\n|\d{4}-\d\d-\d\dT[\d:.]+Z|duration_ms=[\d.]+|after_ms=[\d.]+|Retry-After: \d+|Content-Length: \d+`)
	unique   = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}|\b[0-9a-f]{32}\b|\b[0-9a-f]{16}\b`)
)

func steady(text string) string {
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r", ""))
	text = changing.ReplaceAllStringFunc(text, func(found string) string {
		name, _, _ := strings.Cut(found, " ")
		name, _, _ = strings.Cut(name, "=")
		return strings.TrimRight(name, "0123456789-T:.Z") + "…"
	})
	ids := map[string]string{}
	return unique.ReplaceAllStringFunc(text, func(id string) string {
		if ids[id] == "" {
			ids[id] = fmt.Sprintf("id%d", len(ids)+1)
		}
		return ids[id]
	})
}
