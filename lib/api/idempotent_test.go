package api_test

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"example.com/app/lib/api"
	"example.com/app/lib/api/apitest"
	"example.com/app/lib/auth"
	"example.com/app/lib/pg/pgtest"
)

// ShelfNote is a note for a shelf.
type ShelfNote struct {
	ShelfID
	NoteIn
}

// repeatable is a sample API that counts the notes it creates; its tokens are the names of the users 1 and 2.
func repeatable(t *testing.T) (s *site, created *atomic.Int64) {
	t.Helper()
	created = new(atomic.Int64)
	o := options(new(logs))
	o.DB = pgtest.New(t)
	o.Authenticate = func(_ context.Context, token string) (auth.Identity, error) {
		return auth.Identity{User: map[string]int64{"ada": 1, "bob": 2}[token], Role: auth.Editor}, nil
	}
	root := api.New(o)
	create := func(ctx context.Context, in *NoteIn) (NoteOut, error) {
		out, err := createNote(ctx, in)
		out.ID = created.Add(1)
		return out, err
	}
	api.Post(root, "/notes", "createNote", "Create a note", create, api.Role(auth.Editor), api.Idempotent())
	api.Post(root, "/shelves/{shelf}/notes", "addNote", "Create a note on a shelf", func(ctx context.Context, in *ShelfNote) (NoteOut, error) {
		return create(ctx, &in.NoteIn)
	}, api.Role(auth.Editor), api.Idempotent())
	api.Post(root, "/lines", "readLines", "Read lines", readLines, api.Role(auth.Editor), api.Idempotent())
	api.Post(root, "/stars", "star", "Star", func(context.Context, *struct{}) (api.NoContent, error) {
		created.Add(1)
		return api.NoContent{}, nil
	}, api.Role(auth.Editor), api.Idempotent())
	return &site{root, nil, apitest.Handler(t, root)}, created
}

func TestKeyIsOneOfItsUserAndRouteAndStandsForOneRequest(t *testing.T) {
	t.Parallel()
	s, created := repeatable(t)
	const a, b = `{"title":"a"}`, `{"title":"b"}`
	ada := []string{"Authorization", "Bearer ada", "Idempotency-Key", "k"}
	bob := []string{"Authorization", "Bearer bob", "Idempotency-Key", "k"}

	for _, step := range []struct {
		path, body string
		headers    []string
		status     int
		effects    int64
	}{
		{"/notes", a, ada, 201, 1},
		{"/notes", a, ada, 201, 1},
		{"/notes", a, bob, 201, 2},
		{"/notes", a, append(ada[:2:2], "Idempotency-Key", "K"), 201, 3},
		{"/notes", a, ada[:2], 201, 4},
		{"/notes", a, ada[:2], 201, 5},
		{"/notes", b, ada, 422, 5},
		{"/notes", a + " ", ada, 422, 5},
		{"/shelves/a/notes", a, ada, 201, 6},
		{"/shelves/a/notes", a, ada, 201, 6},
		{"/shelves/b/notes", a, ada, 422, 6},
		{"/stars", "", ada, 204, 7},
		{"/stars", "", ada, 204, 7},
	} {
		w := s.do(t, "POST", "/api/v1"+step.path, step.body, step.headers...)
		if w.Code != step.status || created.Load() != step.effects {
			t.Errorf("%+v: answered %d %s, %d effects", step, w.Code, w.Body, created.Load())
		}
		if w.Code == http.StatusUnprocessableEntity && problem(t, w).Errors[0].Pointer != "/header/Idempotency-Key" {
			t.Errorf("%+v: %s", step, w.Body)
		}
	}
}

func TestKeyThatCannotBeKeptIsRefusedBesideEverythingElse(t *testing.T) {
	t.Parallel()
	s, created := repeatable(t)
	for want, keys := range map[string][]string{
		"type":      {"", "é", "a\tb", strings.Repeat("k", 256)},
		"duplicate": {"k"},
	} {
		for _, key := range keys {
			headers := []string{"Authorization", "Bearer ada", "Idempotency-Key", key}
			if want == "duplicate" {
				headers = append(headers, "Idempotency-Key", "l")
			}
			p := problem(t, s.do(t, "POST", "/api/v1/notes", `{"title":""}`, headers...))
			if p.Status != http.StatusUnprocessableEntity || len(p.Errors) != 2 || p.Errors[1].Pointer != "/title" ||
				p.Errors[0].Pointer != "/header/Idempotency-Key" || p.Errors[0].Code != want {
				t.Errorf("%q: %+v", key, p)
			}
		}
	}
	if n := created.Load(); n > 0 {
		t.Errorf("%d effects", n)
	}
}

func TestStreamIsHashedAsItComes(t *testing.T) {
	t.Parallel()
	s, _ := repeatable(t)
	send := func(size int) int {
		return s.do(t, "POST", "/api/v1/lines", strings.Repeat("a", size), "Authorization", "Bearer ada",
			"Idempotency-Key", "k", "Content-Type", "application/x-ndjson").Code
	}
	if first, again, other := send(500_000), send(500_000), send(499_999); first != 201 || again != 201 || other != 422 {
		t.Errorf("answered %d, %d and %d", first, again, other)
	}
}

func TestDocumentSaysWhichRequestsMayBeRepeated(t *testing.T) {
	t.Parallel()
	s, _ := repeatable(t)
	body, err := s.root.Document()
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{`"name":"Idempotency-Key","in":"header"`, `"Idempotency-Replayed":{`, `"409"`} {
		if !strings.Contains(string(body), part) {
			t.Errorf("the document lacks %s", part)
		}
	}
}

func TestIdempotentRouteNeedsADatabase(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("it is registered without one")
		}
	}()
	api.Post(api.New(options(new(logs))), "/notes", "createNote", "Create a note", createNote, api.Public(), api.Idempotent())
}
