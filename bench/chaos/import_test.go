package chaos_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// growth is how much more memory a process may ever have held after an import ten times as large as another, in MiB.
// The file alone is as large, and its rows as values are several times that. A few rows show nothing, and neither does
// a process under the race detector.
const growth = 24

// TestImportIsCompleteAndNeedsNoMoreMemory sends many long rows through the API, after a tenth of them has shown what a process needs.
func TestImportIsCompleteAndNeedsNoMoreMemory(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shared(t), nil)
	api, consumer := w.serve(), w.consume()
	total := scaled(100_000, 1_000)

	names := w.imports(api, "few", total/10)
	before := [2]int{api.peak(t), consumer.peak(t)}
	names = append(names, w.imports(api, "many", total)...)
	after := [2]int{api.peak(t), consumer.peak(t)}
	for i, mode := range []string{"run", "consume"} {
		if full() && after[i]-before[i] > growth {
			t.Errorf("app %s grew from %d to %d MiB with the import", mode, before[i], after[i])
		}
		w.tell("app %s: at most %d MiB after %d rows, %d MiB after %d more", mode, before[i], total/10, after[i], total)
	}

	w.drained(len(names))
	consumer.Stop()
	api.Stop()
	w.idle()
	w.created(names)
	w.buried(nil)
	w.audited()
}

// progress is what an import tells of itself.
type progress struct {
	Total, Created, Waiting, Dead, Refused int
	FinishedAt                             *string `json:"finished_at"`
}

// imports returns once every row has become a student; every thousandth line is refused.
func (w *world) imports(api process, kind string, n int) (names []string) {
	w.Helper()
	var rows strings.Builder
	refused := 0
	for i := range n {
		name := nameOf(kind, i) + strings.Repeat(" and so on", 20)
		if i%1000 == 999 {
			refused++
			fmt.Fprintf(&rows, "{\"name\": %q, \"age\": 7}\n", name)
			continue
		}
		names = append(names, name)
		fmt.Fprintf(&rows, "{\"name\": %q}\n", name)
	}

	status := api.URL("API_PORT", w.upload(api.students("/imports"), rows.String()))
	w.until("the import is finished", func() (string, bool) {
		answer := w.ask(http.MethodGet, status, "", http.StatusOK)
		var p progress
		w.must(json.Unmarshal([]byte(answer), &p))
		if p.Total != n || p.Created+p.Waiting+p.Dead+p.Refused != n || p.Refused != refused || p.Dead != 0 {
			w.Fatalf("the counts of %d rows, %d refused, are %+v", n, refused, p)
		}
		return strconv.Itoa(p.Created), p.FinishedAt != nil
	})
	return names
}

func (w *world) upload(url, rows string) (location string) {
	w.Helper()
	r, err := http.NewRequestWithContext(w.Context(), http.MethodPost, url, strings.NewReader(rows))
	w.must(err)
	r.Header.Set("Content-Type", "application/x-ndjson")
	answer, err := http.DefaultClient.Do(r)
	w.must(err)
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusAccepted {
		w.Fatalf("the import answers %s", answer.Status)
	}
	return answer.Header.Get("Location")
}

var highWater = regexp.MustCompile(`VmHWM:\s*(\d+) kB`)

// peak is the most memory that the process has ever had resident, in MiB; 0 where the system does not tell.
func (p process) peak(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.PID()))
	if err != nil {
		return 0
	}
	m := highWater.FindSubmatch(status)
	if m == nil {
		t.Fatalf("the process %d tells no memory: %s", p.PID(), status)
	}
	kib, err := strconv.Atoi(string(m[1]))
	if err != nil {
		t.Fatal(err)
	}
	return kib >> 10
}
