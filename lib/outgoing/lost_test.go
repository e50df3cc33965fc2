package outgoing_test

import (
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/app/lib/outgoing"
	"example.com/app/lib/testenv"
)

// route leads to a server. On connections that are lost nothing goes to and fro, and nobody is told.
type route struct {
	net.Listener
	accepted atomic.Int64
	lost     atomic.Int64 // connections, from the first on
}

func (r *route) Accept() (net.Conn, error) {
	c, err := r.Listener.Accept()
	return &connection{c, r, r.accepted.Add(1)}, err
}

// cut loses the connections that there are. Those to come work.
func (r *route) cut() { r.lost.Store(r.accepted.Load()) }

type connection struct {
	net.Conn
	route  *route
	number int64
}

func (c *connection) lost() bool { return c.number <= c.route.lost.Load() }

func (c *connection) Read(b []byte) (int, error) {
	for {
		if n, err := c.Conn.Read(b); err != nil || !c.lost() {
			return n, err
		}
	}
}

func (c *connection) Write(b []byte) (int, error) {
	if c.lost() {
		return len(b), nil
	}
	return c.Conn.Write(b)
}

// distant is a client of an upstream that speaks TLS and HTTP/2, behind a route.
func distant(t *testing.T) (*outgoing.Client, *route) {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { says(w, r.Proto) }))
	way := &route{Listener: server.Listener}
	server.Listener, server.EnableHTTP2 = way, true
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.StartTLS()
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return upstream(t, nil, func(o *outgoing.Options) { o.URL, o.AtOnce, o.Timeout = server.URL, 3, time.Second }), way
}

func TestUpstreamThatHungInHandshakesIsAskedAgain(t *testing.T) {
	t.Parallel()
	c, way := distant(t)
	way.lost.Store(math.MaxInt64)
	var callers sync.WaitGroup
	for range 3 {
		callers.Go(func() {
			if got, err := page(t.Context(), c, "a"); err == nil {
				t.Errorf("a server that hangs says %q", got)
			}
		})
	}
	callers.Wait()
	way.cut()
	testenv.Eventually(t, "it is asked on a new connection", func() bool {
		_, err := page(t.Context(), c, "a")
		return err == nil
	})
}

func TestConnectionThatWasLostInSilenceIsGivenUp(t *testing.T) {
	t.Parallel()
	c, way := distant(t)
	testenv.Eventually(t, "it answers over HTTP/2", func() bool {
		got, err := page(t.Context(), c, "a")
		return got == "HTTP/2.0" && err == nil
	})
	way.cut()
	testenv.Eventually(t, "it is asked on a new connection", func() bool {
		_, err := page(t.Context(), c, "a")
		return err == nil
	})
}
