package api

import (
	"encoding"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"example.com/app/lib/strict"
)

// writer knows what of an output goes into headers.
type writer struct {
	headers []headerField
	id      []int // the member id, which ends a Location
	etag    bool
	kind    []string // the Content-Type, shared by all answers
}

type headerField struct {
	name  string
	index []int
}

func newWriter(t reflect.Type) (writer, error) {
	w := writer{kind: []string{echo.MIMEApplicationJSON}}
	if t.Kind() != reflect.Struct {
		return w, nil
	}
	for f := range strict.Fields(t) {
		if name, ok := strict.Member(f); ok && name == "id" {
			w.id = f.Index
		}
		name, ok := f.Tag.Lookup("header")
		if !ok {
			continue
		}
		if f.Tag.Get("json") != "-" {
			return w, fmt.Errorf("field %s needs the tag json:%q beside its header", f.Name, "-")
		}
		name = http.CanonicalHeaderKey(name)
		w.etag = w.etag || name == "Etag"
		w.headers = append(w.headers, headerField{name, f.Index})
	}
	return w, nil
}

// write sends out, or 304 when the client has this version already.
func (r *route) write(c echo.Context, v reflect.Value, out any) error {
	if r.conditional() && r.known(strings.Join(c.Request().Header.Values("If-None-Match"), ","), v) {
		r.setHeaders(c, v)
		return c.NoContent(http.StatusNotModified)
	}
	if r.status == http.StatusNoContent {
		return c.NoContent(r.status)
	}

	body, err := strict.Marshal(out)
	if err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	r.setHeaders(c, v)
	return send(c, r.status, r.writer.kind, body)
}

// known tells whether the header If-None-Match names the version of the output.
func (r *route) known(given string, v reflect.Value) bool {
	return given != "" && slices.ContainsFunc(r.writer.headers, func(f headerField) bool {
		return f.name == "Etag" && noneMatch(given, headerText(f.name, v.FieldByIndex(f.index)))
	})
}

func (r *route) setHeaders(c echo.Context, v reflect.Value) {
	h := c.Response().Header()
	for _, f := range r.writer.headers {
		h[f.name] = []string{headerText(f.name, v.FieldByIndex(f.index))}
	}
	if r.locates(r.status) && h["Location"] == nil {
		h["Location"] = []string{c.Request().URL.EscapedPath() + "/" + text(v.FieldByIndex(r.writer.id))}
	}
}

// buffered is how much net/http holds back to count it by itself.
const buffered = 2 << 10

// send writes a body whose length the client is told, so that nothing is chunked.
func send(c echo.Context, status int, kind []string, body []byte) error {
	w := c.Response()
	h := w.Header()
	h["Content-Type"] = kind
	if len(body) >= buffered {
		h["Content-Length"] = []string{strconv.Itoa(len(body))}
	}
	w.WriteHeader(status)
	_, err := w.Write(body)
	return err
}

// headerText writes a whole number in ETag as a strong tag.
func headerText(name string, v reflect.Value) string {
	if name == "Etag" && v.CanInt() {
		return tagOf(v.Int())
	}
	return text(v)
}

func text(v reflect.Value) string {
	if m, ok := v.Interface().(encoding.TextMarshaler); ok {
		if b, err := m.MarshalText(); err == nil {
			return string(b)
		}
	}
	switch {
	case v.CanInt():
		return strconv.FormatInt(v.Int(), 10)
	case v.Kind() == reflect.String:
		return v.String()
	default:
		return fmt.Sprint(v.Interface())
	}
}
