package brokertest

import (
	"errors"
	"maps"
	"time"

	"example.com/app/lib/broker"
)

func publishing() promises {
	return promises{
		"PublishKeepsTheEnvelope":             publishKeepsTheEnvelope,
		"QueueTakesItsOwnNameAtTheExchange":   queueTakesItsOwnNameAtTheExchange,
		"BindingsMatchWords":                  bindingsMatchWords,
		"UnknownKeyGoesToUnrouted":            unknownKeyGoesToUnrouted,
		"UnroutableMessageIsRefused":          unroutableMessageIsRefused,
		"PublishingGoesOnAfterAReturn":        publishingGoesOnAfterAReturn,
		"DeclaringTwiceChangesNothing":        declaringTwiceChangesNothing,
		"OtherArgumentsAreAMismatch":          otherArgumentsAreAMismatch,
		"RetryQueueHandsItsMessagesBack":      retryQueueHandsItsMessagesBack,
		"ExpirationShortensTheStay":           expirationShortensTheStay,
		"SendGivesAnID":                       sendGivesAnID,
		"AbsentQueueIsNamed":                  absentQueueIsNamed,
		"DriverThatIsOpenIsReadyAndConnected": driverThatIsOpenIsReadyAndConnected,
	}
}

func publishKeepsTheEnvelope(s *scene) {
	f := s.declare("main")
	sent := broker.Envelope{
		ID: "1", CorrelationID: "c", Type: "student.created", ContentType: "application/json",
		Timestamp: time.Unix(1_700_000_000, 0), Headers: map[string]any{"traceparent": "00-a-b-01", "n": int64(7)},
		Body: []byte(`{"n":1}`),
	}
	s.publish(f.Name, sent)

	got := s.take(f.Name)
	if !got.Timestamp.Equal(sent.Timestamp) || !maps.Equal(got.Headers, sent.Headers) || string(got.Body) != string(sent.Body) {
		s.Errorf("got %+v, want %+v", got.Envelope, sent)
	}
	if got.ID != sent.ID || got.CorrelationID != sent.CorrelationID || got.Type != sent.Type || got.ContentType != sent.ContentType {
		s.Errorf("got %+v, want %+v", got.Envelope, sent)
	}
	if got.Exchange != "" || got.Key != f.Name || got.Returns != 0 {
		s.Errorf("got exchange %q, key %q, %d returns", got.Exchange, got.Key, got.Returns)
	}
}

func queueTakesItsOwnNameAtTheExchange(s *scene) {
	f := s.declare("main")
	s.check(s.server.Publish(s.Context(), f.Exchange, f.Name, broker.Envelope{ID: "1"}))

	if d := s.take(f.Name); d.ID != "1" || d.Exchange != f.Exchange || d.Key != f.Name {
		s.Errorf("got %q from exchange %q with key %q", d.ID, d.Exchange, d.Key)
	}
}

func bindingsMatchWords(s *scene) {
	star := s.declare("star", broker.Bind("student.*"))
	hash := s.declare("hash", broker.Bind("student.#"))
	both := s.declare("both", broker.Bind("student.created", "#.created"))
	for _, key := range []string{"student", "student.created", "student.name.changed"} {
		s.check(s.server.Publish(s.Context(), string(s.connection), key, broker.Envelope{ID: key}))
	}

	s.depth(star.Name, 1)
	s.depth(hash.Name, 3)
	s.depth(both.Name, 1)
	if d := s.take(star.Name); d.ID != "student.created" {
		s.Errorf("student.* took %s", d.ID)
	}
}

func unknownKeyGoesToUnrouted(s *scene) {
	f := s.declare("main")
	s.check(s.server.Publish(s.Context(), f.Exchange, "nobody.cares", broker.Envelope{ID: "1"}))

	if d := s.take(broker.UnroutedOf(f.Exchange)); d.ID != "1" || d.Key != "nobody.cares" {
		s.Errorf("got %q with key %q", d.ID, d.Key)
	}
}

