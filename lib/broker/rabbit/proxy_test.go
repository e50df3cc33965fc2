package rabbit_test

import (
	"encoding/binary"
	"io"
	"net"
	"net/url"
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

	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	t.Cleanup(func() { l.Close() })
	u.Host = l.Addr().String()

	p := &proxy{url: u.String(), drop: func([]byte) bool { return false }}
	go p.accept(l, server)
	return p
}

func (p *proxy) filter(drop func(frame []byte) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drop = drop
}

func (p *proxy) accept(l net.Listener, server string) {
	for {
		client, err := l.Accept()
		if err != nil {
			return
		}
		upstream, err := net.Dial("tcp", server)
		if err != nil {
			client.Close()
			continue
		}
		go p.answers(client, upstream)
		go func() {
			defer upstream.Close()
			_, _ = io.Copy(upstream, client)
		}()
	}
}

func (p *proxy) answers(client, upstream net.Conn) {
	defer client.Close()
	for {
		frame := make([]byte, 7)
		if _, err := io.ReadFull(upstream, frame); err != nil {
			return
		}
		rest := make([]byte, binary.BigEndian.Uint32(frame[3:])+1)
		if _, err := io.ReadFull(upstream, rest); err != nil {
			return
		}
		frame = append(frame, rest...)

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
