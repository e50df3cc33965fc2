package outgoing_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"example.com/app/lib/outgoing"
)

// upstream serves h, and is asked as o says where that says anything.
func upstream(t testing.TB, h http.HandlerFunc, change func(*outgoing.Options)) *outgoing.Client {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	o := outgoing.Options{
		Name: "pages", URL: server.URL + "/v1", Timeout: 20 * time.Second, AtOnce: 50, Rate: rate.Inf, MaxBytes: 1 << 20,
		Log: slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(&o)
	}
	c, err := outgoing.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func page(ctx context.Context, c *outgoing.Client, path ...string) (string, error) {
	return outgoing.Get[string](ctx, c, nil, path...)
}

// says answers a JSON text.
func says(w io.Writer, text string) { _, _ = io.WriteString(w, `"`+text+`"`) }
