package api

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Rate is how many requests a client may make: "100/s", "30/m", "5/h", or "off", which is the zero value.
// A client that was silent may make all of them at once. There are at most a million in a second.
type Rate struct {
	Requests int
	Per      time.Duration
}

// units are what a rate can count by.
func units() map[string]time.Duration {
	return map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour}
}

// UnmarshalText reads a rate as a setting has it.
func (r *Rate) UnmarshalText(text []byte) error {
	if string(text) == "off" {
		*r = Rate{}
		return nil
	}
	count, unit, _ := strings.Cut(string(text), "/")
	n, err := strconv.Atoi(count)
	per, known := units()[unit]
	if err != nil || n < 1 || !known || per/time.Duration(n) < time.Microsecond {
		return errors.New("want off, or a number and a unit, as in 100/s, 30/m or 5/h, of at most 1000000/s")
	}
	*r = Rate{n, per}
	return nil
}

// String is what UnmarshalText reads.
func (r Rate) String() string {
	for unit, per := range units() {
		if r.Per == per {
			return fmt.Sprintf("%d/%s", r.Requests, unit)
		}
	}
	return "off"
}
