// Package pagestest stands in for the service that features posts.
package pagestest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"testing"
	"time"
)

// Unknown is a country that the service does not know.
const Unknown = "AQ"

// New is the URL of a service that works until the test ends.
func New(t testing.TB) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(Answer))
	t.Cleanup(server.Close)
	return server.URL
}

// Answer tells in each of two posts what was asked, with more than anybody needs.
func Answer(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	if r.Method != http.MethodGet || path.Base(r.URL.Path) != "featured" || query.Get("country") == Unknown {
		http.NotFound(w, r)
		return
	}
	posts := []map[string]any{}
	for _, title := range []string{"First", "Second"} {
		posts = append(posts, map[string]any{
			"title": title, "subtitle": query.Encode(), "url": "https://example.com/" + title, "preview_image": "http://example.com/" + title + ".png",
			"rank": 1, "tags": []string{"news"},
		})
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"items": posts, "total": len(posts)})
}

// Drip answers a byte now and then, until the client has had enough.
func Drip(w http.ResponseWriter, r *http.Request) {
	for r.Context().Err() == nil {
		_, _ = io.WriteString(w, " ")
		_ = http.NewResponseController(w).Flush()
		time.Sleep(time.Millisecond)
	}
}
