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

// raw sends text to a real port and reads one answer, as a simple client does: first all writing, then reading.
func raw(t *testing.T, address, text string) (status int, closes bool) {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatalf("the server hung up while the client wrote: %v", err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	return answer.StatusCode, answer.Close
}

func TestSimpleClientReadsThe413OfALargeBody(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(sample(t).handler)
	defer server.Close()
	address := server.Listener.Addr().String()

	data := strings.Repeat("a", 3<<20)
	head := "POST /api/v1/uploads HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
	for name, text := range map[string]string{
		"length":  fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", head, len(data), data),
		"chunked": fmt.Sprintf("%sTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", head, len(data), data),
	} {
		status, closes := raw(t, address, text)
		if status != http.StatusRequestEntityTooLarge || closes {
			t.Errorf("%s: %d, connection closes: %t", name, status, closes)
		}
	}

	waiting, _ := raw(t, address, fmt.Sprintf("%sExpect: 100-continue\r\nContent-Length: %d\r\n\r\n", head, len(data)))
	if waiting != http.StatusRequestEntityTooLarge {
		t.Errorf("a client that asks first: %d", waiting)
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
