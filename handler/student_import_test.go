package handler_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"example.com/app/lib/pg"
	"example.com/app/lib/strict"
	"example.com/app/schemas"
)

type studentImport struct {
	ID                                     int64
	Total, Created, Waiting, Dead, Refused int
	Finished                               *time.Time `json:"finished_at"`
	Refusals                               []struct {
		Number int
		Reason string
	}
}

var ndjson = header{"Content-Type", "application/x-ndjson"}

func (c client) upload(file string) *httptest.ResponseRecorder {
	c.t.Helper()
	return c.do(http.MethodPost, "/api/v1/students/imports", file, ndjson, header{"X-Request-Id", "the upload"})
}

func count(t *testing.T, db *pg.DB, sql string) (n int) {
	t.Helper()
	if err := db.QueryRow(t.Context(), sql).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestGoodRowsOfAFileBecomeMessages(t *testing.T) {
	t.Parallel()
	c := newClient(t)

	w := c.upload("{\"name\": \" Ada \"}\r\n\n  \n{\"name\": \"<Böb> \\u0041\\\"\"}")

	if w.Code != http.StatusAccepted {
		t.Fatalf("answered %d %s", w.Code, w.Body)
	}
	shown := c.do(http.MethodGet, w.Header().Get("Location"), "")
	if got := read[studentImport](t, shown); got.Total != 2 || got.Waiting != 2 || got.Finished != nil || shown.Body.String() != w.Body.String() {
		t.Errorf("answered %s and shown as %s", w.Body, shown.Body)
	}

	rows, err := c.db.Query(t.Context(), `
		SELECT o.key, o.exchange, o.routing_key, o.correlation_id, o.body, r.number
		FROM outbox o JOIN student_import_row r USING (message_id)
		WHERE o.key = message_id::text ORDER BY seq`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var got []string
	for rows.Next() {
		var key, exchange, routing, correlation string
		var body []byte
		var number int
		if err := rows.Scan(&key, &exchange, &routing, &correlation, &body, &number); err != nil {
			t.Fatal(err)
		}
		var in schemas.StudentIn
		if err := strict.Decode(body, &in); err != nil {
			t.Errorf("decode %s: %v", body, err)
		}
		got = append(got, fmt.Sprintln(number, exchange, routing, correlation, in.Name))
	}
	want := "1 example example.main the upload Ada\n4 example example.main the upload <Böb> A\"\n"
	if strings.Join(got, "") != want || rows.Err() != nil {
		t.Errorf("messages %s want %s", got, want)
	}
}

func TestRowsThatBreakARuleAreRefusedWithNumberAndReason(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	rows := []struct{ line, reason string }{
		{`{"name": "Ada"}`, ""},
		{`{"name": "Bob"`, "must be"},
		{`[]`, "must be"},
		{`null`, "must be"},
		{`{}`, "/name must be given"},
		{`{"name": " "}`, "/name must be given"},
		{`{"name": "a", "name": "b"}`, "/name"},
		{`{"name": "a", "age": 7}`, "/age is not known here"},
		{`{"name": "a", "x\u0000y": 7}`, "is not known here"},
		{`{"name": "a\u0000b"}`, "/name"},
		{`{"name": "a"} {"name": "b"}`, "nothing after it"},
		{"{\"name\": \"\xff\"}", "must be"},
		{`{"name": "` + strings.Repeat("x", 256) + `"}`, "/name"},
		{`{"name": "` + strings.Repeat("x", 70<<10) + `"}`, "longer than 64 KiB"},
		{`{"name": "` + strings.Repeat(" ", 60<<10) + `Eve"}`, ""},
		{strings.Repeat(" ", 64<<10-len(`{"name":"Joe"}`)) + `{"name":"Joe"}`, ""},
		{strings.Repeat(" ", 64<<10), ""},
		{strings.Repeat(" ", 64<<10+1), "longer than 64 KiB"},
		{`{"name": "` + strings.Repeat(`", "x`, 500) + `": 1}`, "/x"},
	}
	var file strings.Builder
	for _, r := range rows {
		file.WriteString(r.line + "\n")
	}

	w := c.upload(file.String())

	got := read[studentImport](t, w)
	if w.Code != http.StatusAccepted || got.Waiting != 3 || got.Refused != len(rows)-4 || got.Total != len(rows)-1 {
		t.Fatalf("answered %d %s", w.Code, w.Body)
	}
	reasons := map[int]string{}
	for _, r := range got.Refusals {
		reasons[r.Number] = r.Reason
	}
	for i, r := range rows {
		reason, refused := reasons[i+1]
		if refused != (r.reason != "") || !strings.Contains(reason, r.reason) || len(reason) > 500 {
			t.Errorf("line %d, %.40q, is refused with %q, want %q", i+1, r.line, reason, r.reason)
		}
	}
}

func TestReasonsAreKeptOfTheFirstThousandRefusedRows(t *testing.T) {
	t.Parallel()
	c := newClient(t)

	w := c.upload(strings.Repeat("x\n", 1_500))

	got := read[studentImport](t, w)
	if w.Code != http.StatusAccepted || got.Total != 1_500 || got.Refused != 1_500 || got.Finished == nil {
		t.Errorf("answered %d %+v", w.Code, got)
	}
	if n := len(got.Refusals); n != 1_000 || got.Refusals[0].Number != 1 || got.Refusals[n-1].Number != 1_000 {
		t.Errorf("%d refusals are shown", n)
	}
}

func TestFileThatIsNoImportIsRefusedAsAWhole(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	row := "{\"name\": \"x\"}\n"

	for what, f := range map[string]struct {
		file   string
		kind   string
		status int
		code   string
	}{
		"no row":       {"", ndjson[1], 422, "import_empty"},
		"blank lines":  {"\n \n\r\n", ndjson[1], 422, "import_empty"},
		"100,001 rows": {strings.Repeat(row, 2_000) + strings.Repeat("x\n", 98_001), ndjson[1], 422, "at most 100000 rows"},
		"JSON":         {row, "application/json", 415, "media_type"},
	} {
		w := c.do(http.MethodPost, "/api/v1/students/imports", f.file, header{"Content-Type", f.kind})
		if w.Code != f.status || !strings.Contains(w.Body.String(), f.code) {
			t.Errorf("%s: answered %d %s, want %d and %s", what, w.Code, w.Body, f.status, f.code)
		}
	}
	if n := count(t, c.db, "SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM student_import)"); n > 0 {
		t.Errorf("%d rows are left", n)
	}
}

func TestTooManyRowsAreRefusedOnceTheClientHasSentThemAll(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	server := httptest.NewServer(c.api)
	defer server.Close()

	rows := strings.NewReader(strings.Repeat("x\n", 10_000_000)) // more than any buffer on the way holds
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/api/v1/students/imports", io.MultiReader(rows))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set(ndjson[0], ndjson[1])
	res, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(string(body), "import_large") {
		t.Errorf("answered %d %s, %v", res.StatusCode, body, err)
	}
}

func TestByteOrderMarkIsNoPartOfTheFirstRow(t *testing.T) {
	t.Parallel()
	c := newClient(t)

	got := read[studentImport](t, c.upload("\uFEFF{\"name\": \"Ada\"}\n\uFEFF{\"name\": \"Bob\"}\n"))
	if got.Waiting != 1 || got.Refused != 1 || got.Refusals[0].Number != 2 {
		t.Errorf("imported %+v", got)
	}
	if w := c.upload("\uFEFF"); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "import_empty") {
		t.Errorf("a mark alone answers %d %s", w.Code, w.Body)
	}
}

// broken ends in the middle of a row.
type broken struct{}

func (broken) Read(p []byte) (int, error) {
	return copy(p, "{\"name\": \"Ada\"}\n{\"na"), io.ErrUnexpectedEOF
}

func TestFileThatIsCutShortLeavesNothing(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/v1/students/imports", broken{})
	r.Header.Set(ndjson[0], ndjson[1])

	w := httptest.NewRecorder()
	c.api.ServeHTTP(w, r)

	if n := count(t, c.db, "SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM student_import)"); w.Code != http.StatusBadRequest || n > 0 {
		t.Errorf("answered %d %s and left %d rows", w.Code, w.Body, n)
	}
}

func TestUnknownImportIs404(t *testing.T) {
	t.Parallel()
	c := newClient(t)

	for _, id := range []string{"1", "x", "0", "99999999999999999999"} {
		if w := c.do(http.MethodGet, "/api/v1/students/imports/"+id, ""); w.Code != http.StatusNotFound {
			t.Errorf("import %s answers %d %s", id, w.Code, w.Body)
		}
	}
}

// file is an import of so many rows that exists a piece at a time.
type file struct {
	rows    int
	pending []byte
}

func (f *file) Read(p []byte) (int, error) {
	for ; len(f.pending) < len(p) && f.rows > 0; f.rows-- {
		f.pending = fmt.Appendf(f.pending, "{\"name\": \"student %d %s\"}\n", f.rows, strings.Repeat("x", 200))
	}
	if len(f.pending) == 0 {
		return 0, io.EOF
	}
	n := copy(p, f.pending)
	f.pending = f.pending[n:]
	return n, nil
}

// liveHeap watches what garbage collections leave while do runs and tells by how much it grew at most.
func liveHeap(do func()) (bytes uint64) {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	runtime.GC()
	metrics.Read(live)
	before := live[0].Value.Uint64()

	peak, done, watched := before, make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		for {
			metrics.Read(live)
			peak = max(peak, live[0].Value.Uint64())
			select {
			case <-time.After(5 * time.Millisecond):
			case <-done:
				return
			}
		}
	}()
	do()
	close(done)
	<-watched
	return peak - before
}

