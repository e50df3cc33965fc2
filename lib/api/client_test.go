package api_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"example.com/app/lib/api"
)

// clientOf is the address in the access line of a request.
func clientOf(t *testing.T, h http.Handler, l *logs, peer string, forwarded ...string) any {
	t.Helper()
	before := len(l.records(t, "request"))
	r := httptest.NewRequestWithContext(t.Context(), "GET", "/nothing", http.NoBody)
	r.RemoteAddr = peer
	r.Header["X-Forwarded-For"] = forwarded
	h.ServeHTTP(httptest.NewRecorder(), r)
	return l.records(t, "request")[before]["client"]
}

func TestForwardedAddressIsBelievedOfKnownProxiesAlone(t *testing.T) {
	t.Parallel()
	l := new(logs)
	o := options(l)
	o.Proxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	h := api.New(o).Handler()

	for _, tt := range []struct {
		peer      string
		forwarded []string
		want      string
	}{
		{"192.0.2.9:1", nil, "192.0.2.9"},
		{"192.0.2.9:1", []string{"198.51.100.1"}, "192.0.2.9"},
		{"10.0.0.1:1", nil, "10.0.0.1"},
		{"10.0.0.1:1", []string{""}, "10.0.0.1"},
		{"10.0.0.1:1", []string{"198.51.100.1"}, "198.51.100.1"},
		{"[::ffff:10.0.0.1]:1", []string{"198.51.100.1"}, "198.51.100.1"},
		{"[fd00::1]:1", []string{"2001:db8::1"}, "2001:db8::1"},
		{"10.0.0.1:1", []string{"1.2.3.4, 198.51.100.1"}, "198.51.100.1"},
		{"10.0.0.1:1", []string{"1.2.3.4, 198.51.100.1 ,10.0.0.2"}, "198.51.100.1"},
		{"10.0.0.1:1", []string{"1.2.3.4", "198.51.100.1", "10.0.0.2"}, "198.51.100.1"},
		{"10.0.0.1:1", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		{"10.0.0.1:1", []string{"198.51.100.1:4711"}, "198.51.100.1"},
		{"10.0.0.1:1", []string{"[2001:db8::1]:4711"}, "2001:db8::1"},
		{"10.0.0.1:1", []string{"[2001:db8::1]"}, "2001:db8::1"},
		{"10.0.0.1:1", []string{"1.2.3.4, unknown"}, "10.0.0.1"},
		{"10.0.0.1:1", []string{"1.2.3.4, unknown, 10.0.0.2"}, "10.0.0.2"},
		{"10.0.0.1:1", []string{"1.2.3.4,"}, "10.0.0.1"},
		{"not an address", []string{"1.2.3.4"}, "invalid IP"},
	} {
		if got := clientOf(t, h, l, tt.peer, tt.forwarded...); got != tt.want {
			t.Errorf("%s with %q: %v, want %s", tt.peer, tt.forwarded, got, tt.want)
		}
	}
}

func TestNobodyIsBelievedUnlessNamed(t *testing.T) {
	t.Parallel()
	l := new(logs)
	if got := clientOf(t, api.New(options(l)).Handler(), l, "127.0.0.1:1", "198.51.100.1"); got != "127.0.0.1" {
		t.Errorf("the client is %v", got)
	}
}
