package api_test

import (
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"example.com/app/lib/api"
	"example.com/app/lib/api/apitest"
	"example.com/app/lib/auth"
	"example.com/app/lib/telemetry"
)

// FuzzHeaders sends anything where headers are: what a handler sees of it is in order, and so is every answer.
func FuzzHeaders(f *testing.F) {
	f.Add("a", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", `"3"`, "Bearer good", "1.2.3.4", "gzip", "https://a.example")
	f.Add("\x00", "00-0-0-0", `W/"3", "a,b`, "bearer  good", "1.2.3.4:80, [::1]:5, unknown", "gzip;q=0, *", "null")
	f.Add("", "", "*", "Basic good", "fe80::1%eth0,::ffff:10.0.0.1", "*;q=0.000", "x")
	var seen context.Context
	o := options(new(logs))
	o.Proxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")} // that of httptest
	o.Policy = api.Policy{CORSOrigins: []string{"https://a.example"}}
	o.Authenticate = func(_ context.Context, token string) (auth.Identity, error) {
		if token != "good" {
			return auth.Identity{}, auth.ErrToken
		}
		return auth.Identity{User: 1, Role: auth.Reader}, nil
	}
	root := api.New(o)
	api.Get(root, "/notes/{id}", "showNote", "Show", func(ctx context.Context, in *NoteID) (NoteOut, error) {
		seen = ctx
		return NoteOut{ID: in.ID, Title: strings.Repeat("a", 2000), Version: 3}, nil
	}, api.Role(auth.Reader))
	api.Patch(root, "/notes/{id}", "changeNote", "Change", changeNote, api.Public())
	handler := apitest.Handler(f, root)

	f.Fuzz(func(t *testing.T, id, parent, tag, authorization, forwarded, encoding, origin string) {
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPatch, http.MethodOptions} {
			seen = nil
			r := httptest.NewRequestWithContext(t.Context(), method, "/api/v1/notes/5", http.NoBody)
			r.Header = http.Header{
				"X-Request-Id": {id}, "Traceparent": {parent}, "If-Match": {tag}, "If-None-Match": {tag}, "Authorization": {authorization},
				"X-Forwarded-For": {forwarded}, "Accept-Encoding": {encoding}, "Origin": {origin}, "Access-Control-Request-Method": {"GET"},
			}
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			if w.Code >= http.StatusInternalServerError {
				t.Errorf("%s: %d %s", method, w.Code, w.Body)
			}
			if given := w.Header().Get("X-Request-Id"); !requestIDs.MatchString(given) || requestIDs.MatchString(id) && given != id {
				t.Errorf("the request %q is called %q", id, given)
			}
			if allowed := w.Header().Get("Access-Control-Allow-Origin"); allowed != "" && allowed != "https://a.example" {
				t.Errorf("%q may read it", allowed)
			}
			legible(t, w)
			if seen != nil {
				inOrder(seen, t, parent)
			}
		}
	})
}

var requestIDs = regexp.MustCompile(`^[ -~]{1,64}$`)

func inOrder(ctx context.Context, t *testing.T, parent string) {
	t.Helper()
	if who, ok := auth.Of(ctx); !ok || who.User != 1 {
		t.Errorf("a stranger came in: %+v", who)
	}
	trace := telemetry.TraceOf(ctx)
	if !telemetry.ValidTraceparent(trace.Traceparent) || telemetry.ValidTraceparent(parent) && trace.Traceparent != parent {
		t.Errorf("traceparent %q became %q", parent, trace.Traceparent)
	}
	if client := api.Client(ctx); !client.IsValid() || client.Zone() != "" || client.Is4In6() {
		t.Errorf("the client is %s", client)
	}
}

func legible(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	if w.Header().Get("Content-Encoding") == "" || w.Body.Len() == 0 {
		return
	}
	r, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(r); err != nil || !utf8.Valid(text) {
		t.Errorf("unpacked to %q, %v", text, err)
	}
}

// FuzzRate holds that what is read can be written, and means the same then.
func FuzzRate(f *testing.F) {
	for _, text := range []string{"off", "100/s", "30/m", "5/h", "0/s", "-1/s", "1e3/s", "1/d", "/", "99999999999999999999/s", "+5/s"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var r, again api.Rate
		if r.UnmarshalText([]byte(text)) != nil {
			return
		}
		if r.Requests < 0 || (r.Requests == 0) != (r.Per == 0) {
			t.Errorf("%q is read as %+v", text, r)
		}
		if err := again.UnmarshalText([]byte(r.String())); err != nil || again != r {
			t.Errorf("%q is written as %s, %v", text, r, err)
		}
	})
}
