// Package worldtime tells what time it is in a time zone: from Go's own data, or from a service that knows it.
package worldtime

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
	_ "time/tzdata" // for hosts that have no data of their own
)

// ErrNoZone is the answer for a zone that nobody knows.
var ErrNoZone = errors.New("there is no such time zone")

// zoneName keeps to the tz database's names (IANA, "Theory and pragmatics of the tz code and data"), which are also files.
var zoneName = regexp.MustCompile(`^[A-Za-z_]+(/[A-Za-z0-9_+-]+)+$`)

// Time is a moment in a zone. Offsets are in seconds east of UTC.
type Time struct {
	Abbreviation string     `json:"abbreviation"`
	ClientIP     string     `json:"client_ip"` // empty when nobody has said who asks
	Datetime     time.Time  `json:"datetime"`  // with the offset of the zone
	DayOfWeek    int        `json:"day_of_week"`
	DayOfYear    int        `json:"day_of_year"`
	DST          bool       `json:"dst"`
	DSTFrom      *time.Time `json:"dst_from"` // nil outside of daylight-saving time
	DSTOffset    int        `json:"dst_offset"`
	DSTUntil     *time.Time `json:"dst_until"`
	RawOffset    int        `json:"raw_offset"` // of standard time
	Timezone     string     `json:"timezone"`
	Unixtime     int64      `json:"unixtime"`
	UTCDatetime  time.Time  `json:"utc_datetime"`
	UTCOffset    string     `json:"utc_offset"`
	WeekNumber   int        `json:"week_number"` // ISO 8601
}

// At is the moment in the zone area/city. It answers ErrNoZone for names that lead out of the zones.
func At(moment time.Time, area, city string) (Time, error) {
	if area == "posix" || area == "right" { // of a host's files: the same zones again, and those with leap seconds
		return Time{}, fmt.Errorf("%w: %q", ErrNoZone, area)
	}
	name := area + "/" + city
	if !zoneName.MatchString(name) || strings.Contains(area, "/") {
		return Time{}, fmt.Errorf("%w: %q", ErrNoZone, name)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return Time{}, fmt.Errorf("%w: %q: %w", ErrNoZone, name, err)
	}

	local := moment.In(zone).Truncate(time.Microsecond)
	t := of(local)
	t.Timezone, t.DST = name, local.IsDST()
	t.Abbreviation, t.RawOffset = local.Zone()
	if t.DST {
		t.addDST(local, t.RawOffset)
	}
	return t, nil
}

// of is what follows from a moment and its offset alone.
func of(local time.Time) Time {
	_, week := local.ISOWeek()
	return Time{
		Datetime: local, DayOfWeek: int(local.Weekday()), DayOfYear: local.YearDay(), Unixtime: local.Unix(), UTCDatetime: local.UTC(),
		UTCOffset: local.Format("-07:00"), WeekNumber: week,
	}
}

// addDST tells when daylight-saving time began and ends, if it ever does.
func (t *Time) addDST(local time.Time, offset int) {
	from, until := bounds(local)
	if !from.IsZero() {
		t.DSTFrom = new(from.UTC())
	}
	if !until.IsZero() {
		t.DSTUntil = new(until.UTC())
	}
	t.RawOffset = standard(from, until, offset)
	t.DSTOffset = offset - t.RawOffset
}

// bounds go over a new year at which nothing changes: where a zone's data have a rule for the years to come, Go looks at
// each year by itself.
func bounds(local time.Time) (from, until time.Time) {
	from, until = local.ZoneBounds()
	if before := from.Add(-time.Second); !from.IsZero() && alike(before, local) {
		from, _ = before.ZoneBounds()
	}
	if !until.IsZero() && alike(until, local) {
		_, until = until.ZoneBounds()
	}
	return from, until
}

func alike(a, b time.Time) bool {
	nameA, offsetA := a.Zone()
	nameB, offsetB := b.Zone()
	return nameA == nameB && offsetA == offsetB && a.IsDST() == b.IsDST()
}

// standard is the offset of the standard time beside daylight-saving time: of the one before, else of the one after.
func standard(from, until time.Time, offset int) int {
	for _, beside := range []time.Time{from.Add(-time.Second), until} {
		if !beside.IsZero() && !beside.IsDST() {
			_, offset := beside.Zone()
			return offset
		}
	}
	return offset
}
