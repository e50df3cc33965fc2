package broker

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"example.com/app/lib/strict"
	"example.com/app/lib/telemetry"
)

// Message is one of a batch, decoded and validated.
type Message[T any] struct {
	ID            string
	CorrelationID string // the message's own, or else its ID
	Traceparent   string // W3C Trace Context; empty: none
	Body          T
}

// load is a batch in the making.
type load struct {
	add    func(d Delivery) error                        // decodes d; a message that is malformed is not added
	handle func(ctx context.Context, fates []fate) error // calls the handler with those of the added that are fresh
}

func newLoad[T any](h func(context.Context, []Message[T]) error) load {
	var batch []Message[T]
	return load{
		add: func(d Delivery) error {
			m, err := decode[T](d)
			if err == nil {
				batch = append(batch, m)
			}
			return err
		},
		handle: func(ctx context.Context, fates []fate) error {
			var fresh []Message[T]
			for i, m := range batch {
				if fates[i] == fateFresh {
					fresh = append(fresh, m)
				}
			}
			if len(fresh) == 0 {
				return nil
			}
			return h(ctx, fresh)
		},
	}
}

func decode[T any](d Delivery) (m Message[T], err error) {
	if !isText(d.ID) {
		return m, errors.New("the message-id is no text: it is invalid UTF-8 or holds U+0000")
	}
	t := TraceOf(d.Envelope)
	m = Message[T]{ID: d.ID, CorrelationID: t.CorrelationID, Traceparent: t.Traceparent}
	return m, strict.Decode(d.Body, &m.Body)
}

// TraceOf is the trace that a message belongs to, without what is not as it should be: it is to be written to a database.
func TraceOf(e Envelope) telemetry.Trace {
	t := telemetry.Trace{CorrelationID: e.ID}
	if isText(e.CorrelationID) {
		t.CorrelationID = cmp.Or(e.CorrelationID, e.ID)
	}
	if parent, _ := e.Headers[HeaderTraceparent].(string); telemetry.ValidTraceparent(parent) {
		t.Traceparent = parent
	}
	return t
}

// isText tells what PostgreSQL can keep.
func isText(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }
