package rabbit_test

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
)

// proxy stands between a driver and the server, counts acks, and may hold back what the server says.
type proxy struct {
	url  string
	acks atomic.Int64 // frames
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
	const greeting = 8 // bytes, before the first frame
	if _, err := io.CopyN(upstream, client, greeting); err != nil {
		return
	}
	for {
		frame, err := readFrame(client)
		p.pass(ctx)
		if err != nil {
			return
		}
		if isAck(frame) {
			p.acks.Add(1)
		}
		if _, err := upstream.Write(frame); err != nil {
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
		frame, err := readFrame(upstream)
		if err != nil {
			return
		}
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

func readFrame(r io.Reader) ([]byte, error) {
	var head [7]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	rest := make([]byte, binary.BigEndian.Uint32(head[3:])+1)
	_, err := io.ReadFull(r, rest)
	return slices.Concat(head[:], rest), err
}

// isAck recognises basic.ack: a consumer's word, or the server's confirmation.
func isAck(frame []byte) bool {
	return frame[0] == 1 && binary.BigEndian.Uint16(frame[7:]) == 60 && binary.BigEndian.Uint16(frame[9:]) == 80
}
