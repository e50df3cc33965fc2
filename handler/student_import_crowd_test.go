package handler_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"example.com/app/lib/pg"
	"example.com/app/lib/testenv"
)

const row = `{"name": "Ada"}` + "\n"

// begin asks beside the test, and gives up at last.
func (c client) begin(method, path, body string, headers ...header) <-chan *httptest.ResponseRecorder {
	ctx, cancel := context.WithTimeout(c.t.Context(), testenv.Patience)
	r := httptest.NewRequestWithContext(ctx, method, path, strings.NewReader(body))
	for _, h := range headers {
		r.Header.Set(h[0], h[1])
	}
	answered := make(chan *httptest.ResponseRecorder, 1)
	go func() {
		defer cancel()
		w := httptest.NewRecorder()
		defer func() {
			if recover() != nil { // net/http's sign for an answer that nobody waits for
				w.Code = http.StatusGatewayTimeout
			}
			answered <- w
		}()
		c.api.ServeHTTP(w, r)
	}()
	return answered
}

func (c client) beginImport(file string, headers ...header) <-chan *httptest.ResponseRecorder {
	return c.begin(http.MethodPost, students+"/imports", file, append(headers, ndjson)...)
}

// locked runs do while nobody can write an import; await in it lasts until one waits for that.
func locked(t *testing.T, db *pg.DB, do func(await func())) {
	t.Helper()
	lock, err := db.Dedicated(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close(context.WithoutCancel(t.Context()))
	if _, err := lock.Exec(t.Context(), "BEGIN; LOCK TABLE student_import"); err != nil {
		t.Fatal(err)
	}

	do(func() {
		testenv.Eventually(t, "an import is being written", func() (waits bool) {
			err := lock.QueryRow(t.Context(), `
				SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'student_import'::regclass
					AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))`).Scan(&waits)
			return err == nil && waits
		})
	})
}

func TestFileIsJudgedBeforeItNeedsAConnection(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	var connections sync.WaitGroup
	taken, done := make(chan struct{}), make(chan struct{})
	for range 4 { // all that the pool has
		connections.Go(func() {
			err := c.db.InTx(t.Context(), func(context.Context) error {
				taken <- struct{}{}
				<-done
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	for range 4 {
		<-taken
	}

	for _, headers := range [][]header{nil, {key("k")}} {
		if w := <-c.beginImport("\n", headers...); w.Code != http.StatusUnprocessableEntity {
			t.Errorf("%v: answered %d %s", headers, w.Code, w.Body)
		}
	}
	close(done)
	connections.Wait()
}

func TestImportThatHoldsAConnectionWaitsForNoProcessor(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	turn, over := make(chan struct{}), make(chan struct{})
	defer close(over)
	var imported <-chan *httptest.ResponseRecorder
	locked(t, c.db, func(await func()) {
		imported = c.beginImport(strings.Repeat(row, 3_000), key("k"))
		await()
		go func() {
			_ = c.cpu.Do(t.Context(), func() error {
				close(turn)
				<-over
				return nil
			})
		}()
		<-turn
	})

	if w := <-imported; w.Code != http.StatusAccepted {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
}

func TestManyImportsAtOnceLeaveConnectionsToOthers(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	location := c.create("Ada")
	var imports []<-chan *httptest.ResponseRecorder
	locked(t, c.db, func(await func()) {
		for i := range 8 { // twice what the pool has
			imports = append(imports, c.beginImport(row, []header{key(string(rune('a' + i)))}[:i%2]...))
		}
		await()
		for range 50 {
			if w := <-c.begin(http.MethodGet, location, ""); w.Code != http.StatusOK {
				t.Errorf("answered %d %s", w.Code, w.Body)
			}
		}
	})
	for _, imported := range imports {
		if w := <-imported; w.Code != http.StatusAccepted {
			t.Errorf("answered %d %s", w.Code, w.Body)
		}
	}
}
