package cmd_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.com/app/cmd"
	"example.com/app/lib/private"
	"example.com/app/lib/testenv"
)

// patience bounds every wait; it is long because a machine under load is slow, not because anything should take long.
const patience = 60 * time.Second

// TestMain lets the test binary be the program: each mode then runs as a process of its own.
func TestMain(m *testing.M) {
	if os.Getenv("APP_TEST_BE_THE_APP") == "" {
		os.Exit(testenv.Main(m))
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	os.Exit(cmd.Execute(ctx))
}

// settings of a process, by name. Every port is its own, so that tests run side by side.
type settings map[string]string

func (s settings) with(more settings) settings {
	all := maps.Clone(s)
	maps.Copy(all, more)
	return all
}

func (s settings) url(port, path string) string { return "http://127.0.0.1:" + s[port] + path }

func freePorts(t *testing.T) settings {
	t.Helper()
	s := settings{}
	for _, name := range []string{"API_PORT", "OPS_PORT", "AMQ_PORT", "SCHEDULE_PORT"} {
		port, err := private.Port()
		if err != nil {
			t.Fatal(err)
		}
		s[name] = strconv.Itoa(port)
	}
	return s
}

// process is the program, running.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	output *transcript
	ended  chan error
}

func start(t *testing.T, dir string, s settings, args ...string) *process {
	t.Helper()
	return startBinary(t, os.Args[0], dir, s, args...)
}

func startBinary(t *testing.T, binary, dir string, s settings, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(binary, args...), output: &transcript{}, ended: make(chan error, 1)}
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = dir, p.output, p.output
	p.cmd.Env = []string{"APP_TEST_BE_THE_APP=1", "PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}
	for _, name := range slices.Sorted(maps.Keys(s)) {
		p.cmd.Env = append(p.cmd.Env, name+"="+s[name])
	}

	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.ended <- p.cmd.Wait() }()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		if t.Failed() {
			t.Logf("app %s said:\n%s", strings.Join(args, " "), p.output)
		}
	})
	return p
}

// run waits for the end and gives what the program said and its exit status.
func run(t *testing.T, dir string, s settings, args ...string) (said string, status int) {
	t.Helper()
	p := start(t, dir, s, args...)
	status = p.wait()
	return p.output.String(), status
}

func (p *process) wait() int {
	p.t.Helper()
	select {
	case err := <-p.ended:
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			return exit.ExitCode()
		}
		if err != nil {
			p.t.Fatal(err)
		}
		return 0
	case <-time.After(patience):
		p.t.Fatalf("the process did not end; it said:\n%s", p.output)
		return -1
	}
}

func (p *process) signal(sig os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(sig); err != nil {
		p.t.Fatal(err)
	}
}

// stop asks politely and expects success.
func (p *process) stop() {
	p.t.Helper()
	p.signal(syscall.SIGTERM)
	if status := p.wait(); status != 0 {
		p.t.Errorf("a stop by SIGTERM ended with %d; it said:\n%s", status, p.output)
	}
}

func (p *process) says(text string) {
	p.t.Helper()
	eventually(p.t, fmt.Sprintf("the process says %q", text), func() bool {
		return strings.Contains(p.output.String(), text)
	})
}

// eventually asks until the answer is yes.
func eventually(t *testing.T, what string, ask func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if ask() {
			return
		}
	}
	t.Fatalf("it never came that %s", what)
}

func ready(t *testing.T, url string) {
	t.Helper()
	eventually(t, url+" answers 200", func() bool {
		status, _ := request(t, http.MethodGet, url, "")
		return status == http.StatusOK
	})
}

// request gives status 0 when nobody answers.
func request(t *testing.T, method, url, body string) (status int, answer string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}

	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, err.Error()
	}
	return res.StatusCode, string(b)
}

// transcript is what a process has said so far.
type transcript struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (t *transcript) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.all.Write(b)
}

func (t *transcript) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.all.String()
}
