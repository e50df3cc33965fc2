package handler_test

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

const students = "/api/v1/students"

func key(k string) header { return header{"Idempotency-Key", k} }

func TestRepeatedRequestCreatesOneStudentAndAnswersAlike(t *testing.T) {
	t.Parallel()
	c := newClient(t)

	first := c.do(http.MethodPost, students, `{"name": "Ada"}`, key("k"))
	again := c.do(http.MethodPost, students, `{"name": "Ada"}`, key("k"))

	if first.Code != http.StatusCreated || first.Header().Get("Idempotency-Replayed") != "" {
		t.Errorf("the first answers %d %v %s", first.Code, first.Header(), first.Body)
	}
	if again.Code != first.Code || again.Body.String() != first.Body.String() || again.Header().Get("Idempotency-Replayed") != "true" {
		t.Errorf("the repeat answers %d %v %s", again.Code, again.Header(), again.Body)
	}
	for _, name := range []string{"ETag", "Location", "Content-Type"} {
		if got, want := again.Header().Get(name), first.Header().Get(name); got != want || want == "" {
			t.Errorf("%s is %q in the repeat and %q before", name, got, want)
		}
	}
	if n := count(t, c.db, "SELECT count(*) FROM outbox"); n != 1 {
		t.Errorf("%d events", n)
	}
}

func TestManyAtOnceWithOneKeyCreateOneStudent(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	var answers sync.WaitGroup
	var busy atomic.Int32

	for range 20 {
		answers.Go(func() {
			switch w := c.do(http.MethodPost, students, `{"name": "Ada"}`, key("k")); w.Code {
			case http.StatusCreated:
			case http.StatusConflict:
				busy.Add(1)
				if w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "in_progress") {
					t.Errorf("a conflict is %v %s", w.Header(), w.Body)
				}
			default:
				t.Errorf("answered %d %s", w.Code, w.Body)
			}
		})
	}
	answers.Wait()

	t.Logf("%d met one in progress", busy.Load())
	if n := count(t, c.db, "SELECT count(*) FROM student"); n != 1 {
		t.Errorf("%d students", n)
	}
}

func TestRepeatedImportIsOneImport(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	send := func(path, file string) (int, string, string) {
		w := c.do(http.MethodPost, path, file, ndjson, key("k"))
		return w.Code, w.Header().Get("Location"), w.Body.String()
	}
	file := strings.Repeat(`{"name": "Ada"}`+"\n", 3)

	status, location, body := send(students+"/imports", file)
	statusAgain, locationAgain, bodyAgain := send(students+"/imports", file)

	if status != http.StatusAccepted || statusAgain != status || locationAgain != location || bodyAgain != body {
		t.Errorf("answered %d %s %s, then %d %s %s", status, location, body, statusAgain, locationAgain, bodyAgain)
	}
	if n := count(t, c.db, "SELECT count(*) FROM outbox"); n != 3 {
		t.Errorf("%d messages", n)
	}
	if status, _, body := send(students+"/imports", file+"\n"); status != http.StatusUnprocessableEntity || !strings.Contains(body, "/header/Idempotency-Key") {
		t.Errorf("another file answers %d %s", status, body)
	}
}

func TestRefusedRequestKeepsNoKey(t *testing.T) {
	t.Parallel()
	c := newClient(t)

	for _, body := range []string{`{"name": ""}`, `{`, `{"name": "Ada"}`} {
		want := map[string]int{`{`: 400, `{"name": ""}`: 422, `{"name": "Ada"}`: 201}[body]
		if w := c.do(http.MethodPost, students, body, key("k")); w.Code != want {
			t.Errorf("%s answers %d %s", body, w.Code, w.Body)
		}
	}
	if w := c.do(http.MethodPost, students+"/imports", "\n", ndjson, key("k")); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("an empty import answers %d %s", w.Code, w.Body)
	}
	if w := c.do(http.MethodPost, students+"/imports", `{"name": "Ada"}`, ndjson, key("k")); w.Code != http.StatusAccepted {
		t.Errorf("an import with a row answers %d %s", w.Code, w.Body)
	}
}
