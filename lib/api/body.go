package api

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"sync"

	"github.com/labstack/echo/v4"

	"example.com/app/lib/strict"
)

const (
	drained  = 4 << 20  // read and dropped before a refusal, since many clients read no answer while they still write
	keptBody = 64 << 10 // larger buffers are not kept for reuse
)

var bodies = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// decodeBody returns an error when there is nothing to judge; what is wrong with the content goes to found.
func decodeBody(r *http.Request, in any, limit int64, found *findings) error {
	if err := unsupported(r, echo.MIMEApplicationJSON); err != nil {
		return err
	}
	if err := announced(r, limit); err != nil {
		return err
	}

	buffer := bodies.Get().(*bytes.Buffer)
	defer func() {
		if buffer.Cap() <= keptBody {
			buffer.Reset()
			bodies.Put(buffer)
		}
	}()
	if _, err := buffer.ReadFrom(newBodyReader(r, limit)); err != nil {
		return err
	}

	err := strict.Unmarshal(buffer.Bytes(), in)
	if s, ok := errors.AsType[*strict.SyntaxError](err); ok {
		found.malformed, found.unread = true, true
		found.problems = append(found.problems, strict.Problem(*s))
	}
	if p, ok := errors.AsType[strict.Problems](err); ok {
		found.problems = append(found.problems, p...)
	}
	return nil
}

// unsupported is the 415 for a body of another kind than asked for, in another encoding than UTF-8, or compressed.
func unsupported(r *http.Request, want string) error {
	if r.ContentLength == 0 {
		return nil
	}
	if encoding := strings.Join(r.Header["Content-Encoding"], ","); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return &refusal{
			status: http.StatusUnsupportedMediaType, code: codeMediaType,
			detail: "the body must not be compressed", header: [2]string{"Accept-Encoding", "identity"},
		}
	}

	given := strings.Join(r.Header["Content-Type"], ",")
	if given == want {
		return nil
	}
	kind, params, err := mime.ParseMediaType(given)
	if charset, ok := params["charset"]; err == nil && kind == want && (!ok || strings.EqualFold(charset, "utf-8")) {
		return nil
	}
	return &refusal{
		status: http.StatusUnsupportedMediaType, code: codeMediaType,
		detail: "the body must be " + want + " in UTF-8", header: [2]string{"Accept", want},
	}
}

// drain reads what is left of the body, and tells whether the connection can be used again.
// A client that still waits to be asked for its body sends none.
func drain(r *http.Request) bool {
	if r.Header.Get("Expect") != "" {
		return false
	}
	n, err := io.Copy(io.Discard, io.LimitReader(r.Body, drained))
	return err == nil && n < drained
}
