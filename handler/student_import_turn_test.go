package handler_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// end is empty, and closed once it is read.
type end chan struct{}

func (e end) Read([]byte) (int, error) {
	close(e)
	return 0, io.EOF
}

func TestLongImportLetsOthersHaveTheirTurn(t *testing.T) {
	t.Parallel()
	c := newClient(t) // whose pool does one thing at a time
	location := c.create("Ada")
	var answered atomic.Bool
	sent, imported := make(chan struct{}), make(chan *httptest.ResponseRecorder)
	go func() {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/v1/students/imports", io.MultiReader(strings.NewReader(strings.Repeat("x\n", 100_000)), end(sent)))
		r.Header.Set(ndjson[0], ndjson[1])
		w := httptest.NewRecorder()
		c.api.ServeHTTP(w, r)
		answered.Store(true)
		imported <- w
	}()

	<-sent
	turns := 0
	for !answered.Load() {
		err := c.cpu.Do(t.Context(), func() error {
			if w := c.do(http.MethodGet, location, ""); w.Code != http.StatusOK {
				t.Errorf("answered %d %s", w.Code, w.Body)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if !answered.Load() {
			turns++
		}
	}

	w := <-imported
	if got := read[studentImport](t, w); w.Code != http.StatusAccepted || got.Refused != 100_000 {
		t.Errorf("answered %d %.200s", w.Code, w.Body)
	}
	t.Logf("%d turns", turns)
	if turns < 50 { // 100 pieces are read, and nothing else takes long: there is hardly one without a turn behind it
		t.Errorf("others had %d turns during the import", turns)
	}
}
