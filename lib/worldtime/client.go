package worldtime

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"example.com/app/lib/outgoing"
)

var errAnswer = errors.New("read the time: something is missing, or contradicts the rest")

// Client asks a service that answers as worldtimeapi.org does.
type Client struct{ upstream *outgoing.Client }

// Options are how the service is asked: 10 s a call.
func Options(url string) outgoing.Options {
	return outgoing.Options{Name: "worldtime", URL: url, Timeout: 10 * time.Second, AtOnce: 50, Rate: 500, MaxBytes: 64 << 10}
}

// NewClient asks upstream.
func NewClient(upstream *outgoing.Client) *Client { return &Client{upstream} }

// Ping asks for UTC.
func (c *Client) Ping(ctx context.Context) error {
	_, err := c.Now(ctx, "Etc", "UTC")
	return err
}

// Now answers ErrNoZone for a zone that neither the service nor At knows, and else an *outgoing.Error.
func (c *Client) Now(ctx context.Context, area, city string) (Time, error) {
	path := append([]string{"timezone", area}, strings.Split(city, "/")...)
	t, err := outgoing.Get[answer](ctx, c.upstream, nil, path...)
	if errors.Is(err, outgoing.ErrNotFound) {
		if _, unknown := At(time.Now(), area, city); unknown != nil {
			return Time{}, unknown
		}
	}
	return Time(t), outgoing.Fault(err)
}

// answer is a Time of which somebody else has written what does not follow from the rest.
type answer Time

// UnmarshalJSON refuses what makes no sense.
func (a *answer) UnmarshalJSON(body []byte) error {
	var given Time
	if err := json.Unmarshal(body, &given); err != nil {
		return err
	}
	if !given.sound() {
		return errAnswer
	}

	t := of(given.Datetime)
	t.Timezone, t.Abbreviation, t.ClientIP = given.Timezone, given.Abbreviation, given.ClientIP
	t.RawOffset, t.DST, t.DSTOffset = given.RawOffset, given.DST, given.DSTOffset
	t.DSTFrom, t.DSTUntil = inUTC(given.DSTFrom), inUTC(given.DSTUntil)
	*a = answer(t)
	return nil
}

// sound tells whether all is there that does not follow from the rest, and fits together. RFC 3339 has four digits for a
// year, also for that in UTC.
func (t Time) sound() bool {
	_, offset := t.Datetime.Zone()
	for _, at := range []*time.Time{&t.Datetime, t.DSTFrom, t.DSTUntil} {
		if at != nil && (at.Year() < 1 || at.Year() > 9998) {
			return false
		}
	}
	return t.Timezone != "" && t.Abbreviation != "" && !t.Datetime.IsZero() && t.RawOffset+t.DSTOffset == offset &&
		t.DST == (t.DSTOffset != 0) && (t.DST || t.DSTFrom == nil && t.DSTUntil == nil)
}

func inUTC(at *time.Time) *time.Time {
	if at == nil {
		return nil
	}
	return new(at.UTC())
}
