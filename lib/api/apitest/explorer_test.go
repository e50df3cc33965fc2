package apitest_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"example.com/app/lib/api"
	"example.com/app/lib/api/apitest"
)

type ThingIn struct {
	Name string `json:"name" validate:"required,max=5"`
	Size int    `json:"size,omitempty" validate:"omitempty,min=1,max=9"`
}

type Thing struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

type ThingID struct {
	ID int64 `path:"id"`
}

type Things struct {
	Items []Thing `json:"items"`
}

type ThingQuery struct {
	Limit int `query:"limit" default:"5" validate:"min=1,max=10"`
}

// things keeps its promises and nothing else.
func things() *api.Group {
	root := api.New(api.Options{Title: "T", Logger: slog.New(slog.DiscardHandler)})
	api.Get(root, "/things", "listThings", "List", func(context.Context, *ThingQuery) (Things, error) {
		return Things{[]Thing{{7, "a"}}}, nil
	}, api.Public())
	api.Post(root, "/things", "createThing", "Create", func(_ context.Context, in *ThingIn) (Thing, error) {
		return Thing{7, in.Name}, nil
	}, api.Public())
	api.Get(root, "/things/{id}", "showThing", "Show", func(_ context.Context, in *ThingID) (Thing, error) {
		return Thing{in.ID, "a"}, nil
	}, api.Public())
	return root
}

// explore counts what an Explorer says of things whose answers spoil has changed.
func explore(t *testing.T, spoil func(r *http.Request, w *httptest.ResponseRecorder)) (complaints int, tally map[string]int) {
	t.Helper()
	root := things()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		recorder := httptest.NewRecorder()
		root.Handler().ServeHTTP(recorder, r)
		spoil(r, recorder)
		for name, values := range recorder.Header() {
			w.Header()[name] = values
		}
		w.Header().Del("Content-Length")
		w.WriteHeader(recorder.Code)
		_, _ = w.Write(recorder.Body.Bytes())
	}))
	t.Cleanup(server.Close)

	document, err := root.Document()
	if err != nil {
		t.Fatal(err)
	}
	e, err := apitest.NewExplorer(apitest.ExplorerOptions{Document: document, URL: server.URL, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	for range 500 {
		if e.Step(t.Context()) != nil {
			complaints++
		}
	}
	return complaints, e.Tally()
}

func TestExplorerIsContentWithAServiceThatKeepsItsPromises(t *testing.T) {
	t.Parallel()
	complaints, tally := explore(t, func(*http.Request, *httptest.ResponseRecorder) {})
	if complaints != 0 {
		t.Errorf("%d complaints", complaints)
	}
	for _, answer := range []string{
		"createThing 201", "createThing 400", "createThing 415", "createThing 422", "listThings 200", "listThings 422",
		"showThing 200", "showThing 404",
	} {
		if tally[answer] == 0 {
			t.Errorf("%s never came: %v", answer, tally)
		}
	}
}

func TestExplorerNoticesEveryKindOfBrokenPromise(t *testing.T) {
	t.Parallel()
	replace := func(was, is string) func(*http.Request, *httptest.ResponseRecorder) {
		return func(_ *http.Request, w *httptest.ResponseRecorder) {
			w.Body = bytes.NewBuffer(bytes.ReplaceAll(w.Body.Bytes(), []byte(was), []byte(is)))
		}
	}
	for name, spoil := range map[string]func(*http.Request, *httptest.ResponseRecorder){
		"an error of its own": func(r *http.Request, w *httptest.ResponseRecorder) {
			if r.ContentLength > 100 {
				w.Code = http.StatusInternalServerError
			}
		},
		"a pointer to nothing":       replace(`"pointer":"/`, `"pointer":"/other/`),
		"a member of another type":   replace(`"id":7`, `"id":"7"`),
		"a problem without its kind": func(_ *http.Request, w *httptest.ResponseRecorder) { w.Header().Set("Content-Type", "text/html") },
		"no id of the request":       func(_ *http.Request, w *httptest.ResponseRecorder) { w.Header().Del("X-Request-Id") },
		"another request's problem":  replace(`"instance":"`, `"instance":"/elsewhere`),
		"a refusal without a reason": func(r *http.Request, w *httptest.ResponseRecorder) {
			if w.Code == http.StatusCreated {
				w.Code = http.StatusUnprocessableEntity
				w.Header().Set("Content-Type", "application/problem+json")
				w.Body = bytes.NewBufferString(`{"type":"/problems#invalid","title":"x","status":422,"instance":"` + r.URL.EscapedPath() +
					`","request_id":"` + w.Header().Get("X-Request-Id") + `","errors":[{"pointer":"/name","code":"max","detail":"x"}]}`)
			}
		},
		"everything is welcome": func(r *http.Request, w *httptest.ResponseRecorder) {
			if r.Method == http.MethodPost && w.Code == http.StatusUnprocessableEntity {
				w.Code = http.StatusCreated
				w.Header().Set("Content-Type", "application/json")
				w.Header().Set("Location", "/things/7")
				w.Body = bytes.NewBufferString(`{"id":7,"name":"a"}`)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if complaints, tally := explore(t, spoil); complaints == 0 {
				t.Errorf("nothing was noticed: %v", tally)
			}
		})
	}
}
