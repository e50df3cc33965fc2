package api_test

import (
	"context"
	"net/http"
	"testing"

	"example.com/app/lib/api"
	"example.com/app/lib/api/apitest"
	"example.com/app/lib/pg/pgtest"
)

// preparation is a title that was looked at, and counts how often it is closed.
type preparation struct {
	title  string
	closed *int
}

func (p preparation) Close() error {
	*p.closed++
	return nil
}

func TestWhatIsPreparedIsPreparedOutsideOfTheTransactionAndClosedHoweverTheRequestEnds(t *testing.T) {
	t.Parallel()
	o := options(new(logs))
	o.DB = pgtest.New(t)
	locked := func(ctx context.Context) (n int) {
		const held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
		if err := o.DB.QueryRow(ctx, held).Scan(&n); err != nil {
			t.Error(err)
		}
		return n
	}
	var prepared, handled, closed int
	root := api.New(o)
	api.PostPrepared(root, "/notes", "createNote", "Create a note", func(ctx context.Context, in *NoteIn) (preparation, error) {
		if in.Title == "early" {
			return preparation{}, errTaken
		}
		prepared++
		if n := locked(ctx); n > 0 {
			t.Error("the key is locked while something is prepared")
		}
		return preparation{in.Title, &closed}, nil
	}, func(ctx context.Context, p preparation) (NoteOut, error) {
		handled++
		if n := locked(ctx); n == 0 && p.title == "keyed" {
			t.Error("the key is not locked in the second half")
		}
		return createNote(ctx, &NoteIn{Title: p.title})
	}, api.Public(), api.Idempotent())
	s := &site{root, nil, apitest.Handler(t, root)}

	for _, tt := range []struct {
		title, key                        string
		status, prepared, handled, closed int
	}{
		{"plain", "", http.StatusCreated, 1, 1, 1},
		{"keyed", "a", http.StatusCreated, 2, 2, 2},
		{"keyed", "a", http.StatusCreated, 3, 2, 3},
		{"early", "", http.StatusConflict, 3, 2, 3},
		{"early", "b", http.StatusConflict, 3, 2, 3},
		{"taken", "c", http.StatusConflict, 4, 3, 4},
		{"boom", "", http.StatusInternalServerError, 5, 4, 5},
		{"boom", "d", http.StatusInternalServerError, 6, 5, 6},
	} {
		var headers []string
		if tt.key != "" {
			headers = []string{"Idempotency-Key", tt.key}
		}
		w := s.do(t, "POST", "/api/v1/notes", `{"title":"`+tt.title+`"}`, headers...)
		if w.Code != tt.status || prepared != tt.prepared || handled != tt.handled || closed != tt.closed {
			t.Errorf("%+v: answered %d, prepared %d, handled %d, closed %d", tt, w.Code, prepared, handled, closed)
		}
	}
}

// watcher notes whether it is written to before something is closed.
type watcher struct {
	http.ResponseWriter
	closed *int
	early  bool
}

func (r *watcher) Write(p []byte) (int, error) {
	r.early = r.early || *r.closed == 0
	return r.ResponseWriter.Write(p)
}

func TestWhatIsPreparedIsClosedBeforeAClientTakesItsTimeWithTheAnswer(t *testing.T) {
	t.Parallel()
	o := options(new(logs))
	o.DB = pgtest.New(t)
	var closed int
	root := api.New(o)
	api.PostPrepared(root, "/notes", "createNote", "Create a note", func(_ context.Context, in *NoteIn) (preparation, error) {
		return preparation{in.Title, &closed}, nil
	}, func(ctx context.Context, p preparation) (NoteOut, error) {
		return createNote(ctx, &NoteIn{Title: p.title})
	}, api.Public(), api.Idempotent())
	s := &site{root, nil, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		watched := &watcher{w, &closed, false}
		root.Handler().ServeHTTP(watched, r)
		if watched.early {
			t.Error("it is open while the answer goes out")
		}
	})}

	for _, headers := range [][]string{nil, {"Idempotency-Key", "a"}, {"Idempotency-Key", "a"}} {
		closed = 0
		if w := s.do(t, "POST", "/api/v1/notes", `{"title":"a"}`, headers...); w.Code != http.StatusCreated {
			t.Errorf("%v: answered %d %s", headers, w.Code, w.Body)
		}
	}
}
