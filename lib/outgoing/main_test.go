//go:debug x509usefallbackroots=1
package outgoing_test

import (
	"context"
	"crypto/x509"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"example.com/app/lib/outgoing"
)

// TestMain trusts the servers of tests that speak TLS.
func TestMain(m *testing.M) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	server.Close()
	x509.SetFallbackRoots(roots)
	os.Exit(m.Run())
}

// upstream serves h, and is asked as o says where that says anything.
func upstream(t testing.TB, h http.HandlerFunc, change func(*outgoing.Options)) *outgoing.Client {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	o := options(server.URL + "/v1")
	if change != nil {
		change(&o)
	}
	c, err := outgoing.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func options(url string) outgoing.Options {
	return outgoing.Options{
		Name: "pages", URL: url, Timeout: 20 * time.Second, AtOnce: 50, Rate: rate.Inf, MaxBytes: 1 << 20,
		Log: slog.New(slog.DiscardHandler),
	}
}

func page(ctx context.Context, c *outgoing.Client, path ...string) (string, error) {
	return outgoing.Get[string](ctx, c, nil, path...)
}

// says answers a JSON text.
func says(w io.Writer, text string) { _, _ = io.WriteString(w, `"`+text+`"`) }
