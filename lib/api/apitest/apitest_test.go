package apitest_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"example.com/app/lib/api"
	"example.com/app/lib/api/apitest"
)

// complaints is a test that only counts what it is told.
type complaints struct {
	testing.TB
	count int
}

func (c *complaints) Errorf(string, ...any) { c.count++ }

// Liar says of itself that it has a name, and writes another member.
type Liar struct {
	Name string `json:"name"`
}

// MarshalJSON breaks the promise.
func (Liar) MarshalJSON() ([]byte, error) { return []byte(`{"nickname":"x"}`), nil }

type Honest struct {
	Name string `json:"name"`
}

func TestAnswersThatTheDocumentDoesNotPromiseFailTheTest(t *testing.T) {
	t.Parallel()
	errTaken := errors.New("it is taken")
	root := api.New(api.Options{
		Title: "T", Logger: slog.New(slog.DiscardHandler),
		Errors: []api.ErrorStatus{{Err: errTaken, Status: http.StatusConflict, Code: "taken"}},
	})
	api.Get(root, "/honest", "honest", "Answer as promised",
		func(context.Context, *struct{}) (Honest, error) { return Honest{}, nil }, api.Public())
	api.Get(root, "/liar", "liar", "Write another member",
		func(context.Context, *struct{}) (Page, error) { return Page{}, nil }, api.Public())
	api.Get(root, "/taken", "taken", "Answer with a status that reading never has",
		func(context.Context, *struct{}) (Honest, error) { return Honest{}, errTaken }, api.Public())

	for path, want := range map[string]int{"/honest": 0, "/nothing": 0, "/honest?x=1": 0, "/liar": 1, "/taken": 1} {
		c := &complaints{TB: t}
		w := httptest.NewRecorder()
		apitest.Handler(c, root).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", path, http.NoBody))
		if c.count != want {
			t.Errorf("%s: %d complaints about %d %s", path, c.count, w.Code, w.Body)
		}
	}
}

// Page holds what lies.
type Page struct {
	Items Liars `json:"items"`
}

// Liars is a list for its schema, and something else in the answer.
type Liars []Honest

// MarshalJSON breaks the promise.
func (Liars) MarshalJSON() ([]byte, error) { return []byte(`"none"`), nil }
