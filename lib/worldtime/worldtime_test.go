package worldtime_test

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/app/lib/outgoing"
	"example.com/app/lib/worldtime"
)

func TestTimeIsThatOfTheZone(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ moment, area, city, want string }{
		{"2026-07-01T12:00:00.123456Z", "Europe", "Berlin", "CEST 2026-07-01T14:00:00.123456+02:00 3 182 true 2026-03-29T01:00:00Z 3600 2026-10-25T01:00:00Z 3600 Europe/Berlin 1782907200 2026-07-01T12:00:00.123456Z +02:00 27"},
		{"2026-01-01T00:30:00Z", "Europe", "Berlin", "CET 2026-01-01T01:30:00+01:00 4 1 false - 0 - 3600 Europe/Berlin 1767227400 2026-01-01T00:30:00Z +01:00 1"},
		{"2026-01-01T00:30:00Z", "America", "New_York", "EST 2025-12-31T19:30:00-05:00 3 365 false - 0 - -18000 America/New_York 1767227400 2026-01-01T00:30:00Z -05:00 1"},
		{"2026-01-01T00:30:00Z", "Australia", "Sydney", "AEDT 2026-01-01T11:30:00+11:00 4 1 true 2025-10-04T16:00:00Z 3600 2026-04-04T16:00:00Z 36000 Australia/Sydney 1767227400 2026-01-01T00:30:00Z +11:00 1"},
		{"2026-11-22T11:00:00Z", "Australia", "Sydney", "AEDT 2026-11-22T22:00:00+11:00 0 326 true 2026-10-03T16:00:00Z 3600 2027-04-03T16:00:00Z 36000 Australia/Sydney 1795345200 2026-11-22T11:00:00Z +11:00 47"},
		{"2026-07-01T12:00:00Z", "Australia", "Lord_Howe", "+1030 2026-07-01T22:30:00+10:30 3 182 false - 0 - 37800 Australia/Lord_Howe 1782907200 2026-07-01T12:00:00Z +10:30 27"},
		{"2026-01-01T00:30:00Z", "Australia", "Lord_Howe", "+11 2026-01-01T11:30:00+11:00 4 1 true 2025-10-04T15:30:00Z 1800 2026-04-04T15:00:00Z 37800 Australia/Lord_Howe 1767227400 2026-01-01T00:30:00Z +11:00 1"},
		{"2026-07-01T12:00:00Z", "America", "Sao_Paulo", "-03 2026-07-01T09:00:00-03:00 3 182 false - 0 - -10800 America/Sao_Paulo 1782907200 2026-07-01T12:00:00Z -03:00 27"},
		{"2026-07-01T12:00:00Z", "America", "Argentina/Buenos_Aires", "-03 2026-07-01T09:00:00-03:00 3 182 false - 0 - -10800 America/Argentina/Buenos_Aires 1782907200 2026-07-01T12:00:00Z -03:00 27"},
		{"2026-07-05T12:00:00Z", "Asia", "Kathmandu", "+0545 2026-07-05T17:45:00+05:45 0 186 false - 0 - 20700 Asia/Kathmandu 1783252800 2026-07-05T12:00:00Z +05:45 27"},
		{"2027-01-01T12:00:00Z", "Etc", "UTC", "UTC 2027-01-01T12:00:00Z 5 1 false - 0 - 0 Etc/UTC 1798804800 2027-01-01T12:00:00Z +00:00 53"},
	} {
		moment, err := time.Parse(time.RFC3339, test.moment)
		if err != nil {
			t.Fatal(err)
		}
		got, err := worldtime.At(moment, test.area, test.city)
		if text := written(got); err != nil || text != test.want {
			t.Errorf("%s in %s/%s is %v\n%s, want\n%s", test.moment, test.area, test.city, err, text, test.want)
		}
	}
}