// It is not parallel: the heap is everybody's.
func TestHundredThousandRowsPassThroughALittleMemory(t *testing.T) {
	c := newClient(t)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/v1/students/imports", &file{rows: 100_000})
	r.Header.Set(ndjson[0], ndjson[1])
	w := httptest.NewRecorder()

	grown := liveHeap(func() { c.api.ServeHTTP(w, r) })

	if got := read[studentImport](t, w); w.Code != http.StatusAccepted || got.Waiting != 100_000 {
		t.Fatalf("answered %d %s", w.Code, w.Body)
	}
	if n := count(t, c.db, "SELECT count(*) FROM outbox JOIN student_import_row USING (message_id)"); n != 100_000 {
		t.Errorf("%d messages", n)
	}
	t.Logf("the heap grew by %d KiB", grown>>10)
	if grown > 8<<20 { // the file has 22 MB
		t.Errorf("the heap grew by %d bytes", grown)
	}
}

func FuzzEveryLineOfAFileIsCounted(f *testing.F) {
	for _, seed := range []string{
		"", "\n", "{\"name\": \"Ada\"}", "{\"name\": \"Ada\"}\r\n\n[]\n", "\x00\n\xff\n{\"\\u0000\": 1}", "{\"a\\ud800\": {}}",
		strings.Repeat(" ", 64<<10) + "\n", strings.Repeat("\n", 3), strings.Repeat("x", 65<<10) + "\n{\"name\": \"\\ud83d\\ude00\"}",
		"\uFEFF", "\uFEFF\n\uFEFF{\"name\": \"Ada\"}",
	} {
		f.Add([]byte(seed))
	}
	shared := newClient(f)

	f.Fuzz(func(t *testing.T, body []byte) {
		want := 0
		for line := range bytes.SplitSeq(bytes.TrimPrefix(body, []byte("\uFEFF")), []byte("\n")) {
			if len(bytes.TrimSpace(line)) > 0 || len(line) > 64<<10 {
				want++
			}
		}

		w := client{t, shared.db, shared.api, shared.cpu}.upload(string(body))

		switch got := read[studentImport](t, w); {
		case want == 0 && w.Code == http.StatusUnprocessableEntity:
		case want == 0, w.Code != http.StatusAccepted, got.Total != want, got.Waiting+got.Refused != want:
			t.Errorf("%d rows answer %d %s", want, w.Code, w.Body)
		}
	})
}
