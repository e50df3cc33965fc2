package ibge_test

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/app/lib/ibge"
	"example.com/app/lib/ibge/ibgetest"
	"example.com/app/lib/outgoing"
)

func client(t testing.TB, url string, timeout time.Duration) *ibge.Client {
	t.Helper()
	o := ibge.Options(url)
	o.Timeout, o.Log = timeout, slog.New(slog.DiscardHandler)
	upstream, err := outgoing.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return ibge.NewClient(upstream)
}

func localities(t testing.TB, i *ibgetest.Institute, timeout time.Duration) ibge.Localities {
	t.Helper()
	l, err := client(t, i.URL, timeout).Localities(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestWholeCountryComesInTheInstitutesOrder(t *testing.T) {
	t.Parallel()
	i := ibgetest.New(t)
	l := localities(t, i, time.Minute)

	districts := 0
	for s, state := range l.States {
		want := i.StateCities(s)
		if state.Sigla != ibgetest.Sigla(s) || len(state.Cidades) != len(want) {
			t.Fatalf("state %d is %s with %d cities", s, state.Sigla, len(state.Cidades))
		}
		for c, city := range state.Cidades {
			ids := make([]int64, len(city.Distritos))
			for d, district := range city.Distritos {
				ids[d] = district.ID
			}
			if city.ID != want[c] || !slices.Equal(ids, ibgetest.CityDistricts(city.ID)) {
				t.Fatalf("city %d of %s is %d with %v", c, state.Sigla, city.ID, ids)
			}
			districts += len(ids)
		}
	}
	if len(l.States) != ibgetest.States || districts != ibgetest.Districts || l.Cause != nil {
		t.Errorf("%d states, %d districts, %v", len(l.States), districts, l.Cause)
	}
	for kind, want := range map[string]int{"estados": 1, "municipios": ibgetest.States, "distritos": ibgetest.Cities} {
		if got := i.Calls(kind); got != want {
			t.Errorf("%d calls for %s", got, kind)
		}
	}
}

// gather lets requests of a kind wait until as many are there as may be, and a while for one too many.
func gather(i *ibgetest.Institute, kind string, most int) {
	var mu sync.Mutex
	waiting, together := 0, make(chan struct{})
	i.Hook = func(_ http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, kind) {
			return false
		}
		mu.Lock()
		if waiting++; waiting == most {
			time.AfterFunc(50*time.Millisecond, func() { close(together) })
		}
		mu.Unlock()
		<-together
		return false
	}
}

func TestAsManyCallsAtOnceAsMayBeAndNoMore(t *testing.T) {
	t.Parallel()
	for kind, most := range map[string]int{"municipios": 26, "distritos": 500} {
		i := ibgetest.NewOf(t, most+40)
		gather(i, kind, most)
		localities(t, i, time.Minute)
		if got := i.Most(kind); got != most {
			t.Errorf("%d calls for %s at once", got, kind)
		}
	}
}

func TestWhatFailsIsNamedAndTheRestIsThere(t *testing.T) {
	t.Parallel()
	i := ibgetest.NewSmall(t)
	city := i.StateCities(3)[1]
	broken := "/estados/" + ibgetest.Sigla(5) + "/municipios"
	i.Hook = func(w http.ResponseWriter, r *http.Request) bool {
		switch {
		case strings.HasSuffix(r.URL.Path, broken):
			w.WriteHeader(http.StatusInternalServerError)
			return true
		case strings.Contains(r.URL.Path, "/"+itoa(city)+"/"):
			<-r.Context().Done()
			return true
		default:
			return false
		}
	}
	l := localities(t, i, 6*time.Second)

	if len(l.States) != ibgetest.States-1 || !slices.Equal(l.FailedStates, []string{ibgetest.Sigla(5)}) || !slices.Equal(l.FailedCities, []int64{city}) {
		t.Errorf("%d states, without %v and %v", len(l.States), l.FailedStates, l.FailedCities)
	}
	if l.Cause == nil || l.States[3].Cidades[1].Distritos != nil || len(l.States[3].Cidades[2].Distritos) == 0 {
		t.Errorf("%v, %v", l.Cause, l.States[3].Cidades[1])
	}
}

func TestAnswersThatAreNoneFail(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(io.Writer){
		"an object":     func(w io.Writer) { _, _ = io.WriteString(w, `{"erro": "x"}`) },
		"no JSON":       func(w io.Writer) { _, _ = io.WriteString(w, `<html>`) },
		"half":          func(w io.Writer) { _, _ = io.WriteString(w, `[{"id": 1, "sigla"`) },
		"null":          func(w io.Writer) { _, _ = io.WriteString(w, `null`) },
		"nothing":       func(w io.Writer) { _, _ = io.WriteString(w, `[]`) },
		"empty objects": func(w io.Writer) { _, _ = io.WriteString(w, `[{}]`) },
		"200 MB":        func(w io.Writer) { flood(w, 200<<20) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := ibgetest.NewSmall(t)
			city := i.StateCities(0)[0]
			where := "/estados"
			i.Hook = func(w http.ResponseWriter, r *http.Request) bool {
				if strings.HasSuffix(r.URL.Path, where) {
					answer(w)
					return true
				}
				return false
			}
			if l, err := client(t, i.URL, 30*time.Second).Localities(t.Context()); err == nil {
				t.Errorf("as the list of states: %d states", len(l.States))
			}
			where = "/" + ibgetest.Sigla(2) + "/municipios"
			if l := localities(t, i, 30*time.Second); !slices.Equal(l.FailedStates, []string{ibgetest.Sigla(2)}) {
				t.Errorf("as the cities of a state: %v", l.FailedStates)
			}
			where = "/" + itoa(city) + "/distritos"
			if l := localities(t, i, 30*time.Second); !slices.Equal(l.FailedCities, []int64{city}) {
				t.Errorf("as the districts of a city: %v", l.FailedCities)
			}
		})
	}
}

