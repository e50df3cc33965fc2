package rabbit_test

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/url"
	"slices"
	"sync"
	"testing"
)

// proxy stands between a driver and the server, and may hold back what the server says.
type proxy struct {
	url  string
	mu   sync.Mutex
	drop func(frame []byte) bool
}

// newProxy has an address of its own for the server of amqpURL.
func newProxy(t testing.TB, amqpURL string) *proxy {
	t.Helper()
	u, err := url.Parse(amqpURL)
	check(t, err)
	server := u.Host

	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	check(t, err)
	t.Cleanup(func() { _ = l.Close() })
	u.Host = l.Addr().String()

	p := &proxy{url: u.String(), drop: func([]byte) bool { return false }}
	go p.accept(t.Context(), l, server)
	return p
}

func (p *proxy) filter(drop func(frame []byte) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drop = drop
}

func (p *proxy) accept(ctx context.Context, l net.Listener, server string) {
	for {
		client, err := l.Accept()
		if err != nil {
			return
		}
		upstream, err := new(net.Dialer).DialContext(ctx, "tcp", server)
		if err != nil {
			_ = client.Close()
			continue
		}
		go p.answers(client, upstream)
		go func() {
			_, _ = io.Copy(upstream, client)
			_ = upstream.Close()
		}()
	}
}

func (p *proxy) answers(client, upstream net.Conn) {
	defer func() { _ = client.Close() }()
	for {
		var head [7]byte
		if _, err := io.ReadFull(upstream, head[:]); err != nil {
			return
		}
		rest := make([]byte, binary.BigEndian.Uint32(head[3:])+1)
		if _, err := io.ReadFull(upstream, rest); err != nil {
			return
		}
		frame := slices.Concat(head[:], rest)

		p.mu.Lock()
		dropped := p.drop(frame)
		p.mu.Unlock()
		if dropped {
			continue
		}
		if _, err := client.Write(frame); err != nil {
			return
		}
	}
}

// isConfirmation recognises basic.ack.
func isConfirmation(frame []byte) bool {
	return frame[0] == 1 && binary.BigEndian.Uint16(frame[7:]) == 60 && binary.BigEndian.Uint16(frame[9:]) == 80
}
