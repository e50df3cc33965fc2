package chaos_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"

	"example.com/app/lib/testenv"
)

const clients = 8

// each runs do for every number below n, by a few clients at once.
func each(n int, do func(i int)) {
	todo := make(chan int)
	var all sync.WaitGroup
	for range clients {
		all.Go(func() {
			for i := range todo {
				do(i)
			}
		})
	}
	for i := range n {
		todo <- i
	}
	close(todo)
	all.Wait()
}

func (p process) students(path string) string { return p.URL("API_PORT", "/api/v1/students"+path) }

// ask expects a status of the API and gives its answer.
func (w *world) ask(method, url, body string, want int) string {
	w.Helper()
	status, answer := testenv.Request(w, method, url, body)
	if status != want {
		w.Errorf("%s %s %s answers %d %s, want %d", method, url, body, status, answer, want)
	}
	return answer
}

// create posts students; one in ten is renamed and deactivated then.
func (w *world) create(api process, kind string, n int) (names []string) {
	w.Helper()
	names = make([]string, n)
	each(n, func(i int) {
		names[i] = nameOf(kind, i)
		answer := w.ask(http.MethodPost, api.students(""), fmt.Sprintf(`{"name": %q}`, names[i]), http.StatusCreated)
		if i%10 == 0 {
			w.change(api, answer, &names[i])
		}
	})
	return names
}

func (w *world) change(api process, created string, name *string) {
	w.Helper()
	var student struct{ ID int64 }
	if err := json.Unmarshal([]byte(created), &student); err != nil {
		w.Errorf("%s: %v", created, err)
		return
	}
	*name += " renamed"
	url := api.students(fmt.Sprint("/", student.ID))
	w.ask(http.MethodPatch, url, fmt.Sprintf(`{"name": %q}`, *name), http.StatusOK)
	w.ask(http.MethodDelete, url, "", http.StatusNoContent)
}

// remembered asks the API for every student's history, which must be complete and in order.
func (w *world) remembered(api process) {
	w.Helper()
	students := all[[2]int64](w, "SELECT ARRAY[id, version] FROM student")
	each(len(students), func(i int) {
		id, version := students[i][0], students[i][1]
		answer := w.ask(http.MethodGet, api.students(fmt.Sprintf("/%d/events?limit=200", id)), "", http.StatusOK)
		var page struct{ Items []struct{ Version int64 } }
		if err := json.Unmarshal([]byte(answer), &page); err != nil {
			w.Errorf("history of student %d: %v", id, err)
		}
		if int64(len(page.Items)) != version {
			w.Errorf("student %d has %d versions, and a history of %d", id, version, len(page.Items))
		}
		for at, e := range page.Items {
			if e.Version != int64(at+1) {
				w.Errorf("the history of student %d has version %d at place %d", id, e.Version, at)
			}
		}
	})
	w.tell("%d histories read", len(students))
}
