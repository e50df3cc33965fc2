package chaos_test

import (
	"bytes"
	"net"
	"net/url"
	"sync/atomic"
)

// proxy stands between the service and its database, and can keep the answer to a commit from it.
type proxy struct {
	w       *world
	to      string
	pending atomic.Int64 // answers that are still to be kept
	kept    atomic.Int64
}

// between puts a proxy between the processes that start from now on and the database.
func (w *world) between() *proxy {
	w.Helper()
	u, err := url.Parse(w.settings["DATABASE_URL"])
	w.must(err)
	l, err := new(net.ListenConfig).Listen(w.Context(), "tcp", "127.0.0.1:0")
	w.must(err)
	w.Cleanup(func() { l.Close() })

	p := &proxy{w: w, to: u.Host}
	u.Host = l.Addr().String()
	w.settings = w.settings.With(settings{"DATABASE_URL": u.String()})
	go p.accept(l)
	return p
}

func (p *proxy) accept(l net.Listener) {
	for {
		client, err := l.Accept()
		if err != nil {
			return
		}
		server, err := new(net.Dialer).DialContext(p.w.Context(), "tcp", p.to)
		if err != nil {
			_ = client.Close()
			continue
		}

		var doomed atomic.Bool
		go pass(server, client, func(asked []byte) bool {
			if bytes.Contains(asked, []byte("commit\x00")) && p.take() {
				doomed.Store(true)
			}
			return true
		})
		go pass(client, server, func([]byte) bool {
			if doomed.Load() {
				p.kept.Add(1)
			}
			return !doomed.Load()
		})
	}
}

func (p *proxy) take() bool {
	for {
		n := p.pending.Load()
		if n == 0 {
			return false
		}
		if p.pending.CompareAndSwap(n, n-1) {
			return true
		}
	}
}

// pass copies until one side ends, or a piece is not to go on, and then ends both.
func pass(to, from net.Conn, goesOn func(piece []byte) bool) {
	defer func() { _, _ = to.Close(), from.Close() }()

	for buffer := make([]byte, 64<<10); ; {
		n, err := from.Read(buffer)
		if n > 0 && !goesOn(buffer[:n]) {
			return
		}
		if _, lost := to.Write(buffer[:n]); err != nil || lost != nil {
			return
		}
	}
}
