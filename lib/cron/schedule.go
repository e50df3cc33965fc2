package cron

import (
	"errors"
	"fmt"
	"strings"
	"time"

	robfig "github.com/robfig/cron/v3"
)

const (
	off   = "off"
	every = "@every "
)

// Schedule says at which instants a job is due. They depend on nothing but its text, so that every replica
// names the same ones. Times of day are UTC. The zero value is off.
type Schedule struct {
	text string
	next func(after time.Time) time.Time // nil: off
}

// UnmarshalText reads five cron fields, or six with seconds before them, a name such as @hourly,
// "@every 90s" in whole seconds, counted from the Unix epoch, or "off".
func (s *Schedule) UnmarshalText(text []byte) error {
	spec := strings.TrimSpace(string(text))
	next, err := parse(spec)
	if err != nil {
		return fmt.Errorf("read schedule %q: %w", spec, err)
	}
	*s = Schedule{text: spec, next: next}
	return nil
}

func parse(spec string) (func(time.Time) time.Time, error) {
	if spec == off {
		return nil, nil
	}
	if period, ok := strings.CutPrefix(spec, every); ok {
		return parseEvery(strings.TrimSpace(period))
	}
	return parseFields(spec)
}

func parseEvery(period string) (func(time.Time) time.Time, error) {
	d, err := time.ParseDuration(period)
	if err != nil {
		return nil, err
	}
	if d < time.Second || d%time.Second != 0 {
		return nil, errors.New("the period must be one or more whole seconds")
	}

	seconds := int64(d / time.Second)
	return func(after time.Time) time.Time {
		return time.Unix((after.Unix()/seconds+1)*seconds, 0)
	}, nil
}

func parseFields(spec string) (func(time.Time) time.Time, error) {
	if strings.Contains(spec, "TZ=") {
		return nil, errors.New("a schedule is in UTC and takes no time zone")
	}

	fields := robfig.SecondOptional | robfig.Minute | robfig.Hour | robfig.Dom | robfig.Month | robfig.Dow | robfig.Descriptor
	parsed, err := robfig.NewParser(fields).Parse(spec)
	if err != nil {
		return nil, err
	}
	if parsed.Next(time.Now().UTC()).IsZero() {
		return nil, errors.New("no such day comes in the next five years")
	}
	return parsed.Next, nil
}

// Off tells that no instant is due: the job runs only by hand.
func (s Schedule) Off() bool { return s.next == nil }

// Next is the first instant after the given one, in UTC; the zero time when there is none.
func (s Schedule) Next(after time.Time) time.Time {
	if s.Off() {
		return time.Time{}
	}
	return s.next(after.UTC()).UTC()
}

// String is the text that was read.
func (s Schedule) String() string {
	if s.Off() {
		return off
	}
	return s.text
}
