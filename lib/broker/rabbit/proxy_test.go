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
	gone chan struct{} // closed: nothing goes through in either direction
}

// vanish keeps the connections and lets nothing through any more, as a network that is cut.
func (p *proxy) vanish() { close(p.gone) }

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

	p := &proxy{url: u.String(), drop: func([]byte) bool { return false }, gone: make(chan struct{})}
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
		go p.answers(ctx, client, upstream)
		go p.requests(ctx, client, upstream)
	}
}

func (p *proxy) requests(ctx context.Context, client, upstream net.Conn) {
	defer func() { _ = upstream.Close() }()
	for buffer := make([]byte, 64<<10); ; {
		n, err := client.Read(buffer)
		p.pass(ctx)
		if _, lost := upstream.Write(buffer[:n]); err != nil || lost != nil {
			return
		}
	}
}

// pass returns at once until the proxy vanishes, and then with the end of the test.
func (p *proxy) pass(ctx context.Context) {
	select {
	case <-p.gone:
		<-ctx.Done()
	default:
	}
}

func (p *proxy) answers(ctx context.Context, client, upstream net.Conn) {
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
		p.pass(ctx)

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
