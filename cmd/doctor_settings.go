package cmd

import (
	"context"
	"fmt"
	"strings"

	"example.com/app/lib/config"
)

// settings are judged by themselves, without asking anybody.
func (d doctor) settings(context.Context) []finding {
	var found []finding
	for _, m := range d.mistakes {
		found = append(found, finding{"settings", fault, subject(m), m.Rule})
	}
	for _, m := range d.report.Unknown() {
		found = append(found, finding{"settings", warning, subject(m), m.Rule})
	}
	if err := d.report.RemoteErr(); err != nil && len(d.mistakes) == 0 {
		found = append(found, finding{"settings", fault, err.Error(), "start Consul, or correct what leads to it"})
	}
	if len(found) == 0 {
		found = append(found, finding{"settings", fine, fmt.Sprintf("%d of %d are set", d.set(), len(d.report.Settings())), ""})
	}
	return found
}

// subject is what a mistake says before its rule.
func subject(m config.Mistake) string { return strings.TrimSuffix(m.Error(), ": "+m.Rule) }

func (d doctor) set() (n int) {
	for _, s := range d.report.Settings() {
		if s.Origin != config.Default {
			n++
		}
	}
	return n
}

// secrets are mistakes in production when they are weak; elsewhere it is told what production would refuse.
func (d doctor) secrets() []examination {
	return []examination{{check: "secrets", look: func(context.Context) []finding {
		if d.local() {
			return []finding{{"secrets", fine, "ENV is " + d.Env + ", where they may be weak", ""}}
		}

		var found []finding
		strict := d.Settings
		strict.Env = "production"
		strict.checkSecrets(func(bad bool, name, rule string, args ...any) {
			if bad {
				found = append(found, finding{"secrets", warning, name + " would be refused in production", fmt.Sprintf(rule, args...)})
			}
		})
		switch {
		case d.Env == "production" && len(found) > 0:
			return []finding{{"secrets", skipped, "they are mistaken: see settings", ""}}
		case len(found) == 0:
			return []finding{{"secrets", fine, "none is weak", ""}}
		}
		return found
	}}}
}