// Go's own data have other forms than a host's, and are all that an image without files has.
func TestGosOwnDataTellTheSameTime(t *testing.T) {
	t.Parallel()
	root, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	again := exec.CommandContext(t.Context(), os.Args[0], "-test.v", "-test.run=^TestTimeIsThatOfTheZone$")
	again.Env = append(os.Environ(), "ZONEINFO="+filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "zoneinfo.zip"))
	if said, err := again.CombinedOutput(); err != nil || !strings.Contains(string(said), "--- PASS") {
		t.Errorf("%v\n%s", err, said)
	}
}

func written(t worldtime.Time) string {
	stamp := func(at *time.Time) string {
		if at == nil {
			return "-"
		}
		return at.Format(time.RFC3339Nano)
	}
	return fmt.Sprintf("%s %s %d %d %t %s %d %s %d %s %d %s %s %d", t.Abbreviation, stamp(&t.Datetime), t.DayOfWeek, t.DayOfYear, t.DST,
		stamp(t.DSTFrom), t.DSTOffset, stamp(t.DSTUntil), t.RawOffset, t.Timezone, t.Unixtime, stamp(&t.UTCDatetime), t.UTCOffset, t.WeekNumber)
}

func noZones() [][2]string {
	return [][2]string{
		{"Europe", "Atlantis"},
		{"Europe", ".."},
		{"..", "passwd"},
		{"Europe", "../../../etc/passwd"},
		{"Europe", `..\Berlin`},
		{"", "Berlin"},
		{"Europe", ""},
		{"/etc", "passwd"},
		{"Europe", "Berlin/"},
		{"Europe", "Berlin\x00"},
		{"Europe", "./Berlin"},
		{"Europe/Berlin", ""},
		{"America/Argentina", "Salta"},
	}
}

func TestWhatIsNoZoneIsNotFound(t *testing.T) {
	t.Parallel()
	for _, name := range append(noZones(), [2]string{"right", "Europe/Berlin"}, [2]string{"posix", "Europe/Berlin"}) {
		if got, err := worldtime.At(time.Now(), name[0], name[1]); !errors.Is(err, worldtime.ErrNoZone) {
			t.Errorf("%q is %+v, %v", name, got, err)
		}
	}
}

// asked is a service that answers with h.
func asked(t *testing.T, h http.HandlerFunc) *worldtime.Client {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	o := worldtime.Options(server.URL + "/api")
	o.Log = slog.New(slog.DiscardHandler)
	upstream, err := outgoing.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return worldtime.NewClient(upstream)
}

const summer = `{"abbreviation":"CEST","client_ip":"192.0.2.7","datetime":"2026-07-01T14:00:00.123456+02:00","day_of_week":3,
	"day_of_year":182,"dst":true,"dst_from":"2026-03-29T01:00:00+00:00","dst_offset":3600,"dst_until":"2026-10-25T01:00:00+00:00",
	"raw_offset":3600,"timezone":"Europe/Berlin","unixtime":1782907200,"utc_datetime":"2026-07-01T12:00:00.123456+00:00",
	"utc_offset":"+02:00","week_number":27}`

func TestServiceAnswersAsOurOwnDataDoes(t *testing.T) {
	t.Parallel()
	var path string
	c := asked(t, func(w http.ResponseWriter, r *http.Request) {
		path = r.URL.EscapedPath()
		_, _ = io.WriteString(w, summer)
	})
	got, err := c.Now(t.Context(), "Europe", "Berlin")
	want, err2 := worldtime.At(time.Date(2026, 7, 1, 12, 0, 0, 123_456_000, time.UTC), "Europe", "Berlin")
	if err := errors.Join(err, err2); err != nil || got.ClientIP != "192.0.2.7" || path != "/api/timezone/Europe/Berlin" {
		t.Fatalf("%s: %+v, %v", path, got, err)
	}
	if written(got) != written(want) {
		t.Errorf("the service says\n%s, we say\n%s", written(got), written(want))
	}
	if _, err := c.Now(t.Context(), "America", "Argentina/La Rioja?x=1"); err != nil || path != "/api/timezone/America/Argentina/La%20Rioja%3Fx=1" {
		t.Errorf("asked for %s: %v", path, err)
	}
}

