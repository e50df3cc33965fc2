package config

import (
	"reflect"
	"regexp"
	"slices"
	"strings"

	"example.com/app/lib/spelling"
)

const fileSuffix = "_FILE"

var keyForm = regexp.MustCompile(`^[A-Z0-9][A-Z0-9_]*$`)

// field is one tagged field of the settings struct.
type field struct {
	name     string // ends in * for a map: each further name is an entry
	fallback string
	fixed    bool // there is a default in the tag
	rules    string
	help     string
	secret   bool
	reload   bool // it may change while the process runs
	local    bool // the remote layer cannot have it
	value    reflect.Value
}

type fields []field

// fieldsOf walks the struct, depth first, in the order of its source.
func fieldsOf(s reflect.Value) fields {
	var all fields
	for t, v := range s.Fields() {
		name, named := t.Tag.Lookup("name")
		switch {
		case named:
			all = append(all, newField(name, t.Tag, v))
		case v.Kind() == reflect.Struct:
			all = append(all, fieldsOf(v)...)
		}
	}
	return all
}

func newField(name string, tag reflect.StructTag, v reflect.Value) field {
	fallback, fixed := tag.Lookup("default")
	return field{
		name: name, fallback: fallback, fixed: fixed, value: v,
		rules: tag.Get("validate"), help: tag.Get("help"), secret: tag.Get("secret") == "true",
		reload: tag.Get("reload") == "true", local: tag.Get("remote") == "false",
	}
}

// entry is the field of one name below a NAME_*.
func (f field) entry(name string) field {
	f.name, f.value = name, reflect.New(f.value.Type().Elem()).Elem()
	return f
}

// key is the map key of a name below f's NAME_*. One that ends in FILE is none: it would be read as a file.
func (f field) key(name string) (key string, ok bool) {
	prefix, many := strings.CutSuffix(f.name, "*")
	rest, below := strings.CutPrefix(name, prefix)
	if !many || !below || !keyForm.MatchString(rest) || strings.HasSuffix("_"+rest, fileSuffix) {
		return "", false
	}
	return strings.ToLower(rest), true
}

// claim is the setting that a name in a layer belongs to: for NAME and for NAME_FILE it is NAME.
func (fs fields) claim(name string) (setting string, ok bool) {
	base, isFile := strings.CutSuffix(name, fileSuffix)
	switch {
	case fs.exact(name):
		return name, true
	case isFile:
		return base, fs.exact(base) || fs.below(base)
	}
	return name, fs.below(name)
}

// question asks which setting, or which setting's file, was meant by a name that no setting has.
func (fs fields) question(name string) string {
	var known []string
	suffix := ""
	if strings.HasSuffix(name, fileSuffix) {
		suffix = fileSuffix
	}
	for _, f := range fs {
		if !strings.HasSuffix(f.name, "*") {
			known = append(known, f.name+suffix)
		}
	}
	return spelling.Question(name, known)
}

// isLocal takes a setting's name.
func (fs fields) isLocal(name string) bool {
	return slices.ContainsFunc(fs, func(f field) bool { return f.local && f.name == name })
}

func (fs fields) exact(name string) bool {
	return slices.ContainsFunc(fs, func(f field) bool { return f.name == name })
}

func (fs fields) below(name string) bool {
	return slices.ContainsFunc(fs, func(f field) bool { _, ok := f.key(name); return ok })
}
