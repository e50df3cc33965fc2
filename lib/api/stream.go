package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"reflect"
	"strings"

	"example.com/app/lib/spool"
	"example.com/app/lib/strict"
	"example.com/app/lib/telemetry"
)

// Stream is the body of a request that is too large for memory: the type of an input's field with the tag
// body:"application/x-ndjson" or another media type. It has come whole when the handler begins, and is gone when that
// returns. A body larger than BodyLimit, too slow for Deadline or cut short reaches no handler.
type Stream struct{ kept *spool.File }

// Open reads the body from its first byte, each time anew.
func (s Stream) Open() io.Reader {
	if s.kept == nil {
		return strings.NewReader("")
	}
	return s.kept.Open()
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

// judge refuses a body before it comes.
func (s *streamField) judge(r *http.Request, limit int64) error {
	if err := unsupported(r, s.kind); err != nil {
		return err
	}
	return announced(r, limit)
}

func (s *streamField) receive(r *http.Request, v reflect.Value, limit int64) error {
	kept, err := spool.Create()
	if err != nil {
		return fmt.Errorf("keep the body: %w", err)
	}
	if _, err := io.Copy(kept, newBodyReader(r, limit)); err != nil {
		return errors.Join(err, kept.Close())
	}
	v.FieldByIndex(s.index).Set(reflect.ValueOf(Stream{kept}))
	return nil
}

// drop removes what receive has kept.
func (b *binder) drop(ctx context.Context, in any) {
	if b.stream == nil {
		return
	}
	stream, ok := reflect.ValueOf(in).Elem().FieldByIndex(b.stream.index).Interface().(Stream)
	if !ok || stream.kept == nil {
		return
	}
	if err := stream.kept.Close(); err != nil {
		telemetry.Logger(ctx).Warn("remove the file of a body", "error", err)
	}
}
