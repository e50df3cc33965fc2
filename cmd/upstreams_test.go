package cmd_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"example.com/app/lib/ibge/ibgetest"
	"example.com/app/lib/pages/pagestest"
	"example.com/app/lib/pg/pgtest"
	"example.com/app/lib/testenv"
)

// sumOf is the checksum of an answer, which is neither compressed nor kept: so many clients would starve the tests beside this one.
func sumOf(t *testing.T, url string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Error(err)
		return ""
	}
	r.Header.Set("Accept-Encoding", "identity")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Error(err)
		return ""
	}
	defer answer.Body.Close()
	sum := sha256.New()
	if n, err := io.Copy(sum, answer.Body); err != nil || answer.StatusCode != http.StatusOK {
		t.Errorf("answered %s, %d bytes, %v", answer.Status, n, err)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

func TestTwoHundredClientsAtOnceAreOneRefreshOfTheWholeCountry(t *testing.T) {
	t.Parallel()
	i := ibgetest.New(t)
	s := freePorts(t).With(settings{"DATABASE_URL": pgtest.URL(t), "IBGE_URL": i.URL})
	p := start(t, t.TempDir(), s, "run")
	testenv.Ready(t, s.URL("OPS_PORT", "/readyz"))

	states := s.URL("API_PORT", "/api/v1/states")
	sums := make([]string, 200)
	var clients sync.WaitGroup
	for n := range sums {
		clients.Go(func() { sums[n] = sumOf(t, states) })
	}
	clients.Wait()
	status, body := testenv.Request(t, http.MethodGet, states, "")
	if again := sumOf(t, states); status != http.StatusOK || slices.ContainsFunc(sums, func(sum string) bool { return sum != again }) {
		t.Errorf("answered %d, and not the same to all: %q", status, sums)
	}

	var country struct {
		Items []struct {
			Cidades []struct{ Distritos []struct{} }
		}
	}
	if err := json.Unmarshal([]byte(body), &country); err != nil {
		t.Fatal(err)
	}
	cities, districts := 0, 0
	for _, state := range country.Items {
		cities += len(state.Cidades)
		for _, city := range state.Cidades {
			districts += len(city.Distritos)
		}
	}
	if len(country.Items) != ibgetest.States || cities != ibgetest.Cities || districts != ibgetest.Districts {
		t.Errorf("%d states, %d cities, %d districts", len(country.Items), cities, districts)
	}
	if i.Calls("estados") != 1 || i.Calls("municipios") != ibgetest.States || i.Calls("distritos") != ibgetest.Cities {
		t.Errorf("%d, %d and %d calls", i.Calls("estados"), i.Calls("municipios"), i.Calls("distritos"))
	}
	_, metrics := testenv.Request(t, http.MethodGet, s.URL("OPS_PORT", "/metrics"), "")
	if !strings.Contains(metrics, `app_outgoing_requests_total{outcome="ok",upstream="ibge"} 5598`) {
		t.Error("the metrics do not tell of 5598 calls")
	}
	p.Stop()
}

func TestStatesAgeAsTheSettingsSayAlsoAfterAReload(t *testing.T) {
	t.Parallel()
	i := ibgetest.NewSmall(t)
	dir, s := t.TempDir(), freePorts(t).With(settings{"DATABASE_URL": pgtest.URL(t), "IBGE_URL": i.URL})
	envFile(t, dir, "STATES_TTL=1h")
	p := start(t, dir, s, "run")
	testenv.Ready(t, s.URL("OPS_PORT", "/readyz"))
	ask := func() {
		t.Helper()
		if status, body := testenv.Request(t, http.MethodGet, s.URL("API_PORT", "/api/v1/states"), ""); status != http.StatusOK {
			t.Errorf("answered %d %s", status, body)
		}
	}
	for range 3 {
		ask()
	}
	if n := i.Calls("estados"); n != 1 {
		t.Errorf("%d refreshes within an hour", n)
	}

	reload(t, p, dir, "STATES_TTL=0s")
	p.Says("STATES_TTL")
	reload(t, p, dir, "STATES_TTL=1s")
	p.Says("STATES_TTL=1s")
	testenv.Eventually(t, "they are refreshed", func() bool {
		ask()
		return i.Calls("estados") > 1
	})
	p.Stop()
}

func TestInstituteThatIsAwayFailsNothingButItsOwnRoute(t *testing.T) {
	t.Parallel()
	s := freePorts(t).With(settings{"DATABASE_URL": pgtest.URL(t), "IBGE_URL": "http://127.0.0.1:1"})
	p := start(t, t.TempDir(), s, "run")
	testenv.Ready(t, s.URL("OPS_PORT", "/readyz"))
	if status, body := testenv.Request(t, http.MethodGet, s.URL("API_PORT", "/api/v1/states"), ""); status != http.StatusBadGateway || !strings.Contains(body, "upstream_unreachable") || !strings.Contains(body, "ibge") {
		t.Errorf("answered %d %s", status, body)
	}
	if status, _ := testenv.Request(t, http.MethodGet, s.URL("API_PORT", "/api/v1/students"), ""); status != http.StatusOK {
		t.Errorf("students are answered with %d", status)
	}
	p.Says(`"level":"ERROR","msg":"request failed"`)
	status, body := testenv.Request(t, http.MethodGet, s.URL("API_PORT", "/api/v1/posts/featured?store=google_play&country=BR"), "")
	if status != http.StatusServiceUnavailable || !strings.Contains(body, "PAGES_URL") {
		t.Errorf("without a service of pages the featured posts are answered with %d %s", status, body)
	}
	p.Stop()
}

func TestFeaturedPostsComeFromTheServiceThatIsSet(t *testing.T) {
	t.Parallel()
	s := freePorts(t).With(settings{"DATABASE_URL": pgtest.URL(t), "PAGES_URL": pagestest.New(t)})
	p := start(t, t.TempDir(), s, "run")
	testenv.Ready(t, s.URL("OPS_PORT", "/readyz"))

	status, body := testenv.Request(t, http.MethodGet, s.URL("API_PORT", "/api/v1/posts/featured?store=google_play&country=BR"), "")
	if status != http.StatusOK || !strings.Contains(body, "country=BR&store=google_play") {
		t.Errorf("answered %d %s", status, body)
	}
	_, metrics := testenv.Request(t, http.MethodGet, s.URL("OPS_PORT", "/metrics"), "")
	if !strings.Contains(metrics, `app_outgoing_requests_total{outcome="ok",upstream="pages"} 1`) {
		t.Error("the metrics do not tell of the call")
	}
	p.Stop()
}
