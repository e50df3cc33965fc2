package brokertest

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"example.com/app/lib/broker"
)

func handling() promises {
	return promises{
		"HandledMessageIsGone":                       handledMessageIsGone,
		"PermanentErrorIsDeath":                      permanentErrorIsDeath,
		"MalformedMessageIsDeadUnhandled":            malformedMessageIsDeadUnhandled,
		"MessageWithoutIDGetsOne":                    messageWithoutIDGetsOne,
		"DeadMessageHasExactlyTheseHeaders":          deadMessageHasExactlyTheseHeaders,
		"LargestHeadersAreDroppedWhenTheyAreTooMuch": largestHeadersAreDroppedWhenTheyAreTooMuch,
		"LongErrorIsCutToOneKilobyteOfRunes":         longErrorIsCutToOneKilobyteOfRunes,
	}
}

func handledMessageIsGone(s *scene) {
	q, handled := reporting(s)
	cancel, wait := s.run(q)
	_, err := broker.Send(s.Context(), s.server, q.Name, []byte(`{"n":3}`))
	s.check(err)

	if n := receive(s, handled); n != 3 {
		s.Errorf("got %d, want 3", n)
	}
	cancel()
	wait()
	s.depth(q.Name, 0)
	s.depth(s.family(q).Dead(), 0)
}

var errSentinel = errors.New("no repetition mends it")

func permanentErrorIsDeath(s *scene) {
	for name, err := range map[string]error{"marked": broker.Permanent(errors.New("marked")), "listed": errSentinel} {
		q := broker.One(s.connection, name, func(context.Context, *anything) error { return err }, broker.Retry(time.Hour))
		s.run(q, func(o *broker.Options) { o.Permanent = []error{errSentinel} })
		s.publish(q.Name, broker.Envelope{ID: "1", Body: []byte(`{}`)})

		d := s.take(s.family(q).Dead())
		if d.Headers[broker.HeaderReason] != "permanent" || d.Headers[broker.HeaderError] != err.Error() {
			s.Errorf("%s: got %v", name, d.Headers)
		}
	}
}

func malformedMessageIsDeadUnhandled(s *scene) {
	q := broker.One(s.connection, "main", func(context.Context, *anything) error {
		s.Error("it was handled")
		return nil
	}, broker.Retry(time.Hour))
	s.run(q)
	for _, body := range []string{"", "no JSON", `{"n":"text"}`, `{"m":1}`, `{"n":1}{}`} {
		s.publish(q.Name, broker.Envelope{ID: "1", Body: []byte(body)})
		d := s.take(s.family(q).Dead())
		if d.Headers[broker.HeaderReason] != "malformed" || d.Headers[broker.HeaderError] == "" || string(d.Body) != body {
			s.Errorf("%s: got %v", d.Body, d.Headers)
		}
	}
}

// Its id is the same at every return, so that what happens because of it can be told from another message's effect.
func messageWithoutIDGetsOne(s *scene) {
	refuse := func(context.Context, *anything) error { return broker.Permanent(errors.New("no")) }
	q := broker.One(s.connection, "main", refuse)
	s.run(q)
	for range 2 {
		s.publish(q.Name, broker.Envelope{Body: []byte(`{"n":1}`), Type: "t", Headers: map[string]any{"tenant": "a"}})
	}

	first, second := s.take(s.family(q).Dead()), s.take(s.family(q).Dead())
	if first.ID == "" || first.ID == second.ID {
		s.Errorf("got ids %q and %q", first.ID, second.ID)
	}
	if first.Type != "t" || first.Headers["tenant"] != "a" || string(first.Body) != `{"n":1}` {
		s.Errorf("got %+v", first.Envelope)
	}
}

func deadMessageHasExactlyTheseHeaders(s *scene) {
	fail := func(context.Context, *anything) error { return errors.New("out of luck") }
	q := broker.One(s.connection, "main", fail, broker.Bind("student.created"), broker.Retry(100*time.Millisecond))
	s.run(q)
	e := broker.Envelope{
		ID: "1", CorrelationID: "c", Type: "student.created", ContentType: "application/json",
		Timestamp: time.Unix(1_700_000_000, 0), Body: []byte(`{"n":1}`),
		Headers: map[string]any{"traceparent": "00-a-b-01", "x-tenant": "a"},
	}
	s.check(s.server.Publish(s.Context(), string(s.connection), "student.created", e))

	d := s.take(s.family(q).Dead())
	at, _ := d.Headers[broker.HeaderFirstFailedAt].(string)
	if _, err := time.Parse(time.RFC3339, at); err != nil {
		s.Error(err)
	}
	want := map[string]any{
		"traceparent": "00-a-b-01", "x-tenant": "a",
		broker.HeaderAttempt: int64(2), broker.HeaderReason: "exhausted",
		broker.HeaderError: "out of luck", broker.HeaderErrorClass: "*errors.errorString", broker.HeaderFirstFailedAt: at,
		broker.HeaderOriginExchange: string(s.connection), broker.HeaderOriginKey: "student.created",
	}
	if !maps.Equal(d.Headers, want) {
		s.Errorf("got  %v\nwant %v", d.Headers, want)
	}
	if d.ID != e.ID || d.CorrelationID != e.CorrelationID || d.Type != e.Type || d.ContentType != e.ContentType ||
		!d.Timestamp.Equal(e.Timestamp) || !slices.Equal(d.Body, e.Body) || d.Expiration != 0 {
		s.Errorf("got %+v, want %+v", d.Envelope, e)
	}
}

// The note stays, though nothing more is dropped at the second failure.
func largestHeadersAreDroppedWhenTheyAreTooMuch(s *scene) {
	fail := func(context.Context, *anything) error { return errors.New("out of luck") }
	q := broker.One(s.connection, "main", fail, broker.Retry(100*time.Millisecond))
	s.run(q)
	s.publish(q.Name, broker.Envelope{ID: "1", Body: []byte(`{}`), Headers: map[string]any{
		"tenant":                   "a",
		"list":                     []any{strings.Repeat("x", 20<<10), map[string]any{"k": make([]byte, 20<<10)}},
		"text":                     strings.Repeat("x", 30<<10),
		broker.HeaderOriginKey:     strings.Repeat("x", 20<<10), // not by us
		broker.HeaderErrorClass:    "ours",
		broker.HeaderFirstFailedAt: "ours",
	}})

	d := s.take(s.family(q).Dead())
	for name, want := range map[string]bool{"tenant": true, "list": false, "text": true, broker.HeaderFirstFailedAt: true} {
		if _, kept := d.Headers[name]; kept != want {
			s.Errorf("%s: kept %t, want %t", name, kept, want)
		}
	}
	text, _ := d.Headers[broker.HeaderError].(string)
	if d.Attempts() != 2 || !strings.Contains(text, `the largest "list": out of luck`) {
		s.Errorf("%d attempts, error %s", d.Attempts(), text)
	}
}

func longErrorIsCutToOneKilobyteOfRunes(s *scene) {
	long := "a" + strings.Repeat("ß", 1000) + "\xff"
	q := broker.One(s.connection, "main", func(context.Context, *anything) error { return errors.New(long) }, broker.Retry())
	s.run(q)
	s.publish(q.Name, broker.Envelope{ID: "1", Body: []byte(`{}`)})

	d := s.take(s.family(q).Dead())
	if got, want := d.Headers[broker.HeaderError], "a"+strings.Repeat("ß", 511); got != want {
		s.Errorf("got %q, want %q", got, want)
	}
}
