package api

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"example.com/app/lib/strict"
	"github.com/labstack/echo/v4"
)

// parameter is a field that comes from the path, the query or a header.
type parameter struct {
	name     string // as http.Header spells it
	index    []int
	set      setter
	fallback string // the tag default
	many     bool   // a slice: the parameter may be repeated
}

// binder knows where each field of an input comes from.
type binder struct {
	paths, queries, headers []parameter
	body                    bool // some field has a json tag
	unchecked               bool // no field has a validate tag
}

// newBinder fails when a parameter of the path is declared by neither t nor a guard.
func newBinder(t reflect.Type, path string, guards []Guard) (binder, error) {
	b := binder{}
	if t.Kind() != reflect.Struct {
		return b, fmt.Errorf("%s is no struct", t)
	}
	for _, f := range reflect.VisibleFields(t) {
		if _, ok := strict.Member(f); ok {
			b.body = true
		}
		if err := b.parameter(f); err != nil {
			return b, fmt.Errorf("field %s: %w", f.Name, err)
		}
	}
	return b, b.complete(path, guards)
}

func (b *binder) parameter(f reflect.StructField) (err error) {
	for source, list := range map[string]*[]parameter{"path": &b.paths, "query": &b.queries, "header": &b.headers} {
		name, ok := f.Tag.Lookup(source)
		if !ok {
			continue
		}
		p := parameter{name: name, index: f.Index, fallback: f.Tag.Get("default")}
		if source == "header" {
			p.name = http.CanonicalHeaderKey(name)
		}

		t := f.Type
		if p.many = source == "query" && t.Kind() == reflect.Slice; p.many {
			t = t.Elem()
		}
		if p.set, err = setterFor(t, f.Tag.Get("mod") == "trim"); err != nil {
			return err
		}
		if p.fallback != "" {
			if err := p.set(reflect.New(t).Elem(), p.fallback); err != nil {
				return fmt.Errorf("default %q %w", p.fallback, err)
			}
		}
		*list = append(*list, p)
	}
	return nil
}

func (b *binder) complete(path string, guards []Guard) error {
	for _, name := range pathNames(path) {
		declared := slices.ContainsFunc(b.paths, func(p parameter) bool { return p.name == name })
		for _, g := range guards {
			declared = declared || slices.Contains(declaredPaths(g.in), name)
		}
		if !declared {
			return fmt.Errorf("no field has the tag path:%q", name)
		}
	}
	return nil
}

func pathNames(path string) []string {
	var names []string
	for part := range strings.SplitSeq(path, "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			names = append(names, strings.TrimSuffix(name, "}"))
		}
	}
	return names
}

func declaredPaths(t reflect.Type) []string {
	var names []string
	for _, f := range reflect.VisibleFields(t) {
		if name, ok := f.Tag.Lookup("path"); ok {
			names = append(names, name)
		}
	}
	return names
}

// path answers 404 for what cannot be the name of anything.
func (b *binder) path(c echo.Context, v reflect.Value) error {
	for _, p := range b.paths {
		text := c.Param(p.name)
		if c.Request().URL.RawPath != "" {
			var err error
			if text, err = url.PathUnescape(text); err != nil {
				return errNotFound
			}
		}
		if text == "" || p.set(v.FieldByIndex(p.index), text) != nil {
			return errNotFound
		}
	}
	return nil
}

// rest reads body, query and headers, and lists everything that is wrong with them at once.
func (b *binder) rest(c echo.Context, in any, v reflect.Value, limit int64) error {
	var found findings
	if b.body {
		if err := decodeBody(c, in, limit, &found); err != nil {
			return err
		}
	}
	b.query(c.Request().URL.RawQuery, v, &found)
	b.header(c.Request().Header, v, &found)

	if wrong, ok := errors.AsType[strict.Problems](strict.Validate(in)); ok {
		if slices.ContainsFunc(wrong, func(p strict.Problem) bool { return strings.HasPrefix(p.Pointer, "/path/") }) {
			return errNotFound
		}
		found.problems = found.problems.Merge(wrong)
	}
	return found.err()
}

// findings are what is wrong with a request, and whether it is worse than invalid.
type findings struct {
	problems  strict.Problems
	malformed bool // 400
}

func (f *findings) add(pointer, code, detail string) {
	f.problems = append(f.problems, strict.Problem{Pointer: pointer, Code: code, Detail: detail})
}

func (f *findings) err() error {
	switch {
	case f.malformed:
		return unprocessable(http.StatusBadRequest, codeBody, f.problems)
	case len(f.problems) > 0:
		return unprocessable(http.StatusUnprocessableEntity, codeInvalid, f.problems)
	default:
		return nil
	}
}

// query refuses parameters that the route does not know: a misspelt filter must not select everything.
func (b *binder) query(raw string, v reflect.Value, found *findings) {
	var values url.Values
	if raw != "" {
		var err error
		if values, err = url.ParseQuery(raw); err != nil {
			found.add("/query", "syntax", "must be pairs of name=value, percent-encoded")
		}
	}
	for _, p := range b.queries {
		p.fill(v, values[p.name], "/query/"+p.name, found)
		delete(values, p.name)
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		found.add("/query/"+name, "unknown", "is not known here")
	}
}

func (b *binder) header(h http.Header, v reflect.Value, found *findings) {
	for _, p := range b.headers {
		texts := h[p.name]
		if len(texts) > 1 {
			texts = []string{strings.Join(texts, ", ")}
		}
		p.fill(v, texts, "/header/"+p.name, found)
	}
}

func (p *parameter) fill(v reflect.Value, texts []string, pointer string, found *findings) {
	if len(texts) == 0 {
		if p.fallback == "" {
			return
		}
		texts = []string{p.fallback}
	}

	field := v.FieldByIndex(p.index)
	if p.many {
		field.Set(reflect.MakeSlice(field.Type(), len(texts), len(texts)))
		for i, text := range texts {
			p.one(field.Index(i), text, pointer, found)
		}
		return
	}
	if len(texts) > 1 {
		found.add(pointer, "duplicate", "must be given only once")
		return
	}
	p.one(field, texts[0], pointer, found)
}

func (p *parameter) one(v reflect.Value, text, pointer string, found *findings) {
	err := p.set(v, text)
	switch {
	case errors.Is(err, errForeignCursor):
		found.malformed = true
		found.add(pointer, "cursor", err.Error())
	case err != nil:
		found.add(pointer, "type", err.Error())
	}
}