func unroutableMessageIsRefused(s *scene) {
	for _, exchange := range []string{"", s.absent()} {
		if err := s.server.Publish(s.Context(), exchange, s.absent(), broker.Envelope{ID: "1"}); !errors.Is(err, broker.ErrUnroutable) {
			s.Errorf("exchange %q answers %v, want %v", exchange, err, broker.ErrUnroutable)
		}
	}
}

// The broker answers a return and then an ack: an ack alone proves nothing, and the next message owes nothing to it.
func publishingGoesOnAfterAReturn(s *scene) {
	f := s.declare("main")
	for range 20 {
		if err := s.server.Publish(s.Context(), "", s.absent(), broker.Envelope{ID: "1"}); !errors.Is(err, broker.ErrUnroutable) {
			s.Fatalf("got %v, want %v", err, broker.ErrUnroutable)
		}
		s.publish(f.Name, broker.Envelope{ID: "2"})
	}
	s.depth(f.Name, 20)
}

func declaringTwiceChangesNothing(s *scene) {
	f := s.declare("main", broker.Retry(time.Minute))
	s.publish(f.Name, broker.Envelope{ID: "1"})
	s.declare("main", broker.Retry(time.Minute))
	s.depth(f.Name, 1)
}

// Two names of one queue want different time-outs of it.
func otherArgumentsAreAMismatch(s *scene) {
	f := s.declare("main", broker.Retry(time.Minute))
	other := broker.Family{Exchange: f.Exchange, Name: f.Retry(time.Minute)}
	if err := s.server.Declare(s.Context(), other); !errors.Is(err, broker.ErrMismatch) {
		s.Errorf("got %v, want %v", err, broker.ErrMismatch)
	}
	s.publish(f.Name, broker.Envelope{ID: "1"})
}

func retryQueueHandsItsMessagesBack(s *scene) {
	f := s.declare("main", broker.Retry(200*time.Millisecond))
	s.publish(f.Retry(f.Tiers[0]), broker.Envelope{ID: "1"})

	if d := s.take(f.Name); d.ID != "1" || d.Exchange != "" || d.Key != f.Name {
		s.Errorf("got %q from exchange %q with key %q", d.ID, d.Exchange, d.Key)
	}
}

func expirationShortensTheStay(s *scene) {
	f := s.declare("main", broker.Retry(time.Hour))
	s.publish(f.Retry(f.Tiers[0]), broker.Envelope{ID: "1", Expiration: 100 * time.Millisecond})

	if d := s.take(f.Name); d.ID != "1" || d.Expiration != 0 {
		s.Errorf("got %q with expiration %s", d.ID, d.Expiration)
	}
}

func sendGivesAnID(s *scene) {
	f := s.declare("main")
	id, err := broker.Send(s.Context(), s.server, f.Name, []byte(`{"n":1}`))
	s.check(err)
	if d := s.take(f.Name); id == "" || d.ID != id || d.ContentType != "application/json" || d.Timestamp.IsZero() {
		s.Errorf("sent %q, got %+v", id, d.Envelope)
	}

	if _, err := broker.Send(s.Context(), s.server, s.absent(), nil); !errors.Is(err, broker.ErrUnroutable) {
		s.Errorf("got %v, want %v", err, broker.ErrUnroutable)
	}
}

func absentQueueIsNamed(s *scene) {
	_, consume := s.server.Consume(s.Context(), s.absent(), 1)
	_, pull := s.server.Pull(s.Context(), s.absent())
	_, inspect := s.server.Inspect(s.Context(), s.absent())
	for what, err := range map[string]error{"consume": consume, "pull": pull, "inspect": inspect} {
		if !errors.Is(err, broker.ErrNoQueue) {
			s.Errorf("%s: got %v, want %v", what, err, broker.ErrNoQueue)
		}
	}
}

func driverThatIsOpenIsReadyAndConnected(s *scene) {
	s.check(s.server.Ready(s.Context()))
	if state := s.server.State(); !state.Connected || state.Problem != nil || state.Blocked != "" || state.Server == "" {
		s.Errorf("got %+v", state)
	}
}
