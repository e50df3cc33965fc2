package testenv

import (
	"context"
	"os"
	"slices"
	"syscall"
	"testing"
	"time"

	"example.com/app/lib/pg/embedded"
	"example.com/app/lib/private"
)

// PostgresServer is a server of one test, which may stop, kill and pause it. Its methods fail the test.
type PostgresServer struct {
	t       testing.TB
	options embedded.Options
	server  *embedded.Server // nil while it does not run
	url     string
	paused  []int
}

// NewPostgres runs a server for this test alone, in about 1 s; it ends with the test.
func NewPostgres(t testing.TB) *PostgresServer {
	t.Helper()

	p := idlePostgres(t)
	p.Start()
	t.Cleanup(p.Kill)
	return p
}

func idlePostgres(t testing.TB) *PostgresServer {
	t.Helper()

	dir, err := private.Folder("postgres")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	port, err := private.Port()
	if err != nil {
		t.Fatal(err)
	}

	p := &PostgresServer{t: t, options: postgresOptions()}
	p.options.DataDir, p.options.Port = dir, port
	return p
}

// URL is the server's admin URL, the same after every Start.
func (p *PostgresServer) URL() string { return p.url }

// Start runs the server again: on its port, with its data.
func (p *PostgresServer) Start() {
	p.t.Helper()

	server, err := startPostgres(p.t.Context(), p.options)
	if err != nil {
		p.t.Fatal(err)
	}
	p.server, p.url = server, server.URL()
}

// Stop ends the server in good order: its sessions are told.
func (p *PostgresServer) Stop() {
	p.t.Helper()

	if p.server == nil {
		return
	}
	p.Continue()
	if err := p.server.Stop(); err != nil {
		p.t.Fatal(err)
	}
	p.server = nil
}

// Kill ends the server and its sessions by SIGKILL, as the end of its machine would: clients are not told.
func (p *PostgresServer) Kill() {
	p.t.Helper()

	if p.server == nil {
		return
	}
	p.Pause()
	family := p.paused
	p.paused = nil
	for _, pid := range family {
		tell(pid, syscall.SIGKILL)
	}
	p.Stop()
	p.gone(family)
}

// Pause stops the server and every session where they are: connections stay, answers do not come.
func (p *PostgresServer) Pause() {
	p.t.Helper()

	tell(p.server.PID(), stopSignal) // first, so that no session is new
	p.paused = p.family()
	for _, pid := range p.paused {
		tell(pid, stopSignal)
	}
}

// Continue ends a Pause.
func (p *PostgresServer) Continue() {
	for _, pid := range p.paused {
		tell(pid, continueSignal)
	}
	p.paused = nil
}

// family is the server's main process and those of its sessions.
func (p *PostgresServer) family() []int {
	p.t.Helper()

	main := p.server.PID()
	var family []int
	for _, one := range p.processes() {
		if one.pid == main || one.parent == main {
			family = append(family, one.pid)
		}
	}
	return family
}

// gone waits until none of family runs.
func (p *PostgresServer) gone(family []int) {
	p.t.Helper()

	for slices.ContainsFunc(p.processes(), func(one process) bool { return slices.Contains(family, one.pid) }) {
		time.Sleep(time.Millisecond)
	}
}

// processes also works in a clean-up, after the end of the test's context.
func (p *PostgresServer) processes() []process {
	p.t.Helper()

	all, err := processes(context.WithoutCancel(p.t.Context()))
	if err != nil {
		p.t.Fatal(err)
	}
	return all
}

func tell(pid int, sig syscall.Signal) {
	if process, err := os.FindProcess(pid); err == nil {
		_ = process.Signal(sig)
	}
}
