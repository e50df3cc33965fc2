package outgoing_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/app/lib/outgoing"
	"example.com/app/lib/telemetry"
)

func TestFailuresSayWhichUpstreamStatusAndCause(t *testing.T) {
	t.Parallel()
	c := upstream(t, func(w http.ResponseWriter, r *http.Request) {
		status, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/v1/"))
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(status)
	}, nil)
	for status, kind := range map[int]error{
		404: outgoing.ErrNotFound, 410: outgoing.ErrNotFound, 400: outgoing.ErrFault, 401: outgoing.ErrFault, 500: outgoing.ErrFault,
		502: outgoing.ErrFault, 504: outgoing.ErrTimeout, 429: outgoing.ErrUnavailable, 503: outgoing.ErrUnavailable, 304: outgoing.ErrFault,
	} {
		_, err := page(t.Context(), c, strconv.Itoa(status))
		e, ok := errors.AsType[*outgoing.Error](err)
		if !ok || e.Upstream != "pages" || e.Status != status || !errors.Is(err, kind) {
			t.Errorf("%d is %v", status, err)
		}
		later, ok := errors.AsType[interface {
			error
			RetryAfter() time.Duration
		}](err)
		if ok != errors.Is(kind, outgoing.ErrUnavailable) || ok && later.RetryAfter() != time.Hour {
			t.Errorf("after %d one may come again after %v", status, later)
		}
	}
}

func TestAnswersThatAreNoAnswersAreTheUpstreamsFault(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]http.HandlerFunc{
		"no JSON":   func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") },
		"too large": func(w http.ResponseWriter, _ *http.Request) { says(w, strings.Repeat("x", 1<<20)) },
		"cut off": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			says(w, "x")
		},
		"redirect to elsewhere": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.2/", http.StatusFound)
		},
		"endless redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path, http.StatusFound)
		},
	} {
		if _, err := page(t.Context(), upstream(t, h, nil), "a"); !errors.Is(err, outgoing.ErrFault) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRedirectOnTheSameHostIsFollowed(t *testing.T) {
	t.Parallel()
	c := upstream(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/old" {
			http.Redirect(w, r, "/v1/new", http.StatusMovedPermanently)
			return
		}
		says(w, r.URL.Path)
	}, nil)
	if got, err := page(t.Context(), c, "old"); got != "/v1/new" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

func TestPartsOfThePathAreEscapedAndNoneLeadsUp(t *testing.T) {
	t.Parallel()
	c := upstream(t, func(w http.ResponseWriter, r *http.Request) { says(w, r.URL.EscapedPath()+"?"+r.URL.RawQuery) }, nil)
	for part, want := range map[string]string{
		"a/b": "/v1/a%2Fb?", "a b?c#d": "/v1/a%20b%3Fc%23d?", "%2e%2e": "/v1/%252e%252e?", "...": "/v1/...?", "é\x00": "/v1/%C3%A9%00?",
	} {
		if got, err := page(t.Context(), c, part); got != want || err != nil {
			t.Errorf("%q leads to %q, %v", part, got, err)
		}
	}
	for _, part := range []string{"..", ".", "", "../x", "x/..", `..\x`, "/", "x/./y"} {
		if got, err := page(t.Context(), c, "a", part); !errors.Is(err, outgoing.ErrNotFound) {
			t.Errorf("%q leads to %q, %v", part, got, err)
		}
	}
	if got, err := outgoing.Get[string](t.Context(), c, url.Values{"q": {"a&b"}}); got != "/v1?q=a%26b" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

func TestOnlyWhatIsSafeIsRetriedAndNotForEver(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status, want int
		method       string
		key          string
	}{
		{503, 3, "GET", ""},
		{429, 3, "GET", ""},
		{502, 3, "GET", ""},
		{504, 3, "GET", ""},
		{503, 3, "PUT", ""},
		{503, 3, "POST", "k"},
		{500, 1, "GET", ""},
		{404, 1, "GET", ""},
		{400, 1, "GET", ""},
		{503, 1, "POST", ""},
		{502, 1, "PATCH", ""},
	} {
		var asked atomic.Int32
		client := upstream(t, func(w http.ResponseWriter, r *http.Request) {
			if body, _ := io.ReadAll(r.Body); string(body) != "x" {
				t.Errorf("attempt %d brings %q", asked.Load(), body)
			}
			asked.Add(1)
			w.WriteHeader(c.status)
		}, nil)
		r := outgoing.Request{Method: c.method, Path: []string{"a"}, Header: http.Header{}, Body: []byte("x")}
		if c.key != "" {
			r.Header.Set("Idempotency-Key", c.key)
		}
		err := client.Do(t.Context(), r, nil)
		if int(asked.Load()) != c.want || err == nil {
			t.Errorf("%s with key %q, answered %d, is sent %d times: %v", c.method, c.key, c.status, asked.Load(), err)
		}
	}
}

