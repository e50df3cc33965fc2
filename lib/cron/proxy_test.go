package cron_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
)

// proxy stands between a scheduler and its database.
type proxy struct {
	net.Listener
	ctx  context.Context
	to   string
	gate sync.RWMutex
	mu   sync.Mutex
	lost []byte
	late chan chan struct{}
}

// newProxy also returns the database's address through it.
func newProxy(t *testing.T, address string) (*proxy, string) {
	t.Helper()

	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })

	p := &proxy{Listener: l, ctx: t.Context(), to: u.Host}
	go p.serve()
	u.Host = l.Addr().String()
	return p, u.String()
}

func (p *proxy) serve() {
	for {
		client, err := p.Accept()
		if err != nil {
			return
		}
		server, err := new(net.Dialer).DialContext(p.ctx, "tcp", p.to)
		if err != nil {
			_ = client.Close()
			continue
		}
		s := &session{proxy: p}
		go pass(server, client, s.asks)
		go pass(client, server, s.answers)
	}
}

// freeze keeps every connection and lets nothing through until thaw.
func (p *proxy) freeze() { p.gate.Lock() }
func (p *proxy) thaw()   { p.gate.Unlock() }

// lose lets the next statement with that text be prepared and executed, and ends its connection instead of the reply.
func (p *proxy) lose(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lost = []byte(text)
}

// delay is like lose, but the reply comes at last: once the channel that it sends is closed.
func (p *proxy) delay(text string) <-chan chan struct{} {
	late := make(chan chan struct{})
	p.mu.Lock()
	p.late = late
	p.mu.Unlock()
	p.lose(text)
	return late
}

type session struct {
	*proxy
	prepared, doomed bool
}

func pass(to io.WriteCloser, from io.ReadCloser, check func(data []byte) bool) {
	defer to.Close()
	defer from.Close()

	for data := make([]byte, 1<<16); ; {
		n, err := from.Read(data)
		if err != nil || !check(data[:n]) {
			return
		}
		if _, err := to.Write(data[:n]); err != nil {
			return
		}
	}
}

func (s *session) asks(data []byte) bool {
	s.gate.RLock()
	defer s.gate.RUnlock()
	s.mu.Lock()
	defer s.mu.Unlock()

	s.doomed = s.doomed || s.prepared
	if s.lost != nil && bytes.Contains(data, s.lost) {
		s.lost, s.prepared = nil, true
	}
	return true
}

func (s *session) answers([]byte) bool {
	s.gate.RLock()
	defer s.gate.RUnlock()
	s.mu.Lock()
	defer s.mu.Unlock()

	if s.doomed && s.late != nil {
		released := make(chan struct{})
		s.late <- released
		<-released
		s.doomed, s.prepared, s.late = false, false, nil
	}
	return !s.doomed
}

// losing tells that no such statement came yet.
func (p *proxy) losing() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lost != nil
}
