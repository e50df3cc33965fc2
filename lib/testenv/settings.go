package testenv

import (
	"maps"
	"strconv"
	"testing"

	"example.com/app/lib/private"
)

// Settings are those of a program, by name.
type Settings map[string]string

// Ports sets each name to a free port of its own, so that programs run side by side.
func Ports(t testing.TB, names ...string) Settings {
	t.Helper()

	taken := map[int]bool{0: true}
	s := Settings{}
	for _, name := range names {
		port := 0
		for taken[port] {
			var err error
			if port, err = private.Port(); err != nil {
				t.Fatal(err)
			}
		}
		s[name], taken[port] = strconv.Itoa(port), true
	}
	return s
}

// With is a copy in which more goes first.
func (s Settings) With(more Settings) Settings {
	all := maps.Clone(s)
	maps.Copy(all, more)
	return all
}

// URL is that of a path at the port which a setting names.
func (s Settings) URL(port, path string) string { return "http://127.0.0.1:" + s[port] + path }
