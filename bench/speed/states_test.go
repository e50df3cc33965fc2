package speed_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"example.com/app/lib/ibge/ibgetest"
	"example.com/app/lib/pg/pgtest"
)

const (
	latency     = 20 * time.Millisecond // of the upstream
	callsAtOnce = 500
)

func BenchmarkStates(b *testing.B) {
	institute := ibgetest.New(b)
	institute.Hook = func(http.ResponseWriter, *http.Request) bool {
		time.Sleep(latency)
		return false
	}
	s := newSettings(b, pgtest.URL(b)).With(settings{"IBGE_URL": institute.URL})

	b.Run("cold", func(b *testing.B) {
		var took []float64
		for b.Loop() {
			p := startService(b, s, "run")
			p.ready(s.URL("OPS_PORT", "/readyz"))
			began := time.Now()
			fetch(b, s.URL("API_PORT", "/api/v1/states"))
			took = append(took, float64(time.Since(began).Milliseconds()))
			p.end()
		}
		calls := 1 + ibgetest.States + ibgetest.Cities
		critical := float64(calls) / callsAtOnce * float64(latency.Milliseconds())
		results.atMost(b, fmt.Sprintf("GET states, cold: %d calls of %s", calls, latency), middle(took), 1.3*critical)
	})

	b.Run("warm", func(b *testing.B) {
		startService(b, s, "run").ready(s.URL("OPS_PORT", "/readyz"))
		path := filepath.Join(b.TempDir(), "states.json")
		check(b, os.WriteFile(path, fetch(b, s.URL("API_PORT", "/api/v1/states")), 0o600))
		listen, floor := address(b)
		startFloor(b, "file", listen, path).ready(floor)

		d := fight(b, floor, s.URL("API_PORT", ""), "states", 32)
		results.add(b, d.row("GET states, warm, against a file", 32, 0.9))
	})
}

func fetch(b *testing.B, url string) []byte {
	b.Helper()
	request, err := http.NewRequestWithContext(b.Context(), http.MethodGet, url, http.NoBody)
	check(b, err)
	request.Header.Set("Accept-Encoding", "identity")
	answer, err := http.DefaultClient.Do(request)
	check(b, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	check(b, err)
	if answer.StatusCode != http.StatusOK {
		b.Fatalf("%s answers %s: %s", url, answer.Status, body)
	}
	return body
}
