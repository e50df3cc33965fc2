package api

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"strconv"
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
	if err := unsupported(r); err != nil {
		return err
	}

	buffer := bodies.Get().(*bytes.Buffer)
	defer func() {
		if buffer.Cap() <= keptBody {
			buffer.Reset()
			bodies.Put(buffer)
		}
	}()
	if err := readBody(r, buffer, limit); err != nil {
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

// unsupported is the 415 for a body that is not JSON in UTF-8, or that is compressed.
func unsupported(r *http.Request) error {
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
	if given == echo.MIMEApplicationJSON {
		return nil
	}
	kind, params, err := mime.ParseMediaType(given)
	if charset, ok := params["charset"]; err == nil && kind == echo.MIMEApplicationJSON &&
		(!ok || strings.EqualFold(charset, "utf-8")) {
		return nil
	}
	return &refusal{
		status: http.StatusUnsupportedMediaType, code: codeMediaType,
		detail: "the body must be application/json in UTF-8", header: [2]string{"Accept", echo.MIMEApplicationJSON},
	}
}

func readBody(r *http.Request, into *bytes.Buffer, limit int64) error {
	tooLarge := &refusal{
		status: http.StatusRequestEntityTooLarge, code: codeTooLarge,
		detail: "the body must have at most " + strconv.FormatInt(limit, 10) + " bytes",
	}
	if r.ContentLength > limit {
		return tooLarge
	}

	r.Header.Del("Expect") // reading asks the client for its body
	n, err := into.ReadFrom(io.LimitReader(r.Body, limit+1))
	switch {
	case n > limit:
		return tooLarge
	case errors.Is(err, os.ErrDeadlineExceeded):
		return &refusal{status: http.StatusRequestTimeout, code: codeSlow, detail: "the body did not come in time"}
	case err != nil:
		return &refusal{status: http.StatusBadRequest, code: codeMalformed, detail: "the body ended too early or is badly framed"}
	default:
		return nil
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
