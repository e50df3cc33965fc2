package config

import (
	"fmt"
	"strings"
)

// Mistake is one setting that cannot be used, in the words of whoever has to mend it.
type Mistake struct {
	Name   string // the setting
	Value  string // as it was given, masked when secret
	Origin string // as of Report.Origin
	Rule   string // "must be …"
}

// Error is one line unless the rule has more.
func (m Mistake) Error() string {
	var s strings.Builder
	s.WriteString(m.Name)
	switch {
	case m.Value == "" && m.Origin == Default:
		s.WriteString(" is not set")
	case m.Value != "":
		fmt.Fprintf(&s, " is %q (%s)", m.Value, m.Origin)
	case m.Origin != "":
		fmt.Fprintf(&s, " (%s)", m.Origin)
	}
	s.WriteString(": ")
	s.WriteString(m.Rule)
	return s.String()
}

// Mistakes is an error that tells all of them, one a line.
type Mistakes []Mistake

func (m Mistakes) Error() string {
	if len(m) == 1 {
		return m[0].Error()
	}

	var s strings.Builder
	fmt.Fprintf(&s, "%d mistakes in the settings:", len(m))
	for _, one := range m {
		s.WriteString("\n  ")
		s.WriteString(one.Error())
	}
	return s.String()
}

func (m Mistakes) orNil() error {
	if len(m) == 0 {
		return nil
	}
	return m
}
