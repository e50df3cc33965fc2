package handler_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"example.com/app/handler"
	"example.com/app/lib/outgoing"
	"example.com/app/lib/pg"
	"example.com/app/lib/worldtime"
)

// abroad is an API of its own over what other systems tell, without a database.
func abroad(t testing.TB, u handler.Upstreams) client {
	t.Helper()
	return clientOf(t, new(pg.DB), u)
}

// asking is a client of an upstream that answers with h.
func asking(t testing.TB, upstream func(string) outgoing.Options, h http.HandlerFunc) *outgoing.Client {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	o := upstream(server.URL)
	o.Log = slog.New(slog.DiscardHandler)
	c, err := outgoing.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTimeInAZoneIsNow(t *testing.T) {
	t.Parallel()
	w := abroad(t, handler.Upstreams{}).do(http.MethodGet, "/api/v1/timezone?area=America&city=Sao_Paulo", "")
	got := read[struct {
		Timezone string
		Unixtime int64
		ClientIP *string    `json:"client_ip"`
		DSTFrom  *time.Time `json:"dst_from"`
	}](t, w)
	if w.Code != http.StatusOK || got.Timezone != "America/Sao_Paulo" || got.ClientIP == nil || *got.ClientIP != "192.0.2.1" ||
		time.Since(time.Unix(got.Unixtime, 0)).Abs() > time.Hour || !strings.Contains(w.Body.String(), `"dst_from":null`) {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
}

func TestWhatIsNoZoneIs404WhoeverIsAsked(t *testing.T) {
	t.Parallel()
	service := asking(t, worldtime.Options, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) })
	for _, c := range []client{abroad(t, handler.Upstreams{}), abroad(t, handler.Upstreams{Time: worldtime.NewClient(service)})} {
		for query, want := range map[string]int{
			"area=Europe&city=Atlantis": 404, "area=Europe&city=..": 404, "area=..&city=x": 404, "area=Europe&city=..%2f..%2fetc%2fpasswd": 404,
			"area=Europe": 422, "city=Berlin": 422, "area=&city=": 422, "area=Europe&city=a%00": 422, "area=Europe&city=" + strings.Repeat("a", 65): 422,
		} {
			if w := c.do(http.MethodGet, "/api/v1/timezone?"+query, ""); w.Code != want {
				t.Errorf("%s answers %d %s, want %d", query, w.Code, w.Body, want)
			}
		}
	}
}

func TestServiceOfTimeIsPassedOnWithTheClientsAddress(t *testing.T) {
	t.Parallel()
	status := http.StatusOK
	service := asking(t, worldtime.Options, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(`{"timezone": "Europe/Berlin", "client_ip": "203.0.113.9", "datetime": "2026-07-01T14:00:00+02:00",
			"abbreviation": "CEST", "raw_offset": 3600, "dst": true, "dst_from": "2026-03-29T01:00:00+00:00", "dst_offset": 3600}`))
	})
	c := abroad(t, handler.Upstreams{Time: worldtime.NewClient(service)})
	w := c.do(http.MethodGet, "/api/v1/timezone?area=Europe&city=Berlin", "")
	for _, part := range []string{`"client_ip":"192.0.2.1"`, `"dst_from":"2026-03-29T01:00:00Z"`, `"datetime":"2026-07-01T14:00:00+02:00"`, `"utc_datetime":"2026-07-01T12:00:00Z"`, `"unixtime":1782907200`} {
		if !strings.Contains(w.Body.String(), part) {
			t.Errorf("no %s in %s", part, w.Body)
		}
	}
	status = http.StatusInternalServerError
	if w := c.do(http.MethodGet, "/api/v1/timezone?area=Europe&city=Berlin", ""); w.Code != http.StatusBadGateway {
		t.Errorf("a broken service answers %d %s", w.Code, w.Body)
	}
}
