package testenv

import (
	"os"
	"syscall"
	"testing"

	"example.com/app/lib/pg/embedded"
	"example.com/app/lib/private"
)

// PostgresServer is a server of one test, which may stop, kill and pause it. Its methods fail the test.
type PostgresServer struct {
	t       testing.TB
	options embedded.Options
	server  *embedded.Server
	paused  []int
}

// NewPostgres runs a server for this test alone, in about 1 s; it ends with the test.
func NewPostgres(t testing.TB) *PostgresServer {
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
	p.Start()
	t.Cleanup(p.Kill)
	return p
}

// URL is the server's admin URL, the same after every Start.
func (p *PostgresServer) URL() string { return p.server.URL() }

// Start runs the server again: on its port, with its data.
func (p *PostgresServer) Start() {
	p.t.Helper()

	server, err := startPostgres(p.t.Context(), p.options)
	if err != nil {
		p.t.Fatal(err)
	}
	p.server = server
}

// Stop ends the server in good order: its sessions are told.
func (p *PostgresServer) Stop() {
	p.t.Helper()

	if err := p.server.Stop(); err != nil {
		p.t.Fatal(err)
	}
}

// Kill ends the server by SIGKILL: its sessions are not told. A paused server ends too.
func (p *PostgresServer) Kill() {
	p.t.Helper()

	if process, err := os.FindProcess(p.server.PID()); err == nil {
		_ = process.Kill()
	}
	p.Continue() // so that its sessions see that it is gone
	p.Stop()
}

// Pause stops the server and every session where they are: connections stay, answers do not come.
func (p *PostgresServer) Pause() {
	p.t.Helper()

	pid := p.server.PID()
	signal(pid, stopSignal) // first, so that no session is new
	sessions, err := children(p.t.Context(), pid)
	if err != nil {
		p.t.Fatal(err)
	}
	p.paused = append(p.paused, pid)
	p.paused = append(p.paused, sessions...)
	for _, pid := range sessions {
		signal(pid, stopSignal)
	}
}

// Continue ends a Pause.
func (p *PostgresServer) Continue() {
	for _, pid := range p.paused {
		signal(pid, continueSignal)
	}
	p.paused = nil
}

func signal(pid int, sig syscall.Signal) {
	if process, err := os.FindProcess(pid); err == nil {
		_ = process.Signal(sig)
	}
}
