package api_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"example.com/app/lib/api"
	"example.com/app/lib/api/apitest"
)

func TestAnswerThatWasWrittenOnceIsLikeTheOneThatIsWrittenEachTime(t *testing.T) {
	t.Parallel()
	root := api.New(api.Options{Title: "T", Logger: slog.New(slog.DiscardHandler)})
	for path, note := range map[string]NoteOut{"short": {ID: 1, Title: "x"}, "long": {ID: 2, Title: strings.Repeat("x", 5000)}} {
		written, err := api.Encode(noteBody{note.ID, note.Title})
		if err != nil {
			t.Fatal(err)
		}
		api.Get(root, "/once/"+path, "once"+path, "Read once", func(context.Context, *struct{}) (api.Encoded[noteBody], error) {
			return written, nil
		}, api.Public())
		api.Get(root, "/each/"+path, "each"+path, "Read each", func(context.Context, *struct{}) (noteBody, error) {
			return noteBody{note.ID, note.Title}, nil
		}, api.Public())
	}
	h := apitest.Handler(t, root)

	ask := func(method, path string, headers ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), method, path, http.NoBody)
		r.Header.Set("X-Request-ID", "same")
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	tag := ask(http.MethodGet, "/each/long").Header().Get("ETag")
	for _, path := range []string{"short", "long"} {
		for _, headers := range [][]string{
			nil,
			{"Accept-Encoding", "gzip"},
			{"Accept-Encoding", "gzip;q=0"},
			{"If-None-Match", tag},
			{"If-None-Match", strings.TrimSuffix(tag, `"`) + `-gzip"`, "Accept-Encoding", "gzip"},
			{"If-None-Match", "*"},
		} {
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				once, each := ask(method, "/once/"+path, headers...), ask(method, "/each/"+path, headers...)
				if once.Code != each.Code || once.Body.String() != each.Body.String() {
					t.Errorf("%s %s with %v: %d of %d bytes, and each time %d of %d", method, path, headers, once.Code, once.Body.Len(), each.Code, each.Body.Len())
				}
				for name := range each.Header() {
					if got, want := once.Header().Get(name), each.Header().Get(name); got != want {
						t.Errorf("%s %s with %v: %s is %q, and each time %q", method, path, headers, name, got, want)
					}
				}
			}
		}
	}
}

// noteBody has no header of its own.
type noteBody struct {
	ID    int64  `json:"id"`
	Title string `json:"title"`
}
