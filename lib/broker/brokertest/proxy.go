package brokertest

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/url"
	"sync/atomic"
)

// proxy stands between a scene and its database, and cuts off the answers to some commits.
type proxy struct {
	server string
	losing atomic.Int64 // commits whose answer is still to be lost
}

// intercept lets the scene reach its database through a proxy.
func (s *scene) intercept() *proxy {
	s.Helper()
	u, err := url.Parse(s.url)
	s.check(err)
	l, err := new(net.ListenConfig).Listen(s.Context(), "tcp", "127.0.0.1:0")
	s.check(err)
	s.Cleanup(func() { _ = l.Close() })

	p := &proxy{server: u.Host}
	go p.serve(s.Context(), l)
	u.Host = l.Addr().String()
	s.url = u.String()
	return p
}

func (p *proxy) serve(ctx context.Context, l net.Listener) {
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
		go pipe(server, client, func(asked []byte) bool {
			if bytes.Contains(asked, []byte("commit")) && p.losing.Add(-1) >= 0 {
				doomed.Store(true)
			}
			return true
		})
		go pipe(client, server, func([]byte) bool { return !doomed.Load() })
	}
}

// pipe ends both connections with the first data that must not go through.
func pipe(to io.WriteCloser, from io.ReadCloser, pass func(data []byte) bool) {
	defer func() { _, _ = to.Close(), from.Close() }()
	for data := make([]byte, 1<<16); ; {
		n, err := from.Read(data)
		if err != nil || !pass(data[:n]) {
			return
		}
		if _, err := to.Write(data[:n]); err != nil {
			return
		}
	}
}