func TestServiceIsNotAskedForWhatLeadsElsewhere(t *testing.T) {
	t.Parallel()
	c := asked(t, http.NotFound)
	for _, name := range noZones() {
		if _, err := c.Now(t.Context(), name[0], name[1]); !errors.Is(err, worldtime.ErrNoZone) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestServiceThatKnowsNoZoneThatThereIsIsAtFault(t *testing.T) {
	t.Parallel()
	c := asked(t, http.NotFound)
	_, err := c.Now(t.Context(), "Europe", "Berlin")
	for _, err := range []error{err, c.Ping(t.Context())} {
		if !errors.Is(err, outgoing.ErrFault) || errors.Is(err, worldtime.ErrNoZone) || errors.Is(err, outgoing.ErrNotFound) {
			t.Errorf("%v", err)
		}
	}
}

func TestWhatFollowsFromTheTimeIsNotAskedFor(t *testing.T) {
	t.Parallel()
	c := asked(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"abbreviation":"CEST","datetime":"2026-07-01T14:00:00.123456+02:00","day_of_week":7,"day_of_year":1,"dst":true,
			"dst_from":"2026-03-29T01:00:00+00:00","dst_offset":3600,"dst_until":"2026-10-25T01:00:00+00:00","raw_offset":3600,
			"timezone":"Europe/Berlin","unixtime":1,"utc_datetime":"1999-07-01T12:00:00+00:00","utc_offset":"-11:00"}`)
	})
	got, err := c.Now(t.Context(), "Europe", "Berlin")
	want, err2 := worldtime.At(time.Date(2026, 7, 1, 12, 0, 0, 123_456_000, time.UTC), "Europe", "Berlin")
	if err := errors.Join(err, err2); err != nil || written(got) != written(want) {
		t.Errorf("%v\n%s, want\n%s", err, written(got), written(want))
	}
	if err := c.Ping(t.Context()); err != nil {
		t.Errorf("%v", err)
	}
}

func TestAnswerThatContradictsItselfIsTheServicesFault(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{}`, `null`, `[]`, `<html>`, `{"timezone":"Europe/Berlin"}`,
		`{"timezone":"Europe/Berlin","datetime":"2026-07-01T14:00:00+02:00","raw_offset":7200}`,
		`{"timezone":"Europe/Berlin","abbreviation":"CEST","raw_offset":7200}`,
		`{"abbreviation":"CEST","datetime":"2026-07-01T14:00:00+02:00","raw_offset":7200}`,
		`{"timezone":"Europe/Berlin","abbreviation":"CEST","datetime":"2026-07-01T14:00:00+02:00"}`,
		`{"timezone":"Europe/Berlin","abbreviation":"CEST","datetime":"2026-07-01T14:00:00+02:00","raw_offset":3600}`,
		`{"timezone":"Europe/Berlin","abbreviation":"CEST","datetime":"2026-07-01T14:00:00+02:00","raw_offset":3600,"dst_offset":3600}`,
		`{"timezone":"Europe/Berlin","abbreviation":"CEST","datetime":"2026-07-01T14:00:00+02:00","raw_offset":7200,"dst":true}`,
		`{"timezone":"Europe/Berlin","abbreviation":"CET","datetime":"2026-01-01T14:00:00+01:00","raw_offset":3600,"dst_from":"2026-03-29T01:00:00Z"}`,
		`{"timezone":"Etc/UTC","abbreviation":"UTC","datetime":"0000-12-31T23:59:59Z"}`,
		`{"timezone":"Etc/GMT+12","abbreviation":"-12","datetime":"9999-12-31T23:59:59-12:00","raw_offset":-43200}`,
		`{"timezone":"Europe/Berlin","abbreviation":"CEST","datetime":"2026-07-01T14:00:00+02:00","raw_offset":3600,"dst":true,"dst_offset":3600,
			"dst_until":"9999-12-31T23:59:59-23:00"}`,
	} {
		c := asked(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) })
		if got, err := c.Now(t.Context(), "Europe", "Berlin"); !errors.Is(err, outgoing.ErrFault) {
			t.Errorf("%s is %+v, %v", body, got, err)
		}
	}
}
