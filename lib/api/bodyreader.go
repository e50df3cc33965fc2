package api

import (
	"errors"
	"io"
	"net/http"
	"os"
	"strconv"
)

// bodyReader reads a body up to limit; its errors are refusals.
type bodyReader struct {
	request *http.Request
	limit   int64
	left    int64
	err     error // every Read after the first that failed fails alike
}

func newBodyReader(r *http.Request, limit int64) *bodyReader {
	return &bodyReader{request: r, limit: limit, left: limit}
}

// announced fails for a body that is known to be too large before it comes.
func announced(r *http.Request, limit int64) error {
	if r.ContentLength > limit {
		return tooLarge(limit)
	}
	return nil
}

func (b *bodyReader) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	if int64(len(p)) > b.left {
		p = p[:b.left+1] // one byte more tells a body at its limit from one beyond
	}

	delete(b.request.Header, "Expect") // reading asks the client for its body
	n, err := b.request.Body.Read(p)
	if int64(n) > b.left {
		n, b.err = int(b.left), tooLarge(b.limit)
	} else if err != nil {
		b.err = unread(err)
	}
	b.left -= int64(n)
	return n, b.err
}

func tooLarge(limit int64) error {
	return &refusal{
		status: http.StatusRequestEntityTooLarge, code: codeTooLarge,
		detail: "the body must have at most " + strconv.FormatInt(limit, 10) + " bytes",
	}
}

func tooSlow() error {
	return &refusal{status: http.StatusRequestTimeout, code: codeSlow, detail: "the body did not come in time"}
}

// unread says why the rest of a body does not come.
func unread(err error) error {
	switch {
	case errors.Is(err, io.EOF):
		return io.EOF
	case errors.Is(err, os.ErrDeadlineExceeded):
		return tooSlow()
	default:
		return &refusal{status: http.StatusBadRequest, code: codeMalformed, detail: "the body ended too early or is badly framed"}
	}
}
