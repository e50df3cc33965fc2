package api_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"example.com/app/lib/api"
)

func listener(t *testing.T) net.Listener {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// serving runs Serve around h; stop ends its context, and ended tells what it returned.
func serving(t *testing.T, h http.HandlerFunc, grace time.Duration) (url string, stop func(), ended chan error) {
	t.Helper()
	l := listener(t)
	ctx, cancel := context.WithCancel(t.Context())
	ended = make(chan error, 1)
	go func() { ended <- api.Serve(ctx, l, h, grace) }()
	t.Cleanup(cancel)
	return "http://" + l.Addr().String(), cancel, ended
}

// answer is what a request met.
type answer struct {
	body string
	err  error
}

func ask(t *testing.T, url string) chan answer {
	t.Helper()
	got := make(chan answer, 1)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			got <- answer{err: err}
			return
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		got <- answer{string(body), err}
	}()
	return got
}

func TestRequestThatRunsIsFinishedAndNoNewOneTaken(t *testing.T) {
	t.Parallel()
	running, finish := make(chan struct{}), make(chan struct{})
	url, stop, ended := serving(t, func(w http.ResponseWriter, r *http.Request) {
		close(running)
		<-finish
		if err := r.Context().Err(); err != nil {
			t.Errorf("the request saw the end: %v", err)
		}
		_, _ = w.Write([]byte("whole"))
	}, 10*time.Second)

	got := ask(t, url)
	<-running
	stop()
	for refused := false; !refused; {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", url[len("http://"):])
		if refused = err != nil; !refused {
			_ = conn.Close()
		}
	}
	close(finish)
	if a := <-got; a.err != nil || a.body != "whole" {
		t.Errorf("%+v", a)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestRequestThatOutlastsTheGraceIsCutOff(t *testing.T) {
	t.Parallel()
	running := make(chan struct{})
	url, stop, ended := serving(t, func(_ http.ResponseWriter, r *http.Request) {
		close(running)
		<-r.Context().Done()
	}, 20*time.Millisecond)

	got := ask(t, url)
	<-running
	stop()
	if err := <-ended; err == nil {
		t.Error("Serve says that everything was finished")
	}
	if a := <-got; a.err == nil {
		t.Errorf("%+v", a)
	}
}

func TestListenerThatFailsEndsServe(t *testing.T) {
	t.Parallel()
	l := listener(t)
	l.Close()
	if err := api.Serve(t.Context(), l, http.NotFoundHandler(), time.Second); err == nil {
		t.Error("Serve returned nothing")
	}
}
