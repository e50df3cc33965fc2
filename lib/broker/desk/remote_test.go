package desk_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/app/lib/broker/desk"
	"example.com/app/lib/testenv"
)

// serve puts the office's desk behind a server that has no patience, as servers have none.
func (o *office) serve() string {
	o.Helper()
	s := httptest.NewUnstartedServer(desk.Handler(o.Desk))
	s.Config.ReadTimeout, s.Config.WriteTimeout = 100*time.Millisecond, 100*time.Millisecond
	s.Start()
	o.Cleanup(s.Close)
	return s.URL
}

func find(t testing.TB, url string) *desk.Remote {
	t.Helper()
	r, err := desk.Find(t.Context(), url, "")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRemoteDeskDoesWhatTheDeskDoes(t *testing.T) {
	t.Parallel()
	o := newOffice(t, inMemory(t))
	r := find(t, o.serve())
	ctx := t.Context()
	if r.Archive() != o.archive {
		t.Errorf("the archive is %q", r.Archive())
	}

	body := "{\"name\": \"\xff\"}"
	id, err := r.Send(ctx, family.Name, []byte(body))
	if found := o.take(family.Name); err != nil || len(found) != 1 || found[0].ID != id || string(found[0].Body) != body {
		t.Errorf("sent %s, got %v, %v", id, found, err)
	}

	o.bury(letters(100)...)
	here, _ := o.List(ctx)
	there, err := r.List(ctx)
	if err != nil || len(there) != len(here) || !slices.EqualFunc(here, there, func(a, b desk.Row) bool {
		return a.Name == b.Name && *a.Messages == *b.Messages && *a.Consumers == *b.Consumers
	}) {
		t.Errorf("got %v, %v", there, err)
	}

	want, _ := o.Peek(ctx, family.Dead(), desk.Filter{Reason: "panic"}, 3)
	if got, err := r.Peek(ctx, family.Dead(), desk.Filter{Reason: "panic"}, 3); err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, want %v, %v", got, want, err)
	}

	seen := 0
	tally, err := r.Requeue(ctx, family.Dead(), desk.Replay{Filter: desk.Filter{Reason: "panic"}}, func(t desk.Tally) { seen = t.Seen })
	if want := (desk.Tally{Total: 100, Seen: 100, Matched: 25, Done: 25}); err != nil || tally != want || seen != 100 {
		t.Errorf("got %+v, %v, want %+v", tally, err, want)
	}
	if tally, err := r.Drop(ctx, family.Dead(), desk.Filter{ID: "1"}, ignore); err != nil || tally.Done != 1 {
		t.Errorf("got %+v, %v", tally, err)
	}
	if kept := readArchive(t, o.archive); len(kept) != 1 || kept[0].ID != "1" {
		t.Errorf("the archive holds %v", kept)
	}
}

func TestRemoteDeskTellsErrorsInTheSameWords(t *testing.T) {
	t.Parallel()
	o := newOffice(t, inMemory(t))
	r := find(t, o.serve())
	type place interface {
		Send(ctx context.Context, queue string, body []byte) (string, error)
		Peek(ctx context.Context, queue string, f desk.Filter, limit int) ([]desk.Letter, error)
		Requeue(ctx context.Context, queue string, r desk.Replay, report func(desk.Tally)) (desk.Tally, error)
		Drop(ctx context.Context, queue string, f desk.Filter, report func(desk.Tally)) (desk.Tally, error)
	}
	errs := func(p place, queue string) (errs []string) {
		for _, do := range []func() error{
			func() error { _, err := p.Send(t.Context(), "example.absent", nil); return err },
			func() error { _, err := p.Peek(t.Context(), queue, all, 1); return err },
			func() error {
				_, err := p.Requeue(t.Context(), queue, desk.Replay{Filter: all}, ignore)
				return err
			},
			func() error { _, err := p.Drop(t.Context(), queue, all, ignore); return err },
		} {
			err := do()
			if err == nil {
				t.Fatal("an error is missing")
			}
			errs = append(errs, err.Error())
		}
		return errs
	}
	for _, queue := range []string{family.Name, "example.absent.dead"} {
		if here, there := errs(o, queue), errs(r, queue); !slices.Equal(here, there) {
			t.Errorf("here\n%s\nthere\n%s", strings.Join(here, "\n"), strings.Join(there, "\n"))
		}
	}
}

func TestRemoteWorkTakesItsTimeAndEndsWithItsClient(t *testing.T) {
	t.Parallel()
	o := newOffice(t, inMemory(t))
	r := find(t, o.serve())
	o.bury(letters(1000)...)

	if tally, err := r.Requeue(t.Context(), family.Dead(), desk.Replay{Filter: desk.Filter{Reason: "panic"}, Rate: 500}, ignore); err != nil || tally.Done != 250 {
		t.Errorf("got %+v, %v", tally, err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := r.Requeue(ctx, family.Dead(), desk.Replay{Filter: all, Rate: 100}, func(t desk.Tally) {
		if t.Done > 10 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	testenv.Eventually(t, "every message is in one of the two", func() bool {
		dead, _ := o.Inspect(t.Context(), family.Dead())
		live, _ := o.Inspect(t.Context(), family.Name)
		return dead.Ready > 500 && dead.Ready+live.Ready == 1000
	})
}

func TestDeskTakesNoFormsAndNoMisspeltWish(t *testing.T) {
	t.Parallel()
	o := newOffice(t, inMemory(t))
	url := o.serve()
	o.bury(letters(3)...)

	for _, c := range []struct {
		media, body string
		status      int
	}{
		{"text/plain", `{"all": true}`, http.StatusUnsupportedMediaType},
		{"application/x-www-form-urlencoded", `{"all": true}`, http.StatusUnsupportedMediaType},
		{"", `{"all": true}`, http.StatusUnsupportedMediaType},
		{"application/json", `{"all": true, "dryrun": true}`, http.StatusBadRequest},
		{"application/json", `{"all"`, http.StatusBadRequest},
		{"application/json; charset=utf-8", `{}`, http.StatusOK},
	} {
		for _, path := range []string{"/desk/queues/example.main.dead/requeue", "/desk/queues/example.main.dead/drop"} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+path, strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			if c.media != "" {
				req.Header.Set("Content-Type", c.media)
			}
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = res.Body.Close()
			if res.StatusCode != c.status {
				t.Errorf("%s as %q answers %d, want %d", c.body, c.media, res.StatusCode, c.status)
			}
		}
	}
	o.holds(family.Dead(), 3)
}

func TestOnlyADeskIsTakenForOne(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		absent bool
	}{
		"another service": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"desk": "oak"}`)) }, true},
		"a page":          {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`<html>`)) }, true},
		"no desk":         {http.NotFound, true},
		"a guarded one":   {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }, false},
	} {
		s := httptest.NewServer(c.answer)
		t.Cleanup(s.Close)
		_, err := desk.Find(t.Context(), s.URL, "")
		if errors.Is(err, desk.ErrAbsent) != c.absent || !c.absent && (err == nil || !strings.Contains(err.Error(), "OPS_TOKEN")) {
			t.Errorf("%s: got %v", name, err)
		}
	}

	if _, err := desk.Find(t.Context(), "http://127.0.0.1:1", ""); !errors.Is(err, desk.ErrAbsent) {
		t.Errorf("got %v", err)
	}
}
