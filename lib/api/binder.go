package api

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"example.com/app/lib/strict"
)

// binder knows where each field of an input comes from. It is made once, when the route is registered.
type binder struct {
	paths, queries, headers []parameter
	body                    bool          // some field has a json tag
	stream                  *streamField  // instead of body
	cursors                 [][]int       // the fields that are a Cursor
	loaded                  []loadedField // the fields that guards fill
	keyed                   bool          // there may be an Idempotency-Key
}

// parameter is a field that comes from the path, the query or a header.
type parameter struct {
	name     string // a header's in its canonical form
	index    []int
	set      setter
	fallback string // the tag default
	many     bool   // a slice: the parameter may be repeated
	required bool   // its rules refuse its absence
}

func newBinder(t reflect.Type) (binder, error) {
	var b binder
	if t.Kind() != reflect.Struct {
		return b, fmt.Errorf("the input %s is no struct", t)
	}
	for f := range strict.Fields(t) {
		if err := b.addStream(f); err != nil {
			return b, fmt.Errorf("field %s of %s: %w", f.Name, t, err)
		}
		if _, ok := strict.Member(f); ok {
			b.body = true
		}
		if err := b.addLoaded(f); err != nil {
			return b, fmt.Errorf("field %s of %s: %w", f.Name, t, err)
		}
		if err := b.add(f); err != nil {
			return b, fmt.Errorf("field %s of %s: %w", f.Name, t, err)
		}
	}
	if b.body && b.stream != nil {
		return b, fmt.Errorf("%s has a json tag beside the body %s", t, b.stream.kind)
	}
	return b, nil
}

func (b *binder) addStream(f reflect.StructField) (err error) {
	if f.Type != reflect.TypeFor[Stream]() {
		return nil
	}
	if b.stream != nil {
		return errors.New("is the second body")
	}
	b.stream, err = newStreamField(f)
	return err
}

// reads tells whether the input takes a body at all.
func (b *binder) reads() bool { return b.body || b.stream != nil }

func (b *binder) add(f reflect.StructField) error {
	source, name, ok := strict.Source(f)
	if !ok {
		return nil
	}
	p, err := newParameter(source, name, f)
	switch source {
	case "path":
		b.paths = append(b.paths, p)
	case "query":
		b.queries = append(b.queries, p)
	case "header":
		b.headers = append(b.headers, p)
	}
	if isCursor(f.Type) {
		b.cursors = append(b.cursors, f.Index)
	}
	return err
}

func newParameter(source, name string, f reflect.StructField) (p parameter, err error) {
	p = parameter{
		name: name, index: f.Index, fallback: f.Tag.Get("default"),
		many: source == "query" && f.Type.Kind() == reflect.Slice, required: strict.Required(f),
	}
	t := f.Type
	if p.many {
		t = t.Elem()
	}
	if p.set, err = setterFor(t, f.Tag.Get("mod") == "trim"); err != nil {
		return p, err
	}

	if p.fallback != "" {
		if p.many {
			return p, errors.New("a list has no default")
		}
		if err := p.set(reflect.New(t).Elem(), p.fallback); err != nil {
			return p, fmt.Errorf("the default %q %w", p.fallback, err)
		}
	}
	return p, nil
}

// has tells whether one of the parameters has that name.
func has(params []parameter, name string) bool {
	return slices.ContainsFunc(params, func(p parameter) bool { return p.name == name })
}

// pathNames lists the parameters of a path.
func pathNames(path string) []string {
	var found []string
	for part := range strings.SplitSeq(path, "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			found = append(found, strings.TrimSuffix(name, "}"))
		}
	}
	return found
}

// complete fails for a parameter of the path that neither the input nor a guard declares, and the other way round.
func (r *route) complete() error {
	inPath := pathNames(r.path)
	declared := slices.Clone(r.binder.paths)
	for _, g := range r.guards {
		declared = append(declared, g.binder.paths...)
	}
	for _, name := range inPath {
		if !has(declared, name) {
			return fmt.Errorf("no field has the tag path:%q", name)
		}
	}
	for _, p := range declared {
		if !slices.Contains(inPath, p.name) {
			return fmt.Errorf("the path has no {%s}", p.name)
		}
	}
	return r.guarded()
}
