package api_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/app/lib/api"
	"example.com/app/lib/auth"
)

// pipes is a listener whose connections know of the time in a bubble.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	if c, ok := <-p; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}

func (p pipes) Close() error   { close(p); return nil }
func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }

// connected is a new connection to p.
func (p pipes) connected(t *testing.T) net.Conn {
	t.Helper()
	client, server := net.Pipe()
	t.Cleanup(func() { _ = client.Close() })
	p <- server
	return client
}

// lasting is how long the server keeps a connection open that says head, and then more each second.
func lasting(t *testing.T, p pipes, head, more string) (time.Duration, string) {
	t.Helper()
	began, conn := time.Now(), p.connected(t)
	heard := make(chan string)
	go func() {
		all, _ := io.ReadAll(conn)
		heard <- string(all)
	}()

	_, _ = io.WriteString(conn, head)
	ticks := time.NewTicker(time.Second)
	defer ticks.Stop()
	for {
		select {
		case all := <-heard:
			return time.Since(began), all
		case <-ticks.C:
			if more != "" {
				_, _ = io.WriteString(conn, more)
			}
		}
	}
}

func TestConnectionsThatHoldOutAreCutOff(t *testing.T) {
	t.Parallel()
	const head = "POST / HTTP/1.1\r\nHost: a\r\n"
	for name, tt := range map[string]struct {
		head, more  string
		least, most time.Duration
		answer      string
	}{
		"who says nothing":        {"", "", 5 * time.Second, 6 * time.Second, ""},
		"who trickles headers":    {head, "A: b\r\n", 5 * time.Second, 6 * time.Second, ""},
		"who trickles a body":     {head + "Content-Length: 100\r\n\r\n", "a", 30 * time.Second, 31 * time.Second, "408"},
		"who is silent meanwhile": {head + "Content-Length: 0\r\n\r\n", "", 2 * time.Minute, 121 * time.Second, "200 OK"},
		"whose headers are giant": {head + "A: " + strings.Repeat("a", 69<<10) + "\r\n\r\n", "", 0, 6 * time.Second, "431"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := make(pipes)
				ctx, stop := context.WithCancel(t.Context())
				ended := make(chan error)
				go func() { ended <- api.Serve(ctx, p, http.HandlerFunc(echoed), time.Second) }()

				lasted, answer := lasting(t, p, tt.head, tt.more)
				if lasted < tt.least || lasted > tt.most || !strings.Contains(answer, tt.answer) || tt.answer == "" && answer != "" {
					t.Errorf("cut off after %s, and told %q", lasted, answer)
				}
				stop()
				if err := <-ended; err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// late is a listener's API in a bubble, which asks for tokens and knows none.
func late(t *testing.T) pipes {
	t.Helper()
	o := options(new(logs))
	o.Authenticate = func(context.Context, string) (auth.Identity, error) { return auth.Identity{}, auth.ErrToken }
	root := api.New(o)
	api.Post(root, "/uploads", "upload", "Count bytes", func(ctx context.Context, in *Upload) (Size, error) {
		return Size{len(in.Data)}, ctx.Err()
	}, api.Public())
	api.Post(root, "/lines", "readLines", "Read lines", readLines, api.Role(auth.Editor), api.Deadline(5*time.Minute))

	p := make(pipes)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- api.Serve(ctx, p, root.Handler(), time.Second) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return p
}

func TestOnlyWhoIsLetInMayTakeLongWithABody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lasted, answer := lasting(t, late(t), linesHead+"Content-Length: 1000\r\n\r\n", "a")
		if lasted > 31*time.Second || !strings.Contains(answer, "401 Unauthorized") {
			t.Errorf("cut off after %s, and told %q", lasted, answer)
		}
	})
}

func TestBodyThatLeavesNoTimeForTheHandlerIsTooSlow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		conn := late(t).connected(t)
		_, _ = io.WriteString(conn, "POST /api/v1/uploads HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n{")
		time.Sleep(24 * time.Second)
		_, _ = io.WriteString(conn, `"data":"a"}`)

		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		if answer.StatusCode != http.StatusRequestTimeout {
			t.Errorf("answered %d", answer.StatusCode)
		}
		_ = conn.Close()
	})
}

// echoed answers 408 to a body that does not come.
func echoed(w http.ResponseWriter, r *http.Request) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		w.Header().Set("Connection", "close")
		w.WriteHeader(http.StatusRequestTimeout)
	}
}

func TestClientsBesideThoseThatHoldOutAreServed(t *testing.T) {
	t.Parallel()
	url, stop, ended := serving(t, echoed, time.Second)
	for range 200 {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", url[len("http://"):])
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: a\r\nA: ")
	}
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", url[len("http://"):])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Errorf("answered %d", answer.StatusCode)
	}
	stop()
	if err := <-ended; err == nil {
		t.Error("a connection that holds out has finished")
	}
}
