package api

import (
	"cmp"
	"encoding"
	"fmt"
	"net/http"
	"reflect"
	"strconv"

	"github.com/labstack/echo/v4"

	"example.com/app/lib/strict"
)

// writer knows what of an output goes into headers.
type writer struct {
	headers []headerField
	id      []int // the member id, which ends a Location
	cursors [][]int
	etag    bool
	kind    []string // the Content-Type, shared by all answers
	checked []string // the Cache-Control of what has a tag
}

type headerField struct {
	name  string
	index []int
}

func newWriter(t reflect.Type) (writer, error) {
	w := writer{kind: []string{echo.MIMEApplicationJSON}, checked: []string{"private, no-cache"}}
	if t.Kind() != reflect.Struct {
		return w, nil
	}
	for f := range strict.Fields(t) {
		if name, ok := strict.Member(f); ok && name == "id" {
			w.id = f.Index
		}
		if isCursor(f.Type) || f.Type.Kind() == reflect.Pointer && isCursor(f.Type.Elem()) {
			w.cursors = append(w.cursors, f.Index)
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
	if e, ok := out.(interface{ encoded() form }); ok {
		return r.hand(c, e.encoded())
	}
	h := c.Response().Header()
	r.setHeaders(h, c, v)
	belong(v, r.writer.cursors, c.Request().URL.EscapedPath())
	if r.conditional() && r.writer.etag && r.holds(c, h["Etag"][0]) {
		return c.NoContent(http.StatusNotModified)
	}
	if r.status == http.StatusNoContent {
		return c.NoContent(r.status)
	}

	body, err := encode(out)
	if err != nil {
		return err
	}
	if r.hashed() && r.holds(c, bodyTag(body)) {
		return c.NoContent(http.StatusNotModified)
	}
	return send(c, r.status, r.writer.kind, body)
}

func encode(out any) ([]byte, error) {
	body, err := strict.Marshal(out)
	if err != nil {
		return nil, fmt.Errorf("write the answer: %w", err)
	}
	return body, nil
}

// holds tags the answer, and tells whether the client has that version already.
func (r *route) holds(c echo.Context, tag string) bool {
	h := c.Response().Header()
	h["Cache-Control"] = r.writer.checked
	held, ok := heldTag(c.Request().Header["If-None-Match"], tag)
	h["Etag"] = []string{cmp.Or(held, tag)}
	return ok
}

func (r *route) setHeaders(h http.Header, c echo.Context, v reflect.Value) {
	for _, f := range r.writer.headers {
		h[f.name] = []string{headerText(f.name, v.FieldByIndex(f.index))}
	}
	if r.locates(r.status) && h["Location"] == nil {
		h["Location"] = []string{c.Request().URL.EscapedPath() + "/" + text(v.FieldByIndex(r.writer.id))}
	}
}

// buffered is how much net/http holds back to count it by itself.
const buffered = 2 << 10

// send writes a body whose length the client is told, so that nothing is chunked: in gzip when that is worth it and
// the client takes it, under a tag of its own.
func send(c echo.Context, status int, kind []string, body []byte) error {
	if len(body) < worthwhile || !acceptsGzip(c.Request().Header) {
		return transmit(c, status, kind, body)
	}
	p, err := pack(body)
	if err != nil {
		return fmt.Errorf("compress the answer: %w", err)
	}
	defer p.release()
	return sendPacked(c, status, kind, p.out.Bytes())
}

func sendPacked(c echo.Context, status int, kind []string, body []byte) error {
	h := c.Response().Header()
	h["Content-Encoding"] = []string{"gzip"}
	if tag := h["Etag"]; len(tag) == 1 {
		h["Etag"] = []string{packedTag(tag[0])}
	}
	return transmit(c, status, kind, body)
}

func transmit(c echo.Context, status int, kind []string, body []byte) error {
	w := c.Response()
	w.Header()["Content-Type"] = kind
	if len(body) >= buffered {
		w.Header()["Content-Length"] = []string{strconv.Itoa(len(body))}
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
