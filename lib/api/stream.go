package api

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"reflect"

	"example.com/app/lib/strict"
)

// Stream is the body of a request while it comes in: the type of an input's field with the tag
// body:"application/x-ndjson" or another media type. Its errors say how the request is to be answered when the body
// is larger than BodyLimit, too slow for Deadline or cut short; a handler returns them, wrapped or not.
type Stream struct{ from *bodyReader }

func (s Stream) Read(p []byte) (int, error) {
	if s.from == nil {
		return 0, io.EOF
	}
	return s.from.Read(p)
}

// streamField is the field of an input that takes the body as it comes.
type streamField struct {
	index []int
	kind  string // the media type
	doc   string
}

func newStreamField(f reflect.StructField) (*streamField, error) {
	kind, params, err := mime.ParseMediaType(f.Tag.Get("body"))
	if err != nil || len(params) > 0 {
		return nil, errors.New("needs a media type in the tag body")
	}
	if _, ok := strict.Member(f); ok {
		return nil, errors.New("is no member of a JSON body")
	}
	return &streamField{f.Index, kind, f.Tag.Get("doc")}, nil
}

func (s *streamField) open(r *http.Request, v reflect.Value, limit int64) error {
	if err := unsupported(r, s.kind); err != nil {
		return err
	}
	body, err := newBodyReader(r, limit)
	if err != nil {
		return err
	}
	v.FieldByIndex(s.index).Set(reflect.ValueOf(Stream{body}))
	return nil
}
