package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/app/lib/api"
	"example.com/app/lib/api/apitest"
	"example.com/app/lib/auth"
)

// The sample API keeps nothing: every answer is made of its input.

var (
	errAbsent = errors.New("there is no such note")
	errTaken  = errors.New("the title is taken")
	errDown   = errors.New("the archive is closed")
)

type NoteIn struct {
	Title string   `json:"title" validate:"required,max=5" mod:"trim"`
	Tags  []string `json:"tags,omitempty" validate:"max=3,dive,min=2"`
	Stars *int     `json:"stars,omitempty" validate:"omitempty,min=1,max=5"`
	Place *Place   `json:"place,omitempty"`
}

// Place is read and written.
type Place struct {
	City string `json:"city" validate:"required"`
	Zip  string `json:"zip,omitempty"`
}

type NoteOut struct {
	ID      int64     `json:"id"`
	Title   string    `json:"title"`
	Tags    []string  `json:"tags"`
	Place   *Place    `json:"place"`
	At      time.Time `json:"at"`
	Version int64     `json:"-" header:"ETag"`
}

type NoteID struct {
	ID int64 `path:"id" validate:"min=1"`
}

type NoteQuery struct {
	Paging
	Kind   string   `query:"kind" default:"short" validate:"oneof=short long"`
	Colour []string `query:"colour" validate:"max=2,dive,min=3"`
	Flag   *bool    `query:"flag"`
}

type Paging struct {
	Limit int               `query:"limit" default:"50" validate:"min=1,max=200"`
	After api.Cursor[int64] `query:"after"`
}

type Page[T any] struct {
	Items []T                `json:"items"`
	Next  *api.Cursor[int64] `json:"next"`
	Seen  string             `json:"seen"`
}

type NotePatch struct {
	ID      int64       `path:"id"`
	IfMatch api.IfMatch `header:"If-Match"`
	Title   *string     `json:"title,omitempty" validate:"omitempty,min=1,max=5" mod:"trim"`
	Done    *bool       `json:"done,omitempty"`
	_       struct{}    `minProperties:"1"`
}

type ShelfID struct {
	Shelf string `path:"shelf" validate:"max=5"`
}

type Upload struct {
	Data string `json:"data"`
}

type Lines struct {
	Fold bool       `query:"fold"`
	Body api.Stream `body:"application/x-ndjson" doc:"One document a line."`
}

type LinesOut struct {
	ID    int `json:"id"`
	Bytes int `json:"bytes"`
}

type Size struct {
	Bytes int `json:"bytes"`
}

func listNotes(_ context.Context, in *NoteQuery) (Page[NoteOut], error) {
	seen := fmt.Sprintln(in.Limit, in.After.Key, in.Kind, in.Colour)
	return Page[NoteOut]{Next: &api.Cursor[int64]{Key: in.After.Key + 1}, Seen: seen}, nil
}

func createNote(_ context.Context, in *NoteIn) (NoteOut, error) {
	switch in.Title {
	case "taken":
		return NoteOut{}, fmt.Errorf("insert note: %w: driver says %q", errTaken, "secret")
	case "down":
		return NoteOut{}, fmt.Errorf("reach the archive: %w", errDown)
	case "boom":
		panic("secret")
	case "panic":
		panic(errTaken)
	case "odd":
		return NoteOut{}, errors.New("secret")
	}
	return NoteOut{ID: 7, Title: in.Title, Tags: in.Tags, Place: in.Place, Version: 1}, nil
}

func showNote(_ context.Context, in *NoteID) (NoteOut, error) {
	if in.ID == 404 {
		return NoteOut{}, fmt.Errorf("find note %d: %w", in.ID, errAbsent)
	}
	return NoteOut{ID: in.ID, Title: "a", Version: 3}, nil
}

func changeNote(_ context.Context, in *NotePatch) (NoteOut, error) {
	return NoteOut{ID: in.ID, Title: fmt.Sprint(in.IfMatch.Versions()), Version: 4}, nil
}

func removeNote(context.Context, *NoteID) (api.NoContent, error) { return api.NoContent{}, nil }

func upload(_ context.Context, in *Upload) (Size, error) { return Size{len(in.Data)}, nil }

func readLines(_ context.Context, in *Lines) (LinesOut, error) {
	n, err := io.Copy(io.Discard, in.Body.Open())
	if err != nil {
		return LinesOut{}, fmt.Errorf("read the lines: %w", err)
	}
	return LinesOut{ID: 9, Bytes: int(n)}, nil
}