func TestRetryThatGoesWellIsASuccess(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(http.ResponseWriter){
		"a status":          func(w http.ResponseWriter) { w.WriteHeader(http.StatusBadGateway) },
		"a lost connection": hangUp,
		"half of an answer": func(w http.ResponseWriter) { w.Header().Set("Content-Length", "9"); says(w, "x") },
		"an overload": func(w http.ResponseWriter) {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusServiceUnavailable)
		},
		"an overload by now": func(w http.ResponseWriter) {
			w.Header().Set("Retry-After", "Thu, 01 Jan 1970 00:00:00 GMT")
			w.WriteHeader(http.StatusTooManyRequests)
		},
	} {
		var asked atomic.Int32
		c := upstream(t, func(w http.ResponseWriter, _ *http.Request) {
			if asked.Add(1) == 1 {
				fail(w)
				return
			}
			says(w, "there")
		}, nil)
		if got, err := page(t.Context(), c, "a"); got != "there" || err != nil {
			t.Errorf("after %s: %q, %v", name, got, err)
		}
	}
}

func hangUp(w http.ResponseWriter) {
	connection, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		_ = connection.Close()
	}
}

func TestRetryComesNoSoonerThanTheUpstreamAsks(t *testing.T) {
	t.Parallel()
	var first time.Time
	c := upstream(t, func(w http.ResponseWriter, _ *http.Request) {
		if first.IsZero() {
			first = time.Now()
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		if waited := time.Since(first); waited < time.Second {
			t.Errorf("it came again after %s", waited)
		}
		says(w, "there")
	}, nil)
	if got, err := page(t.Context(), c, "a"); got != "there" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

func TestSilenceIsKeptForAnHourAtMost(t *testing.T) {
	t.Parallel()
	for _, wish := range []string{"2147483647", "3601", "Fri, 31 Dec 9999 23:59:59 GMT"} {
		var asked atomic.Int32
		c := upstream(t, func(w http.ResponseWriter, _ *http.Request) {
			asked.Add(1)
			w.Header().Set("Retry-After", wish)
			w.WriteHeader(http.StatusServiceUnavailable)
		}, nil)
		_, err := page(t.Context(), c, "a")
		later, ok := errors.AsType[interface {
			error
			RetryAfter() time.Duration
		}](err)
		if !ok || later.RetryAfter() != time.Hour || asked.Load() != 1 {
			t.Errorf("asked %d times by %s: %v", asked.Load(), wish, later)
		}
	}
}

func TestAnswerThatDoesNotComeInTimeIsNotAwaited(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]http.HandlerFunc{
		"silence": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"a slow drip": func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				_, _ = io.WriteString(w, " ")
				_ = http.NewResponseController(w).Flush()
				time.Sleep(10 * time.Millisecond)
			}
		},
	} {
		var asked atomic.Int32
		c := upstream(t, func(w http.ResponseWriter, r *http.Request) { asked.Add(1); h(w, r) },
			func(o *outgoing.Options) { o.Timeout = 200 * time.Millisecond })
		if _, err := page(t.Context(), c, "a"); !errors.Is(err, outgoing.ErrTimeout) || asked.Load() > 1 {
			t.Errorf("%s, %d times: %v", name, asked.Load(), err)
		}
	}
}

func TestNoMoreCallsAtOnceThanMayBe(t *testing.T) {
	t.Parallel()
	var now, most atomic.Int32
	full := make(chan struct{})
	proceed := sync.OnceFunc(func() { close(full) })
	c := upstream(t, func(w http.ResponseWriter, _ *http.Request) {
		n := now.Add(1)
		defer now.Add(-1)
		for was := most.Load(); n > was && !most.CompareAndSwap(was, n); was = most.Load() {
		}
		if n == 3 {
			time.AfterFunc(50*time.Millisecond, proceed)
		}
		<-full
		says(w, "there")
	}, func(o *outgoing.Options) { o.AtOnce = 3 })
	var callers sync.WaitGroup
	for range 9 {
		callers.Go(func() { _, _ = page(t.Context(), c, "a") })
	}
	callers.Wait()
	if most.Load() != 3 {
		t.Errorf("%d at once", most.Load())
	}
}

func TestRateIsKept(t *testing.T) {
	t.Parallel()
	c := upstream(t, func(w http.ResponseWriter, _ *http.Request) { says(w, "there") }, func(o *outgoing.Options) { o.Rate = 0.01 })
	if _, err := page(t.Context(), c, "a"); err != nil {
		t.Fatal(err)
	}
	if _, err := page(t.Context(), c, "a"); !errors.Is(err, outgoing.ErrTimeout) {
		t.Errorf("a second request within a hundred seconds: %v", err)
	}
}

