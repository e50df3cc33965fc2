package config

import (
	"bytes"
	"cmp"
	"errors"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/viper"
)

// Default is the origin of a value that no layer gave.
const Default = "default"

const (
	fromEnvironment = "environment"
	fromSet         = "--set"

	localRule = "must be set elsewhere: it says where these settings are read"
)

// layers are viper's, and for each name the highest layer that has it: viper does not tell.
type layers struct {
	fields   fields
	viper    *viper.Viper
	levels   []string       // the origin of each layer, the defaults first
	level    map[string]int // by name; 0 for a default
	unknown  []Mistake
	mistakes Mistakes
}

func newLayers(fields fields) *layers {
	l := &layers{fields: fields, levels: []string{Default}, level: map[string]int{}}
	l.viper = viper.NewWithOptions(viper.WithDecoderRegistry(dotenv{l}))
	for _, f := range fields {
		l.viper.SetDefault(f.name, f.fallback)
	}
	return l
}

func (l *layers) read(o Options) error {
	if err := l.readFile(o.EnvFile, o.EnvFileRequired); err != nil {
		return err
	}
	if err := l.readRemote(o.Remote); err != nil {
		return err
	}
	if err := l.readEnviron(o.Environ); err != nil {
		return err
	}
	l.readSet(o.Set)
	return nil
}

func (l *layers) readFile(path string, required bool) error {
	l.levels = append(l.levels, path)
	if path == "" {
		return nil
	}

	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && !required {
		return nil
	}
	if err != nil {
		return Mistakes{{Name: path, Rule: "must be a file that can be read: " + reason(err)}}
	}

	l.viper.SetConfigType("env")
	err = l.viper.ReadConfig(bytes.NewReader(text))
	return cmp.Or(MistakesOf(err).orNil(), err)
}

func (l *layers) readRemote(remote Layer) error {
	l.levels = append(l.levels, remote.Origin)
	values := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(remote.Values)) {
		setting, known := l.fields.claim(name)
		switch value := remote.Values[name]; {
		case !known:
			l.unknown = append(l.unknown, l.unknownName(name))
		case l.fields.isLocal(setting):
			l.unknown = append(l.unknown, Mistake{Name: name, Origin: remote.Origin, Rule: localRule})
		case value != "":
			values[name] = value
			l.mark(name)
		}
	}
	return l.viper.MergeConfigMap(values)
}

func (l *layers) readEnviron(environ []string) error {
	l.levels = append(l.levels, fromEnvironment)
	values := map[string]any{}
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		if _, ok := l.fields.claim(name); ok && value != "" {
			values[name] = value
			l.mark(name)
		}
	}
	return l.viper.MergeConfigMap(values)
}

func (l *layers) readSet(pairs []string) {
	l.levels = append(l.levels, fromSet)
	for _, pair := range pairs {
		name, value, ok := strings.Cut(pair, "=")
		if _, known := l.fields.claim(name); !known || !ok {
			l.mistakes = append(l.mistakes, l.refusedSet(name, ok))
			continue
		}
		l.viper.Set(name, value)
		l.mark(name)
	}
}

func (l *layers) refusedSet(name string, pair bool) Mistake {
	if !pair {
		return Mistake{Name: name, Origin: fromSet, Rule: "must be given as NAME=VALUE"}
	}
	return l.unknownName(name)
}

// unknownName is the mistake of a name in the layer that is being read.
func (l *layers) unknownName(name string) Mistake {
	return Mistake{Name: name, Origin: l.levels[len(l.levels)-1], Rule: noSetting + l.fields.question(name)}
}

// mark notes that the layer that is being read has the name.
func (l *layers) mark(name string) { l.level[name] = len(l.levels) - 1 }

// value is what holds for a setting. A NAME beats the NAME_FILE of a layer below; in one layer they contradict.
func (l *layers) value(f field) (value, origin string, err error) {
	file := f.name + fileSuffix
	level, fileLevel := l.level[f.name], l.level[file]
	switch {
	case fileLevel > level:
		return l.content(file)
	case fileLevel == level && level > 0:
		value = l.viper.GetString(f.name)
		return "", "", Mistake{
			Name: f.name, Value: f.mask(value), Origin: l.levels[level], Rule: "must not be set together with " + file,
		}
	}
	return l.viper.GetString(f.name), l.levels[level], nil
}

// content is the value that the file named by NAME_FILE holds.
func (l *layers) content(name string) (value, origin string, err error) {
	path := l.viper.GetString(name)
	text, err := os.ReadFile(path)
	value = strings.TrimRight(string(text), "\r\n")

	var rule string
	switch {
	case err != nil:
		rule = "must be a file that can be read: " + reason(err)
	case value == "":
		rule = "must be a file with a value in it: it is empty"
	default:
		return value, "file " + path, nil
	}
	return "", "", Mistake{Name: name, Value: path, Origin: l.levels[l.level[name]], Rule: rule}
}

// entries are the names below f's NAME_* that some layer has, sorted.
func (l *layers) entries(f field) []string {
	found := map[string]bool{}
	for name := range l.level {
		setting, _ := l.fields.claim(name)
		if _, ok := f.key(setting); ok && !l.fields.exact(setting) {
			found[setting] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// reason is why a file could not be read, without its path.
func reason(err error) string {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err.Error()
	}
	return err.Error()
}
