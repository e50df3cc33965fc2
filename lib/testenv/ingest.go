package testenv

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Report is an event that came to an Ingest.
type Report struct {
	Message     string            `json:"message"`
	Level       string            `json:"level"`
	Environment string            `json:"environment"`
	Release     string            `json:"release"`
	Tags        map[string]string `json:"tags"`
	Exception   []struct {
		Type       string `json:"type"`
		Value      string `json:"value"`
		Stacktrace struct {
			Frames []struct {
				Function string `json:"function"`
				File     string `json:"abs_path"`
			} `json:"frames"`
		} `json:"stacktrace"`
	} `json:"exception"`
	Raw string `json:"-"` // all of it
}

// Ingest takes events as Sentry does, in the test's own process.
type Ingest struct {
	DSN string // what SENTRY_DSN is to be

	mu      sync.Mutex
	reports []Report
}

// NewIngest serves until the test ends.
func NewIngest(t testing.TB) *Ingest {
	t.Helper()

	i := &Ingest{}
	server := httptest.NewServer(http.HandlerFunc(i.receive))
	t.Cleanup(server.Close)
	i.DSN = strings.Replace(server.URL, "://", "://key@", 1) + "/1"
	return i
}

// Reports are those that came so far.
func (i *Ingest) Reports() []Report {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.reports)
}

// Report waits for one that fits.
func (i *Ingest) Report(t testing.TB, what string, fits func(Report) bool) (found Report) {
	t.Helper()

	Eventually(t, "there is a report of "+what, func() bool {
		reports := i.Reports()
		n := slices.IndexFunc(reports, fits)
		if n >= 0 {
			found = reports[n]
		}
		return n >= 0
	})
	return found
}

// receive reads an envelope: a line of headers, then items of a line of headers and a line of content.
func (i *Ingest) receive(_ http.ResponseWriter, r *http.Request) {
	body := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		if unzipped, err := gzip.NewReader(r.Body); err == nil {
			body = unzipped
		}
	}
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		report := Report{Raw: lines.Text()}
		if json.Unmarshal(lines.Bytes(), &report) == nil && report.Level != "" {
			i.mu.Lock()
			i.reports = append(i.reports, report)
			i.mu.Unlock()
		}
	}
}