func slow(ctx context.Context, _ *struct{}) (Size, error) {
	<-ctx.Done()
	return Size{}, ctx.Err()
}

// notes can stand below any path that has {shelf}, or none.
func notes(g *api.Group) {
	api.Get(g, "", "listNotes", "List notes", listNotes, api.Role(auth.Reader))
	api.Post(g, "", "createNote", "Create a note", createNote, api.Role(auth.Editor))
	api.Get(g, "/{id}", "showNote", "Show a note", showNote, api.Role(auth.Reader), api.Description("With its **version**."))
	api.Patch(g, "/{id}", "changeNote", "Change a note", changeNote, api.Role(auth.Editor), api.Deprecated())
	api.Delete(g, "/{id}", "removeNote", "Remove a note", removeNote, api.Role(auth.Admin))
}

func openShelf(_ context.Context, in *ShelfID) error {
	if in.Shelf == "gone" {
		return fmt.Errorf("find shelf %s: %w", in.Shelf, errAbsent)
	}
	return nil
}

// logs is where a test's API writes its log.
type logs struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

// records are the lines with that message.
func (l *logs) records(t *testing.T, message string) []map[string]any {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	var found []map[string]any
	for line := range strings.Lines(l.buf.String()) {
		var r map[string]any
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		if r["msg"] == message {
			found = append(found, r)
		}
	}
	return found
}

func options(l *logs) api.Options {
	return api.Options{
		Title: "Notes", Version: "1.2.3", Prefix: "/api/v1", AccessLog: true, Docs: true,
		Logger:   slog.New(slog.NewJSONHandler(l, nil)),
		AsyncAPI: func() ([]byte, error) { return []byte(`{"asyncapi":"3.0.0"}`), nil },
		Errors: []api.ErrorStatus{
			{Err: errAbsent, Status: http.StatusNotFound, Code: "note_not_found"},
			{Err: errTaken, Status: http.StatusConflict, Code: "title_taken"},
			{Err: errDown, Status: http.StatusServiceUnavailable, Code: "archive_closed"},
		},
	}
}

// site is the sample API, held to its document.
type site struct {
	root    *api.Group
	logs    *logs
	handler http.Handler
}

func sample(t testing.TB) *site {
	t.Helper()
	l := new(logs)
	root := api.New(options(l))
	notes(root.Group("/notes", "notes"))
	shelf := api.NewGuard(openShelf)
	notes(root.Group("/shelves/{shelf}", "shelves", shelf).Group("/notes", "notes"))
	notes(root.Group("/attic/{shelf}/notes", "notes", shelf))
	api.Post(root, "/uploads", "upload", "Count bytes", upload, api.Public(), api.BodyLimit(100), api.Status(http.StatusAccepted))
	api.Post(root, "/lines", "readLines", "Read lines", readLines,
		api.Public(), api.BodyLimit(8<<20), api.Status(http.StatusAccepted), api.Deadline(requestTime))
	api.Get(root, "/slow", "slow", "Take long", slow, api.Public(), api.Deadline(time.Millisecond))
	api.Get(root, "/long", "long", "Say much", func(context.Context, *struct{}) (Upload, error) {
		return Upload{strings.Repeat("a", 10_000)}, nil
	}, api.Public(), api.Deadline(time.Minute))
	api.Get(root, "/hidden", "hidden", "Nobody knows", listNotes, api.Public(), api.Hidden())
	root.Mount("/livez", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("alive")) }))
	return &site{root, l, apitest.Handler(t, root)}
}

// do sends one request through ServeHTTP. Headers come in pairs.
func (s *site) do(t *testing.T, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Del(headers[i])
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w
}

// problem is the document of an answer that is an error.
func problem(t *testing.T, w *httptest.ResponseRecorder) api.Problem {
	t.Helper()
	if got := w.Header().Get("Content-Type"); got != "application/problem+json" {
		t.Fatalf("content type %q, status %d, body %s", got, w.Code, w.Body)
	}
	var p api.Problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatal(err)
	}
	if p.Status != w.Code || p.Title != http.StatusText(w.Code) || p.RequestID != w.Header().Get("X-Request-ID") {
		t.Errorf("the document contradicts the answer: %+v", p)
	}
	return p
}

func get[I any](context.Context, *I) (api.NoContent, error) { return api.NoContent{}, nil }

func guard[I any](context.Context, *I) error { return nil }
