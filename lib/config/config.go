// Package config fills a struct of settings from layers and keeps where each value came from.
//
// The layers, of which a later one wins: defaults, an env file, a remote layer, the environment, --set NAME=VALUE. In
// each of them NAME_FILE may stand for NAME: the value is then what that file holds. NAME= without a value counts as
// not set in all but the last; only --set NAME= sets an empty value.
//
// A struct says in tags what it takes; structs within it are walked:
//
//	Port int               `name:"PORT" default:"8080" validate:"min=1,max=65535" help:"where it listens"`
//	Key  string            `name:"KEY" secret:"true" help:"never shown"`
//	More map[string]string `name:"URL_*" help:"URL_EAST is more[east]"`
//	Rate int               `name:"RATE" reload:"true" help:"may change while the process runs"`
//	Addr string            `name:"ADDR" remote:"false" help:"leads to the remote layer, which cannot have it"`
package config

import (
	"errors"
	"reflect"
	"slices"
)

// Options are the layers above the defaults.
type Options struct {
	EnvFile         string   // "" for none; one that does not exist counts as empty
	EnvFileRequired bool     // a missing EnvFile is a mistake
	Remote          Layer    // what a server has; names in it without a field are told by Report.Unknown
	Environ         []string // as of os.Environ; names without a field are ignored
	Set             []string // NAME=VALUE
}

// Layer is one that the caller has read.
type Layer struct {
	Origin string            // as Report.Origin tells it; "" for no such layer
	Values map[string]string // by name
	Err    error             // why it is not what the server has now: told by Report.RemoteErr, and among mistakes
}

// Defaulter is a settings struct with defaults that depend on the machine or on other settings. SetDefaults
// runs after the layers are read, may fill only what is still zero, and the origin of that is Default.
type Defaulter interface{ SetDefaults() }

// Checker is a settings struct with rules over several settings. A Mistake needs only Name and Rule, and is dropped
// when the setting has a mistake already.
type Checker interface{ Check() []Mistake }

// Setting is one effective setting, fit to be shown: what is secret in Value is masked.
type Setting struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Origin string `json:"origin"`
	Help   string `json:"help"`
}

// Report tells what Load has read and where it came from.
type Report struct {
	settings []Setting
	unknown  []Mistake
	remote   error
	marks    map[string]mark // by the settings' names
}

// Load fills into, a pointer to a struct. The error is Mistakes, all there are; the Report is never nil. A setting
// with a mistake keeps its default. An env file that cannot be read is told alone, since all else may follow from it.
func Load(into any, o Options) (*Report, error) {
	fields := fieldsOf(reflect.ValueOf(into).Elem())
	layers := newLayers(fields)
	if err := layers.read(o); err != nil {
		return &Report{}, err
	}

	b := &binder{layers: layers, rules: newRules(), mistakes: layers.mistakes}
	for _, f := range fields {
		b.bind(f)
	}
	b.complete(into)
	b.check(into)
	if len(b.mistakes) > 0 && o.Remote.Err != nil { // most often they follow from it
		b.mistakes = append(b.mistakes, Mistake{Name: o.Remote.Origin, Rule: o.Remote.Err.Error()})
	}
	return &Report{settings: b.shown(), unknown: layers.unknown, remote: o.Remote.Err, marks: b.marks()}, b.mistakes.orNil()
}

// Settings are in the order of the struct; a NAME_* that has no entry is there under this name.
func (r *Report) Settings() []Setting { return slices.Clone(r.settings) }

// Origin is Default, the env file's path, the remote layer's Origin, "environment", "--set" or "file PATH", and "" for a
// name that is none.
func (r *Report) Origin(name string) string {
	i := slices.IndexFunc(r.settings, func(s Setting) bool { return s.Name == name })
	if i < 0 {
		return ""
	}
	return r.settings[i].Origin
}

// Unknown are the names in the env file and in the remote layer that no setting has, most often misspelt. Load lets
// them pass.
func (r *Report) Unknown() []Mistake { return slices.Clone(r.unknown) }

// RemoteErr is the Err of the remote layer. Load lets it pass.
func (r *Report) RemoteErr() error { return r.remote }

// MistakesOf are the mistakes within an error of Load; none for another error.
func MistakesOf(err error) Mistakes {
	m, _ := errors.AsType[Mistakes](err)
	return m
}
