package api_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"example.com/app/lib/testenv"
)

func TestBodyMustBePlainJSON(t *testing.T) {
	t.Parallel()
	s := sample(t)
	tests := []struct {
		headers []string
		want    int
	}{
		{[]string{"Content-Type", "application/json; charset=UTF-8"}, 201},
		{[]string{"Content-Type", "Application/JSON"}, 201},
		{[]string{"Content-Encoding", "identity"}, 201},
		{[]string{"Content-Type", "application/json; charset=latin1"}, 415},
		{[]string{"Content-Type", "text/plain"}, 415},
		{[]string{"Content-Type", ""}, 415},
		{[]string{"Content-Type", ";;"}, 415},
		{[]string{"Content-Encoding", "gzip"}, 415},
		{[]string{"Content-Encoding", "identity", "Content-Encoding", "gzip"}, 415},
		{[]string{"Content-Type", "application/json", "Content-Type", "text/plain"}, 415},
		{[]string{"Content-Type", "application/json", "Content-Type", "application/json"}, 415},
	}
	for _, tt := range tests {
		w := s.do(t, "POST", "/api/v1/notes", `{"title":"a"}`, tt.headers...)
		if w.Code != tt.want {
			t.Errorf("%v: %d %s", tt.headers, w.Code, w.Body)
		}
		if w.Code == http.StatusUnsupportedMediaType && w.Header().Get("Accept")+w.Header().Get("Accept-Encoding") == "" {
			t.Errorf("%v: the answer does not say what is accepted", tt.headers)
		}
	}
}

func TestBodyAtItsLimitIsTakenAndOneByteMoreIsNot(t *testing.T) {
	t.Parallel()
	s := sample(t)
	body := `{"data":"` + strings.Repeat("a", 89) + `"}`
	if w := s.do(t, "POST", "/api/v1/uploads", body); w.Code != http.StatusAccepted {
		t.Errorf("%d bytes: %d %s", len(body), w.Code, w.Body)
	}
	if w := s.do(t, "POST", "/api/v1/uploads", body+" "); w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("%d bytes: %d %s", len(body)+1, w.Code, w.Body)
	}

	w := s.do(t, "POST", "/api/v1/notes", `{"title":"`+strings.Repeat("a", 1<<20)+`"}`)
	if p := problem(t, w); p.Status != http.StatusRequestEntityTooLarge || p.Type != "/problems#too_large" {
		t.Errorf("%+v", p)
	}
}

// talk is a connection to a server at a real port.
type talk struct {
	t    *testing.T
	conn *net.TCPConn
}

func dial(t *testing.T, address string) talk {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(testenv.Patience)); err != nil {
		t.Fatal(err)
	}
	return talk{t, conn.(*net.TCPConn)}
}

func (k talk) say(text string) {
	k.t.Helper()
	if _, err := io.WriteString(k.conn, text); err != nil {
		k.t.Fatalf("the server hung up while the client wrote: %v", err)
	}
}

// hangUp ends what the client says; it can still listen.
func (k talk) hangUp() {
	k.t.Helper()
	if err := k.conn.CloseWrite(); err != nil {
		k.t.Fatal(err)
	}
}

func (k talk) hear() (status int, closes bool, err error) {
	answer, err := http.ReadResponse(bufio.NewReader(k.conn), nil)
	if err != nil {
		return 0, true, err
	}
	defer answer.Body.Close()
	return answer.StatusCode, answer.Close, nil
}

// raw sends text and reads one answer, as a simple client does: first all writing, then reading.
func raw(t *testing.T, address, text string) (status int, closes bool) {
	t.Helper()
	k := dial(t, address)
	k.say(text)
	status, closes, err := k.hear()
	if err != nil {
		t.Fatal(err)
	}
	return status, closes
}

// requestTime is what port gives a request: more than a client needs that is short of a processor.
const requestTime = 2 * time.Second

// port serves the sample API at a real port.
func port(t *testing.T, h http.Handler) (address string) {
	t.Helper()
	server := httptest.NewUnstartedServer(h)
	server.Config.ReadTimeout = requestTime
	server.Start()
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

func TestSimpleClientReadsTheRefusalOfALargeBody(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(sample(t).handler)
	defer server.Close()
	address := server.Listener.Addr().String()

	data := strings.Repeat("a", 3<<20)
	for line, want := range map[string]int{
		"POST /api/v1/uploads HTTP/1.1\r\nContent-Type: application/json": 413,
		"POST /api/v1/uploads HTTP/1.1\r\nContent-Type: text/plain":       415,
		"POST /nothing HTTP/1.1":       404,
		"PUT /api/v1/uploads HTTP/1.1": 405,
	} {
		head := line + "\r\nHost: a\r\n"
		for name, text := range map[string]string{
			"length":  fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", head, len(data), data),
			"chunked": fmt.Sprintf("%sTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", head, len(data), data),
		} {
			status, closes := raw(t, address, text)
			if status != want || closes {
				t.Errorf("%s, %s: %d, connection closes: %t", line, name, status, closes)
			}
		}

		waiting, _ := raw(t, address, fmt.Sprintf("%sExpect: 100-continue\r\nContent-Length: %d\r\n\r\n", head, len(data)))
		if waiting != want {
			t.Errorf("%s: a client that asks first: %d", line, waiting)
		}
	}
}

func TestBodyThatNeverComesWholeIsRefused(t *testing.T) {
	t.Parallel()
	s := sample(t)
	address := port(t, s.handler)
	head := "POST /api/v1/notes HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
	for name, begun := range map[string]string{
		"length":  head + "Content-Length: 100\r\n\r\n{",
		"chunked": head + "Transfer-Encoding: chunked\r\n\r\n64\r\n{",
	} {
		cut := dial(t, address)
		cut.say(begun)
		cut.hangUp()
		if status, _, err := cut.hear(); status != http.StatusBadRequest {
			t.Errorf("%s, cut: %d %v", name, status, err)
		}

		stalled := dial(t, address)
		stalled.say(begun)
		if status, closes, err := stalled.hear(); status != http.StatusRequestTimeout || !closes {
			t.Errorf("%s, stalled: %d, connection closes: %t, %v", name, status, closes, err)
		}
	}
	if lines := s.logs.records(t, "request failed"); len(lines) > 0 {
		t.Errorf("%v", lines)
	}
}

func TestBodyThatBreaksOffIsRefused(t *testing.T) {
	t.Parallel()
	s := sample(t)
	r := httptest.NewRequestWithContext(t.Context(), "POST", "/api/v1/uploads", iotest.ErrReader(io.ErrUnexpectedEOF))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	if p := problem(t, w); p.Status != http.StatusBadRequest || w.Header().Get("Connection") != "close" {
		t.Errorf("%+v", p)
	}

	r = httptest.NewRequestWithContext(t.Context(), "POST", "/api/v1/uploads", iotest.ErrReader(os.ErrDeadlineExceeded))
	r.Header.Set("Content-Type", "application/json")
	w = httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	if p := problem(t, w); p.Status != http.StatusRequestTimeout {
		t.Errorf("%+v", p)
	}
}