func TestHooksSeeEveryRequestAndAnswer(t *testing.T) {
	t.Parallel()
	var statuses []int
	c := upstream(t, func(w http.ResponseWriter, r *http.Request) {
		if len(statuses) == 0 {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		says(w, r.Header.Get("X-Key"))
	}, func(o *outgoing.Options) {
		o.Before = func(r *http.Request) { r.Header.Set("X-Key", "k") }
		o.After = func(r *http.Response) { statuses = append(statuses, r.StatusCode) }
	})
	if got, err := page(t.Context(), c, "a"); got != "k" || err != nil || !slices.Equal(statuses, []int{502, 200}) {
		t.Errorf("%q, %v, %v", got, err, statuses)
	}
}

func TestURLThatIsNoUpstreamIsRefused(t *testing.T) {
	t.Parallel()
	for _, u := range []string{
		"", "pages", "ftp://pages", "http://", "http://:80", "http://pages/?x=1", "http://pages?", "http://pages#x", "http://pages\x00", "http://u:hush@pages:x",
	} {
		_, err := outgoing.New(outgoing.Options{Name: "pages", URL: u})
		if wrong := outgoing.CheckURL(u); wrong == nil || !errors.Is(err, wrong) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%q: %v, %v", u, wrong, err)
		}
	}
	for _, u := range []string{"http://pages", "https://u:hush@pages:8443/v1/"} {
		if err := outgoing.CheckURL(u); err != nil {
			t.Errorf("%q: %v", u, err)
		}
	}
}

func TestClientWithoutBoundsIsRefused(t *testing.T) {
	t.Parallel()
	for name, forget := range map[string]func(*outgoing.Options){
		"Name":     func(o *outgoing.Options) { o.Name = "" },
		"Timeout":  func(o *outgoing.Options) { o.Timeout = 0 },
		"AtOnce":   func(o *outgoing.Options) { o.AtOnce = 0 },
		"Rate":     func(o *outgoing.Options) { o.Rate = 0 },
		"MaxBytes": func(o *outgoing.Options) { o.MaxBytes = 0 },
		"Log":      func(o *outgoing.Options) { o.Log = nil },
	} {
		o := options("http://pages")
		forget(&o)
		if _, err := outgoing.New(o); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("without %s: %v", name, err)
		}
	}
}

func TestWhatHasToBeThereIsTheUpstreamsFault(t *testing.T) {
	t.Parallel()
	c := upstream(t, http.NotFound, nil)
	_, missing := page(t.Context(), c, "a")
	e, ok := errors.AsType[*outgoing.Error](outgoing.Fault(missing))
	if !ok || !errors.Is(e, outgoing.ErrFault) || errors.Is(e, outgoing.ErrNotFound) || e.Status != http.StatusNotFound || !errors.Is(missing, outgoing.ErrNotFound) {
		t.Errorf("%v became %v", missing, e)
	}
	if other := errors.New("another"); !errors.Is(outgoing.Fault(other), other) || outgoing.Fault(nil) != nil {
		t.Error("another error did not stay as it is")
	}
}

func TestReaderThatPanicsIsAnError(t *testing.T) {
	t.Parallel()
	c := upstream(t, func(w http.ResponseWriter, _ *http.Request) { says(w, "there") }, nil)
	err := c.Do(t.Context(), outgoing.Request{Method: http.MethodGet}, func([]byte) error { panic("ouch") })
	p, ok := errors.AsType[*telemetry.PanicError](err)
	if !ok || !errors.Is(err, outgoing.ErrFault) || !strings.Contains(p.Stack(), "outgoing_test.go") {
		t.Errorf("%v", err)
	}
}

func TestErrorsKeepTheQueryToThemselves(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	c := upstream(t, nil, func(o *outgoing.Options) { o.URL = server.URL })
	_, err := outgoing.Get[string](t.Context(), c, url.Values{"key": {"hush"}}, "a")
	e, ok := errors.AsType[*outgoing.Error](err)
	if !ok || !errors.Is(err, outgoing.ErrUnreachable) || strings.Contains(err.Error(), "hush") || e.Detail() != "the upstream service could not be reached: pages" {
		t.Errorf("%v", err)
	}
}

func TestCallerWhoLeavesIsAnsweredAtOnce(t *testing.T) {
	t.Parallel()
	ctx, leave := context.WithCancel(t.Context())
	c := upstream(t, func(_ http.ResponseWriter, r *http.Request) {
		leave()
		<-r.Context().Done()
	}, nil)
	if _, err := page(ctx, c, "a"); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
