// Package ibgetest stands in for the institute, with a country of the real one's size.
package ibgetest

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// What the country of New has.
const (
	States    = 27
	Cities    = 5_570
	Districts = 10_670
)

// village is how many cities the country of NewSmall has.
const village = 3 * States

// Institute answers as the real one does, and counts.
type Institute struct {
	URL    string
	cities int

	// Hook may answer a request itself, by true. Set it before the first request.
	Hook func(w http.ResponseWriter, r *http.Request) bool

	mu    sync.Mutex
	calls map[string]int // by kind: estados, municipios, distritos
	now   map[string]int
	most  map[string]int
}

// Place is a state, a city or a district as the institute writes it, with more than anybody needs.
type Place struct {
	ID     int64             `json:"id"`
	Sigla  string            `json:"sigla,omitempty"`
	Nome   string            `json:"nome"`
	Region map[string]string `json:"regiao"`
}

// New serves until the test ends.
func New(t testing.TB) *Institute { return NewOf(t, Cities) }

// NewSmall is New with three cities in every state, where nothing depends on how many there are.
func NewSmall(t testing.TB) *Institute { return NewOf(t, village) }

// NewOf is New with that many cities.
func NewOf(t testing.TB, cities int) *Institute {
	t.Helper()
	i := &Institute{cities: cities, calls: map[string]int{}, now: map[string]int{}, most: map[string]int{}}
	server := httptest.NewServer(http.HandlerFunc(i.serve))
	t.Cleanup(server.Close)
	i.URL = server.URL + "/api/v1/localidades"
	return i
}

// Calls is how many requests of a kind came: estados, municipios or distritos.
func (i *Institute) Calls(kind string) int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.calls[kind]
}

// Most is how many requests of a kind were open at once.
func (i *Institute) Most(kind string) int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.most[kind]
}

// Sigla is that of a state, from 0 in the institute's order, which is no other.
func Sigla(state int) string { return string([]byte{byte('Z' - state%9), byte('A' + state/9)}) }

// StateCities are those of a state, in the institute's order.
func (i *Institute) StateCities(state int) []int64 {
	var ids []int64
	for n := state; n < i.cities; n += States {
		ids = append(ids, cityID(n))
	}
	return ids
}

// cityID descends, so that no order by number is the institute's.
func cityID(n int) int64 { return int64(5_400_000 - n) }

// CityDistricts are those of a city: two for most, one for the others.
func CityDistricts(city int64) []int64 {
	ids := []int64{city*100 + 10}
	if n := 5_400_000 - city; n < Districts-Cities {
		ids = append(ids, city*100+5)
	}
	return ids
}

func (i *Institute) serve(w http.ResponseWriter, r *http.Request) {
	path := strings.Split(strings.TrimPrefix(r.URL.EscapedPath(), "/api/v1/localidades/"), "/")
	kind := path[len(path)-1]
	i.begin(kind)
	defer i.end(kind)
	if i.Hook != nil && i.Hook(w, r) {
		return
	}

	var places []Place
	switch {
	case len(path) == 1 && kind == "estados":
		for n := range States {
			places = append(places, Place{ID: int64(99 - n), Sigla: Sigla(n), Nome: "Estado " + Sigla(n)})
		}
	case len(path) == 3 && kind == "municipios":
		places = named("Cidade", i.StateCities(stateOf(path[1])))
	case len(path) == 3 && kind == "distritos":
		city, _ := strconv.ParseInt(path[1], 10, 64)
		places = named("Distrito", CityDistricts(city))
	default:
		http.NotFound(w, r)
		return
	}
	write(w, r, places)
}

func stateOf(sigla string) int {
	for n := range States {
		if Sigla(n) == sigla {
			return n
		}
	}
	return States
}

func named(noun string, ids []int64) []Place {
	places := make([]Place, len(ids))
	for n, id := range ids {
		places[n] = Place{ID: id, Nome: fmt.Sprintf("%s São %d", noun, id), Region: map[string]string{"sigla": "S", "nome": "Sul"}}
	}
	return places
}

// write sends gzip to whoever takes it, as the real one does.
func write(w http.ResponseWriter, r *http.Request, places []Place) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") || len(places) < 10 {
		_ = json.NewEncoder(w).Encode(places)
		return
	}
	w.Header().Set("Content-Encoding", "gzip")
	packed := gzip.NewWriter(w)
	_ = json.NewEncoder(packed).Encode(places)
	_ = packed.Close()
}

func (i *Institute) begin(kind string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.calls[kind]++
	i.now[kind]++
	i.most[kind] = max(i.most[kind], i.now[kind])
}

func (i *Institute) end(kind string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.now[kind]--
}
