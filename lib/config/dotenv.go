package config

import (
	"bytes"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/spf13/viper"
	"github.com/subosito/gotenv"
)

const (
	noSetting = "no setting has this name"
	cutRule   = "must be in single quotes, for it has a #; or put a space before the # where a comment begins"
)

// cutValue finds values that the parser would end at a # amid them, as if a comment began there.
var cutValue = regexp.MustCompile(`(?m)^\s*(?:export\s+)?(\w+)\s*=\s*[^'"\s#](?:[^\n#]*[^\s#])?#`)

// dotenv hands the env file's known names to viper, with their case, which viper itself does not keep.
type dotenv struct{ layers *layers }

// Decoder is how viper finds it.
func (d dotenv) Decoder(string) (viper.Decoder, error) { return d, nil }

// Decode fails with Mistakes.
func (d dotenv) Decode(text []byte, into map[string]any) error {
	origin := d.layers.levels[len(d.layers.levels)-1]
	values, err := gotenv.StrictParse(bytes.NewReader(text))
	if err != nil { // its words quote the line, and with it what may be a secret
		rule := fmt.Sprintf("line %d must be NAME=VALUE, with a closing quote if there is an opening one", badLine(text))
		return Mistakes{{Name: origin, Rule: rule}}
	}

	for _, name := range slices.Sorted(maps.Keys(values)) {
		_, known := d.layers.fields.claim(name)
		switch {
		case !known:
			d.layers.unknown = append(d.layers.unknown, d.layers.unknownName(name))
		case isCut(text, name):
			d.layers.mistakes = append(d.layers.mistakes, Mistake{Name: name, Origin: origin, Rule: cutRule})
		case values[name] != "":
			into[name] = values[name]
			d.layers.mark(name)
		}
	}
	return nil
}

func isCut(text []byte, name string) bool {
	return slices.ContainsFunc(cutValue.FindAllSubmatch(text, -1), func(m [][]byte) bool { return string(m[1]) == name })
}

// badLine is the number of the line after the longest start of text that can be parsed.
func badLine(text []byte) int {
	lines := slices.Collect(bytes.Lines(text))
	for n := len(lines) - 1; n > 0; n-- {
		if _, err := gotenv.StrictParse(bytes.NewReader(bytes.Join(lines[:n], nil))); err == nil {
			return n + 1
		}
	}
	return 1
}
