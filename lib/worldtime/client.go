package worldtime

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"example.com/app/lib/outgoing"
)

// Client asks a service that answers as worldtimeapi.org does.
type Client struct{ upstream *outgoing.Client }

// Upstream is how the service is asked: 10 s a call.
func Upstream(url string) outgoing.Options {
	return outgoing.Options{Name: "worldtime", URL: url, Timeout: 10 * time.Second, AtOnce: 50, Rate: 500, MaxBytes: 64 << 10}
}

// NewClient asks upstream.
func NewClient(upstream *outgoing.Client) *Client { return &Client{upstream} }

// Now answers ErrNoZone where the service knows none, and else an *outgoing.Error.
func (c *Client) Now(ctx context.Context, area, city string) (Time, error) {
	path := append([]string{"timezone", area}, strings.Split(city, "/")...)
	t, err := outgoing.Get[answer](ctx, c.upstream, nil, path...)
	if errors.Is(err, outgoing.ErrNotFound) {
		return Time{}, fmt.Errorf("%w: %w", ErrNoZone, err)
	}
	return Time(t), err
}

// answer is a Time that somebody else has written.
type answer Time

// UnmarshalJSON refuses one without what everything else is made of.
func (a *answer) UnmarshalJSON(body []byte) error {
	var t Time
	if err := json.Unmarshal(body, &t); err != nil {
		return err
	}
	if t.Timezone == "" || t.Datetime.IsZero() || t.UTCDatetime.IsZero() {
		return errFields
	}
	*a = answer(t)
	return nil
}
