package api

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"example.com/app/lib/strict"
)

// findings are what is wrong with a request, and whether it is worse than invalid.
type findings struct {
	problems  strict.Problems
	malformed bool // 400
	unread    bool // the body is no document, so its members cannot be judged
}

func (f *findings) add(pointer, code, detail string) {
	f.problems = f.problems.Merge(strict.Problems{{Pointer: pointer, Code: code, Detail: detail}})
}

func (f *findings) err() error {
	switch {
	case f.malformed:
		return invalid(http.StatusBadRequest, codeMalformed, f.problems)
	case len(f.problems) > 0:
		return invalid(http.StatusUnprocessableEntity, codeInvalid, f.problems)
	default:
		return nil
	}
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
	if err := b.take(c.Request(), in, limit, &found); err != nil {
		return err
	}
	belong(v, b.cursors, c.Request().URL.EscapedPath())
	b.query(c.Request().URL.RawQuery, v, &found)
	b.header(c.Request().Header, v, &found)
	if b.keyed {
		judgeKey(c.Request().Header, &found)
	}

	if broken, ok := errors.AsType[strict.Problems](strict.Validate(in)); ok {
		if slices.ContainsFunc(broken, from("/path/")) {
			return errNotFound
		}
		found.judge(broken)
	}
	if err := found.err(); err != nil || b.stream == nil {
		return err
	}
	return b.stream.receive(c.Request(), v, limit)
}

// take decodes the body, unless it is a Stream: that is received once nothing else is wrong.
func (b *binder) take(r *http.Request, in any, limit int64, found *findings) error {
	switch {
	case b.stream != nil:
		return b.stream.judge(r, limit)
	case b.body:
		return decodeBody(r, in, limit, found)
	default:
		return nil
	}
}

func from(source string) func(strict.Problem) bool {
	return func(p strict.Problem) bool { return strings.HasPrefix(p.Pointer, source) }
}

// judge adds the rules that are broken by what could be read.
func (f *findings) judge(broken strict.Problems) {
	if f.unread {
		query, header := from("/query/"), from("/header/")
		broken = slices.DeleteFunc(broken, func(p strict.Problem) bool { return !query(p) && !header(p) })
	}
	f.problems = f.problems.Merge(broken)
}

func (b *binder) query(raw string, v reflect.Value, found *findings) {
	var values url.Values
	if raw != "" {
		var err error
		if values, err = url.ParseQuery(raw); err != nil {
			found.add("/query", "syntax", "must be pairs of name=value, percent-encoded")
		}
	}
	for _, p := range b.queries {
		p.fill(v, values[p.name], "query", found)
		delete(values, p.name)
	}
	if len(values) == 0 {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		found.add(strict.Pointer("query", name), "unknown", "is not known here")
	}
}

func (b *binder) header(h http.Header, v reflect.Value, found *findings) {
	for _, p := range b.headers {
		texts := h[p.name]
		if len(texts) > 1 {
			texts = []string{strings.Join(texts, ", ")}
		}
		p.fill(v, texts, "header", found)
	}
}

func (p *parameter) fill(v reflect.Value, texts []string, source string, found *findings) {
	field := v.FieldByIndex(p.index)
	switch {
	case len(texts) == 0 && p.fallback == "":
	case len(texts) == 0:
		p.one(field, p.fallback, source, found)
	case p.many:
		field.Set(reflect.MakeSlice(field.Type(), len(texts), len(texts)))
		for i, text := range texts {
			p.one(field.Index(i), text, source, found)
		}
	case len(texts) > 1:
		found.add(strict.Pointer(source, p.name), "duplicate", "must be given only once")
	default:
		p.one(field, texts[0], source, found)
	}
}

func (p *parameter) one(v reflect.Value, text, source string, found *findings) {
	err := p.set(v, text)
	switch {
	case errors.Is(err, errForeignCursor):
		found.malformed = true
		found.add(strict.Pointer(source, p.name), "cursor", err.Error())
	case err != nil:
		found.add(strict.Pointer(source, p.name), "type", err.Error())
	}
}