func flood(w io.Writer, bytes int) {
	block := []byte(strings.Repeat(" ", 1<<20))
	for range bytes >> 20 {
		if _, err := w.Write(block); err != nil {
			return
		}
	}
}

func itoa(id int64) string { return strconv.FormatInt(id, 10) }

func TestInstituteThatDoesNotWorkIsAnErrorAndNoEmptyCountry(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"estados", "municipios"} {
		for _, status := range []int{http.StatusNotFound, http.StatusInternalServerError} {
			i := ibgetest.NewSmall(t)
			i.Hook = func(w http.ResponseWriter, r *http.Request) bool {
				if strings.HasSuffix(r.URL.Path, kind) {
					w.WriteHeader(status)
					return true
				}
				return false
			}
			l, err := client(t, i.URL, 30*time.Second).Localities(t.Context())
			if e, ok := errors.AsType[*outgoing.Error](err); !ok || e.Status != status || !errors.Is(err, outgoing.ErrFault) || errors.Is(err, outgoing.ErrNotFound) {
				t.Errorf("%s are answered with %d: %d states, %v", kind, status, len(l.States), err)
			}
		}
	}
}

func TestCitiesWithoutDistrictsAreBelievedWhileTheyAreFew(t *testing.T) {
	t.Parallel()
	i := ibgetest.NewOf(t, 200)
	all := i.StateCities(0)
	empty := all[:2]
	i.Hook = func(w http.ResponseWriter, r *http.Request) bool {
		lost := slices.ContainsFunc(empty, func(id int64) bool { return strings.HasSuffix(r.URL.Path, "/"+itoa(id)+"/distritos") })
		if lost {
			_, _ = io.WriteString(w, "[]")
		}
		return lost
	}
	if l := localities(t, i, time.Minute); l.Cause != nil || l.States[0].Cidades[0].Distritos == nil || len(l.States[0].Cidades[0].Distritos) > 0 {
		t.Errorf("two of 200: %v, %v", l.Cause, l.States[0].Cidades[0])
	}
	empty = all[:3]
	if l := localities(t, i, time.Minute); l.Cause == nil || !slices.Equal(l.FailedCities, empty) || l.States[0].Cidades[0].Distritos != nil {
		t.Errorf("three of 200: %v, %v", l.Cause, l.FailedCities)
	}
}

func TestPingAsksForTheStates(t *testing.T) {
	t.Parallel()
	i := ibgetest.NewSmall(t)
	if err := client(t, i.URL, time.Minute).Ping(t.Context()); err != nil || i.Calls("estados") != 1 {
		t.Errorf("%v", err)
	}
	if err := client(t, i.URL+"/elsewhere", time.Minute).Ping(t.Context()); !errors.Is(err, outgoing.ErrFault) {
		t.Errorf("%v", err)
	}
}
