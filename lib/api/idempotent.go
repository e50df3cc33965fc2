package api

import (
	"context"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"net/http"
	"reflect"

	"github.com/labstack/echo/v4"

	"example.com/app/lib/api/idempotency"
	"example.com/app/lib/auth"
	"example.com/app/lib/strict"
)

const (
	keyHeader      = "Idempotency-Key"
	replayedHeader = "Idempotency-Replayed"
	maxKey         = 255
)

// Idempotent lets a client repeat a request by the header Idempotency-Key: it takes effect once, and the repeat gets
// the first one's answer when that was a 2xx. With a key the handler runs in a transaction of Options.DB, so what it
// does elsewhere is not covered. Without one it runs as it does on any route.
func Idempotent() Option { return func(r *route) { r.idempotent = true } }

// keyed is a request that came with a key. It hashes all that a repeat has to have in common with it: the path, the
// query and, while somebody reads it, the body.
type keyed struct {
	io.ReadCloser
	key string
	sum hash.Hash
}

func (k *keyed) Read(p []byte) (int, error) {
	n, err := k.ReadCloser.Read(p)
	_, _ = k.sum.Write(p[:n]) // a hash takes everything
	return n, err
}

// keyedBy is nil when there is no key, or the route knows of none.
func (r *route) keyedBy(c echo.Context) *keyed {
	request := c.Request()
	given := request.Header[keyHeader]
	if !r.idempotent || len(given) == 0 {
		return nil
	}

	k := &keyed{request.Body, given[0], sha256.New()}
	_, _ = io.WriteString(k.sum, request.URL.EscapedPath()+"?"+request.URL.RawQuery+"\n")
	request.Body = k
	return k
}

// judgeKey notes what is wrong with a key that was given.
func judgeKey(h http.Header, found *findings) {
	given := h[keyHeader]
	switch {
	case len(given) > 1:
		found.add(strict.Pointer("header", keyHeader), "duplicate", "must be given only once")
	case len(given) == 1 && !printable(given[0], maxKey):
		found.add(strict.Pointer("header", keyHeader), "type", "must be 1 to 255 printable ASCII characters")
	}
}

// once tells the answer to a request with a key: that of do, or the one that was given before.
func (r *route) once(
	ctx context.Context, k *keyed, do func(ctx context.Context) (idempotency.Answer, error),
) (a idempotency.Answer, replayed bool, err error) {
	who, _ := auth.Of(ctx)
	request := idempotency.Request{
		User: who.User, Route: r.method + " " + r.path, Key: k.key, Hash: [sha256.Size]byte(k.sum.Sum(nil)),
	}
	a, replayed, err = idempotency.Once(ctx, r.server.DB, request, do)

	switch {
	case errors.Is(err, idempotency.ErrInProgress):
		return a, false, &refusal{
			status: http.StatusConflict, code: codeInProgress, detail: idempotency.ErrInProgress.Error(),
			header: [2]string{echo.HeaderRetryAfter, "1"},
		}
	case errors.Is(err, idempotency.ErrReused):
		return a, false, invalid(http.StatusUnprocessableEntity, codeInvalid, strict.Problems{
			{Pointer: strict.Pointer("header", keyHeader), Code: "reused", Detail: "was used for another request"},
		})
	}
	return a, replayed, err
}

// record is the answer that write would send.
func (r *route) record(c echo.Context, v reflect.Value, out any) (idempotency.Answer, error) {
	a := idempotency.Answer{Status: r.status, Header: map[string]string{}}
	if a.Status == http.StatusNoContent {
		return a, nil
	}

	var err error
	if a.Body, err = encode(out); err != nil {
		return a, err
	}
	h := http.Header{echo.HeaderContentType: r.writer.kind}
	r.setHeaders(h, c, v)
	for name := range h {
		a.Header[name] = h.Get(name)
	}
	return a, nil
}

func reply(c echo.Context, a idempotency.Answer, replayed bool) error {
	h := c.Response().Header()
	for name, value := range a.Header {
		h[name] = []string{value}
	}
	if replayed {
		h[replayedHeader] = []string{"true"}
	}
	if a.Status == http.StatusNoContent {
		return c.NoContent(a.Status)
	}
	return send(c, a.Status, h[echo.HeaderContentType], a.Body)
}
