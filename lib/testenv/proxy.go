package testenv

import (
	"bytes"
	"context"
	"net"
	"net/url"
	"sync/atomic"
	"testing"
)

// Proxy stands between programs and their database. It can lose answers, with the connections that they were to come by:
// what was asked for has happened, and whoever asked for it does not know.
type Proxy struct {
	url, server string
	text        atomic.Value // []byte: of the questions that count
	losing      atomic.Int64 // those whose answer is still to be lost; below zero: others came after them
}

// NewProxy leads to the database's server for as long as the test runs.
func NewProxy(t testing.TB, database string) *Proxy {
	t.Helper()

	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })

	p := &Proxy{server: u.Host}
	u.Host = l.Addr().String()
	p.url = u.String()
	go p.serve(t.Context(), l)
	return p
}

// URL is the database's, through the proxy.
func (p *Proxy) URL() string { return p.url }

// Lose has the answers to the next n commits lost.
func (p *Proxy) Lose(n int) { p.LoseOf("commit\x00", n) }

// LoseOf has the answers to the next n questions lost that have the text in them, in an argument for instance.
func (p *Proxy) LoseOf(text string, n int) {
	p.text.Store([]byte(text))
	p.losing.Store(int64(n))
}

// Spent tells that another such question has come after those whose answers were to be lost.
func (p *Proxy) Spent() bool { return p.losing.Load() < 0 }

func (p *Proxy) serve(ctx context.Context, l net.Listener) {
	for {
		client, err := l.Accept()
		if err != nil {
			return
		}
		server, err := new(net.Dialer).DialContext(ctx, "tcp", p.server)
		if err != nil {
			_ = client.Close()
			continue
		}

		var doomed atomic.Bool
		go pass(server, client, func(question []byte) bool {
			text, given := p.text.Load().([]byte)
			if given && bytes.Contains(question, text) && p.losing.Add(-1) >= 0 {
				doomed.Store(true)
			}
			return true
		})
		go pass(client, server, func([]byte) bool { return !doomed.Load() })
	}
}

// pass copies until one side ends, or a piece is not to go on, and ends both then.
func pass(to, from net.Conn, goesOn func(piece []byte) bool) {
	defer func() { _, _ = to.Close(), from.Close() }()

	for buffer := make([]byte, 64<<10); ; {
		n, err := from.Read(buffer)
		if err != nil || !goesOn(buffer[:n]) {
			return
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}
