//go:build unix

package cmd_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.com/app/lib/testenv"
)

// many is how many connections a test opens at once: 10,000, or half of what this process may have open.
func many(t *testing.T) int {
	t.Helper()
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	return int(min(10_000, limit.Cur/2))
}

// connections holds them open in turn with all that an attacker does to them.
func (b *besieged) connections() {
	b.beside("headers that come a byte at a time", b.slowHeaders)
	b.beside("connections that say nothing", b.idle)
	b.beside("headers without an end", b.giantHeaders)
	b.beside("requests with two ends", b.smuggled)
}

func (b *besieged) dial(t *testing.T) net.Conn {
	t.Helper()
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", "127.0.0.1:"+b.settings["API_PORT"])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(testenv.Patience))
	return c
}

// slowHeaders expects to be cut off however much comes in the end.
func (b *besieged) slowHeaders(t *testing.T) {
	var all sync.WaitGroup
	for range 200 {
		c := b.dial(t)
		ctx, cutOff := context.WithCancel(t.Context())
		go trickle(ctx, c)
		all.Go(func() {
			defer cutOff()
			answer, _ := io.ReadAll(c) // how it ends does not matter; that it ends does
			if strings.Contains(string(answer), "200 OK") {
				t.Errorf("answered %s", answer)
			}
		})
	}
	all.Wait()
}

// trickle goes on for longer than any client needs.
func trickle(ctx context.Context, c net.Conn) {
	text := "GET /livez HTTP/1.1\r\nHost: x\r\nX-Slow: " + strings.Repeat("a", 1000)
	for i := range text {
		select {
		case <-ctx.Done():
			return
		case <-time.After(100 * time.Millisecond):
		}
		if _, err := c.Write([]byte{text[i]}); err != nil {
			return
		}
	}
}

// idle opens as many as this host lets it, and is served beside them.
func (b *besieged) idle(t *testing.T) {
	var open []net.Conn
	for range many(t) {
		open = append(open, b.dial(t))
	}
	before := b.served.Load()
	testenv.Eventually(t, "others are served beside them", func() bool { return b.served.Load() > before+5 })
	if got := b.send(t, http.MethodGet, "/livez", ""); got.status != http.StatusOK {
		t.Errorf("a new client is answered %d %s", got.status, got.text)
	}
	t.Logf("%d connections were open", len(open))
	for _, c := range open {
		_ = c.Close()
	}
}

func (b *besieged) giantHeaders(t *testing.T) {
	for _, head := range []string{
		"GET /livez HTTP/1.1\r\nHost: x\r\nX-Big: " + strings.Repeat("a", 1<<20) + "\r\n\r\n",
		"GET /livez HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("X-Many: a\r\n", 100_000) + "\r\n",
		"GET /" + strings.Repeat("a", 1<<20) + " HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		c := b.dial(t)
		go func() { _, _ = io.WriteString(c, head) }() // it stops reading in the middle
		answer, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			continue // the connection was reset before the answer could be read
		}
		if answer.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("%.40q… is answered %s", head, answer.Status)
		}
		_ = answer.Body.Close()
	}
}

// smuggled requests are those that a proxy and the service could read as different ones.
func (b *besieged) smuggled(t *testing.T) {
	for _, head := range []string{
		"Content-Length: 4\r\nContent-Length: 5\r\n",
		"Content-Length: -1\r\n",
		"Content-Length: 4\r\nTransfer-Encoding: xchunked\r\n",
		"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
		"Transfer-Encoding : chunked\r\n",
		"X: a\x00b\r\n",
		"Host: second\r\n",
	} {
		c := b.dial(t)
		if _, err := io.WriteString(c, "POST /api/v1/students HTTP/1.1\r\nHost: x\r\n"+head+"\r\n"); err != nil {
			t.Fatal(err)
		}
		answer, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Errorf("%q is not answered: %v", head, err)
			continue
		}
		if answer.StatusCode != http.StatusBadRequest && answer.StatusCode != http.StatusNotImplemented || !answer.Close {
			t.Errorf("%q is answered %s", head, answer.Status)
		}
		_ = answer.Body.Close()
	}
}
