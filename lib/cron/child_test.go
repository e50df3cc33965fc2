package cron_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"example.com/app/lib/cron"
	"example.com/app/lib/pg"
)

const (
	childURL  = "CRON_TEST_URL"
	childMode = "CRON_TEST_MODE"
	here      = "here"
)

// child is a scheduler in a process of its own: it dies in its first chunk, or says that it is here and waits
// for a line, in its second chunk or before its first one.
func child() int {
	mode := os.Getenv(childMode)
	db, err := pg.Open(context.Background(), pg.Options{
		URL: os.Getenv(childURL), Name: "child", Max: 4, IdleInTransaction: 2 * time.Second,
	})
	if err != nil {
		fmt.Println(err)
		return 1
	}

	var every cron.Schedule
	if err := every.UnmarshalText([]byte(seldom)); err != nil {
		return 1
	}
	s, err := cron.New(cron.Options{
		DB: db, Host: "child", Lease: short, Log: slog.New(slog.NewTextHandler(gate(mode), nil)),
		Jobs: []cron.Job{{Name: "count", Schedule: every, Missed: cron.Once, Task: counting(db, "child", 4, trap(mode))}},
	})
	if err != nil {
		return 1
	}
	_ = s.Run(context.Background())
	return 0
}

func trap(mode string) func(ctx context.Context, at int) error {
	return func(_ context.Context, at int) error {
		switch {
		case mode == "die":
			os.Exit(3)
		case mode == "in a chunk" && at == 1:
			stay()
		}
		return nil
	}
}

type gate string

func (g gate) Write(line []byte) (int, error) {
	if g == "between chunks" && bytes.Contains(line, []byte("job started")) {
		stay()
	}
	return os.Stdout.Write(line)
}

func stay() {
	fmt.Println(here)
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
}

type process struct {
	*exec.Cmd
	lines *bufio.Scanner
	input io.Writer
}

func (b bench) child(mode string) process {
	b.Helper()

	cmd := exec.CommandContext(b.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childURL+"="+b.url, childMode+"="+mode)
	cmd.Stderr = os.Stderr
	input, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	return process{Cmd: cmd, lines: bufio.NewScanner(output), input: input}
}

func (p process) await(t *testing.T, text string) {
	t.Helper()

	for p.lines.Scan() {
		if strings.Contains(p.lines.Text(), text) {
			return
		}
	}
	t.Fatalf("the child ended without %q", text)
}

func TestJobThatKillsItsProcessIsLostAfterThreeTakeovers(t *testing.T) {
	t.Parallel()

	b := newBench(t)
	b.lastRan(2)
	for range 4 {
		p := b.child("die")
		for p.lines.Scan() {
		}
		_ = p.Wait()
		if code := p.ProcessState.ExitCode(); code != 3 {
			t.Fatalf("the child ended with %d", code)
		}
	}

	log := newJournal()
	b.start(b.schedulerAt(b.url, "b", short, log.logger(), cron.Job{Name: "count", Task: b.counting("b", 4)}))
	log.await(t, "job lost")
	b.want(1, "SELECT count(*) FROM schedule_run WHERE outcome = 'lost' AND takeovers = 3 AND error LIKE 'taken over 3 times%'")
	b.want(0, "SELECT count(*) FROM work")
}
