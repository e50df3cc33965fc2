package api_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"example.com/app/lib/api"
)

// Book has a version, and may be long.
type Book struct {
	ID      int64  `json:"id"`
	Text    string `json:"text"`
	Version int64  `json:"-" header:"ETag"`
}

func library(t *testing.T) *site {
	t.Helper()
	l := new(logs)
	root := api.New(options(l))
	api.Get(root, "/books/{id}", "showBook", "Show a book", func(_ context.Context, in *NoteID) (Book, error) {
		return Book{in.ID, strings.Repeat("a", 5000), 3}, nil
	}, api.Public())
	api.Patch(root, "/books/{id}", "changeBook", "Change a book", changeNote, api.Public())
	return &site{root, l, root.Handler()}
}

func TestEachFormOfAnAnswerHasATagOfItsOwn(t *testing.T) {
	t.Parallel()
	s := library(t)
	for encoding, want := range map[string]string{"gzip": `"3-gzip"`, "identity": `"3"`} {
		if got := s.do(t, "GET", "/api/v1/books/1", "", "Accept-Encoding", encoding).Header().Get("ETag"); got != want {
			t.Errorf("%s: %s", encoding, got)
		}
	}
}

func TestTagOfACompressedAnswerNamesItsVersion(t *testing.T) {
	t.Parallel()
	s := library(t)
	for _, encoding := range []string{"gzip", "identity"} {
		for header, want := range map[string]string{
			`"3-gzip"`: `"3-gzip"`, `W/"3-gzip"`: `"3-gzip"`, `"3"`: `"3"`, `"1", "3-gzip"`: `"3-gzip"`, `*`: `"3"`,
			`"4-gzip"`: "", `"3-br"`: "", `"3-gzip-gzip"`: "",
		} {
			w := s.do(t, "GET", "/api/v1/books/1", "", "Accept-Encoding", encoding, "If-None-Match", header)
			if held := w.Code == http.StatusNotModified; held != (want != "") || held && w.Header().Get("ETag") != want {
				t.Errorf("%s to who accepts %s: %d %s", header, encoding, w.Code, w.Header().Get("ETag"))
			}
		}
	}

	w := s.do(t, "PATCH", "/api/v1/books/1", `{"done":true}`, "If-Match", `"3-gzip", "4"`)
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"title":"[3 4]"`) {
		t.Errorf("a change of what was read compressed: %d %s", w.Code, w.Body)
	}
}

func TestResourceWithoutAVersionIsTaggedByItsBody(t *testing.T) {
	t.Parallel()
	s := sample(t)
	first := s.do(t, "GET", "/api/v1/long", "")
	tag := first.Header().Get("ETag")
	if len(tag) != 34 || tag != s.do(t, "GET", "/api/v1/long", "").Header().Get("ETag") {
		t.Fatalf("tagged %s", tag)
	}
	packed := s.do(t, "GET", "/api/v1/long", "", "Accept-Encoding", "gzip").Header().Get("ETag")
	if packed == tag {
		t.Error("two forms share a tag")
	}
	for header, want := range map[string]int{tag: 304, packed: 304, "*": 304, `"x"`: 200, `"` + strings.Repeat("0", 32) + `"`: 200} {
		w := s.do(t, "GET", "/api/v1/long", "", "If-None-Match", header)
		if w.Code != want || w.Code == 304 && (w.Body.Len() > 0 || w.Header().Get("Content-Type") != "") {
			t.Errorf("%s: %d %v", header, w.Code, w.Header())
		}
	}
	if w := s.do(t, "GET", "/api/v1/notes", ""); w.Header().Get("ETag") != "" {
		t.Errorf("a page of a list is tagged %s", w.Header().Get("ETag"))
	}
}

func TestCachesAskBeforeTheyAnswer(t *testing.T) {
	t.Parallel()
	s := sample(t)
	for request, want := range map[string]string{
		"GET " + notePath: "private, no-cache", "HEAD " + notePath: "private, no-cache", "GET /api/v1/long": "private, no-cache",
		"GET /api/v1/notes": "no-store", "DELETE " + notePath: "no-store", "GET /nothing": "no-store", "GET /api/v1/notes/404": "no-store",
		"GET /livez": "no-store",
	} {
		method, path, _ := strings.Cut(request, " ")
		if got := s.do(t, method, path, "").Header().Get("Cache-Control"); got != want {
			t.Errorf("%s: %q", request, got)
		}
	}
}
