package api

import (
	"net/http"
	"reflect"
	"slices"

	"github.com/labstack/echo/v4"

	"example.com/app/lib/strict"
)

// Encoded is the output of a route whose answer is the same for many requests: it is written, compressed and tagged once.
// The document says of it what it says of T, whose header fields are not looked at.
type Encoded[T any] struct{ form }

// form is an answer ready to be sent.
type form struct {
	plain, packed []byte // packed is nil when that is not worth it
	tag           string
}

// Encode takes some milliseconds for each megabyte.
func Encode[T any](out T) (Encoded[T], error) {
	body, err := encode(out)
	if err != nil {
		return Encoded[T]{}, err
	}
	f := form{plain: body, tag: bodyTag(body)}
	if len(body) < worthwhile {
		return Encoded[T]{f}, nil
	}
	p, err := pack(body)
	if err != nil {
		return Encoded[T]{}, err
	}
	defer p.release()
	f.packed = slices.Clone(p.out.Bytes())
	return Encoded[T]{f}, nil
}

// MarshalJSON is for whoever keeps the answer elsewhere.
func (f form) MarshalJSON() ([]byte, error) { return f.plain, nil }

// UnmarshalJSON takes it up again there.
func (e *Encoded[T]) UnmarshalJSON(raw []byte) error {
	var out T
	err := strict.Unmarshal(raw, &out)
	if err == nil {
		*e, err = Encode(out)
	}
	return err
}

func (f form) encoded() form { return f }

func (Encoded[T]) shape() reflect.Type { return reflect.TypeFor[T]() }

// shapeOf is what the document says of an output.
func shapeOf(t reflect.Type) reflect.Type {
	if e, ok := reflect.Zero(t).Interface().(interface{ shape() reflect.Type }); ok {
		return e.shape()
	}
	return t
}

// hand sends what is ready, or 304 when the client has it already.
func (r *route) hand(c echo.Context, f form) error {
	if r.conditional() && r.holds(c, f.tag) {
		return c.NoContent(http.StatusNotModified)
	}
	if f.packed != nil && acceptsGzip(c.Request().Header) {
		return sendPacked(c, r.status, r.writer.kind, f.packed)
	}
	return transmit(c, r.status, r.writer.kind, f.plain)
}
