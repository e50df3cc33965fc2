package api_test

import (
	"net/http"
	"strings"
	"testing"

	"example.com/app/lib/api"
)

const page = "https://example.com"

func crossing(t *testing.T) *site {
	t.Helper()
	s := sample(t)
	s.root.SetPolicy(api.Policy{CORSOrigins: []string{"https://Example.com:443/", "http://127.0.0.1:3000"}})
	return s
}

func TestPagesOfNamedOriginsAloneMayReadAnswers(t *testing.T) {
	t.Parallel()
	s := crossing(t)
	for origin, allowed := range map[string]bool{
		page: true, "http://127.0.0.1:3000": true,
		"http://example.com": false, "https://example.com:8443": false, "https://www.example.com": false,
		"https://example.com.evil.example": false, "null": false, "*": false,
	} {
		for _, path := range []string{notePath, "/api/v1/notes?limit=0", "/nothing"} {
			h := s.do(t, "GET", path, "", "Origin", origin).Header()
			want := ""
			if allowed {
				want = origin
			}
			if got := h.Get("Access-Control-Allow-Origin"); got != want || h.Get("Vary") != "Origin, Accept-Encoding" {
				t.Errorf("%s of %s: %q, Vary %q", path, origin, got, h.Get("Vary"))
			}
			if exposed := h.Get("Access-Control-Expose-Headers"); strings.Contains(exposed, "X-Request-ID") != allowed {
				t.Errorf("%s of %s exposes %q", path, origin, exposed)
			}
			if _, ok := h["Access-Control-Allow-Credentials"]; ok {
				t.Errorf("%s of %s may send cookies", path, origin)
			}
		}
	}
}

func TestPreflightTellsWhatAPageMayDo(t *testing.T) {
	t.Parallel()
	s := crossing(t)
	w := s.do(t, "OPTIONS", notePath, "", "Origin", page, "Access-Control-Request-Method", "PATCH", "Access-Control-Request-Headers", "authorization")
	h := w.Header()
	if w.Code != http.StatusNoContent || h.Get("Access-Control-Allow-Origin") != page || h.Get("Access-Control-Max-Age") == "" {
		t.Errorf("%d %v", w.Code, h)
	}
	for _, method := range []string{"GET", "PATCH", "DELETE"} {
		if !strings.Contains(h.Get("Access-Control-Allow-Methods"), method) {
			t.Errorf("%s is missing: %v", method, h)
		}
	}
	for _, header := range []string{"Authorization", "Content-Type", "If-Match", "If-None-Match", "Idempotency-Key", "Traceparent", "X-Request-ID"} {
		if !strings.Contains(h.Get("Access-Control-Allow-Headers"), header) {
			t.Errorf("%s is missing: %v", header, h)
		}
	}
}

func TestPreflightOfAnotherOriginIsAllowedNothing(t *testing.T) {
	t.Parallel()
	s := crossing(t)
	for _, headers := range [][]string{
		{"Origin", "https://evil.example", "Access-Control-Request-Method", "PATCH"},
		{"Origin", page, "Origin", "https://evil.example", "Access-Control-Request-Method", "PATCH"},
		{"Access-Control-Request-Method", "PATCH"},
	} {
		w := s.do(t, "OPTIONS", notePath, "", headers...)
		for name := range w.Header() {
			if strings.HasPrefix(name, "Access-Control-") {
				t.Errorf("%q: %s", headers, name)
			}
		}
	}
	if w := s.do(t, "OPTIONS", "/nothing", "", "Origin", page, "Access-Control-Request-Method", "GET"); w.Code != http.StatusNotFound {
		t.Errorf("a path that does not exist: %d", w.Code)
	}
}

func TestNobodyMayCrossWithoutNamedOrigins(t *testing.T) {
	t.Parallel()
	h := sample(t).do(t, "GET", notePath, "", "Origin", page).Header()
	if h.Get("Access-Control-Allow-Origin") != "" || h.Get("Vary") != "Accept-Encoding" {
		t.Errorf("%v", h)
	}
}
