package handler_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/app/handler"
	"example.com/app/lib/cache"
	"example.com/app/lib/ibge"
	"example.com/app/lib/ibge/ibgetest"
	"example.com/app/lib/outgoing"
	"example.com/app/schemas"
)

const allStates = "/api/v1/states"

// country is an API of its own over an institute.
func country(t testing.TB, i *ibgetest.Institute) client {
	t.Helper()
	o := ibge.Options(i.URL)
	o.Timeout, o.Log = 5*time.Second, slog.New(slog.DiscardHandler)
	upstream, err := outgoing.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return abroad(t, handler.Upstreams{States: handler.NewStates(cache.NewMemory(), ibge.NewClient(upstream), time.Hour)})
}

func statesOf(t testing.TB, w *httptest.ResponseRecorder) (out schemas.StatesOut) {
	t.Helper()
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil || w.Code != http.StatusOK {
		t.Fatalf("answered %d %s: %v", w.Code, w.Body, err)
	}
	return out
}

func TestStatesAreTheWholeCountryAndItsTagIsGoodForAsLongAsTheyAre(t *testing.T) {
	t.Parallel()
	i := ibgetest.NewSmall(t)
	c := country(t, i)
	first := c.do(http.MethodGet, allStates, "")
	out := statesOf(t, first)

	if len(out.Items) != ibgetest.States || out.Partial || out.Items[0].Sigla != ibgetest.Sigla(0) ||
		!strings.Contains(first.Body.String(), `"partial":false,"failed_states":[],"failed_cities":[]`) {
		t.Errorf("%+v", out)
	}
	again := c.do(http.MethodGet, allStates, "", header{"If-None-Match", first.Header().Get("ETag")})
	if again.Code != http.StatusNotModified || i.Calls("estados") != 1 {
		t.Errorf("answered %d after %d refreshes", again.Code, i.Calls("estados"))
	}
}

func TestStatesThatLackSomethingSaySo(t *testing.T) {
	t.Parallel()
	i := ibgetest.NewSmall(t)
	i.Hook = func(w http.ResponseWriter, r *http.Request) bool {
		lost := strings.HasSuffix(r.URL.Path, "/"+ibgetest.Sigla(4)+"/municipios") || strings.HasSuffix(r.URL.Path, "/5400000/distritos")
		if lost {
			w.WriteHeader(http.StatusInternalServerError)
		}
		return lost
	}
	w := country(t, i).do(http.MethodGet, allStates, "")
	out := statesOf(t, w)
	if !out.Partial || len(out.Items) != ibgetest.States-1 || !slices.Equal(out.FailedStates, []string{ibgetest.Sigla(4)}) ||
		!slices.Equal(out.FailedCities, []int64{5_400_000}) || !strings.Contains(w.Body.String(), `"distritos":null`) {
		t.Errorf("%s", w.Body)
	}
}

func TestStatesOfAnInstituteThatDoesNotWorkSayWhoseFaultItIs(t *testing.T) {
	t.Parallel()
	for upstream, want := range map[int]int{404: 502, 500: 502, 502: 502, 504: 504, 503: 503, 429: 503} {
		i := ibgetest.NewSmall(t)
		i.Hook = func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(upstream)
			return true
		}
		w := country(t, i).do(http.MethodGet, allStates, "")
		if w.Code != want || want == 503 && w.Header().Get("Retry-After") != "7" || strings.Contains(w.Body.String(), "127.0.0.1") {
			t.Errorf("%d becomes %d %v %s", upstream, w.Code, w.Header(), w.Body)
		}
	}
}
