package broker

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	suspicious = 2  // returns of a message that may have ended the process
	crashes    = 3  // returns of a suspect that is dead: it was handled alone, and the process ended each time
	laneRound  = 32 // suspects, before others have their turn
	laneRest   = time.Second
)

var (
	errCrashed = errors.New("the process ended whenever the message was handled")
	errCrowded = errors.New("handlers still run that keep suspects from being handled alone")
)

// suspects handles what waits in the line's suspect queue, until ctx ends. While it does, no other handler of this
// process runs, so that none but the culprit is charged should the process end.
func (l *line) suspects(ctx, work context.Context) {
	var back backoff
	for ctx.Err() == nil {
		some, err := l.look(ctx, work)
		switch {
		case ctx.Err() != nil:
		case errors.Is(err, errDatabaseAway):
			l.awaitDatabase(ctx)
		case err != nil:
			l.log.Warn("handling suspects was interrupted", "error", err)
			back.pause(ctx)
		case some:
			back.reset()
		default:
			back.reset()
			sleep(ctx, laneRest)
		}
	}
}

// look counts the suspects, which charges none of them, and answers true when it has handled some.
func (l *line) look(ctx, work context.Context) (some bool, err error) {
	if err := l.driver.Ready(ctx); err != nil {
		return false, err
	}
	limited, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()

	depth, err := l.driver.Inspect(limited, l.family.Suspect())
	switch {
	case errors.Is(err, ErrNoQueue): // it is declared with the next session
		return false, nil
	case err != nil:
		return false, err
	case depth.Ready == 0 || l.driver.State().Blocked != "": // a broker that takes no messages would keep the others waiting
		return false, nil
	}

	p, err := l.driver.Pull(limited, l.family.Suspect())
	if err != nil {
		return false, err
	}
	return true, l.aside(ctx, work, func(s *session) { s.round(p) })
}

func (s *session) round(p Puller) {
	s.turn = &alone{floor: s.floor, patience: s.o.HandlerTimeout}
	defer func() { _ = p.Close() }()
	defer s.turn.rest()

	for range laneRound {
		if !s.turn.take(s.stop) {
			s.end(errCrowded)
			return
		}
		d, ok, err := s.get(p)
		if err != nil {
			s.end(fmt.Errorf("get a suspect: %w", err))
		}
		if !ok {
			return
		}
		s.takeAlone(d)
	}
}

// get waits for as long as it takes: a suspect that nobody awaits any more goes back, and is charged.
func (s *session) get(p Puller) (d Delivery, ok bool, err error) {
	s.patiently(func() { d, ok, err = p.Get(s.live) })
	return d, ok, err
}

// patiently does what the broker may be slow to answer; others have their turn when it is.
func (s *session) patiently(do func()) {
	rested := make(chan struct{})
	late := time.AfterFunc(answerTime, func() {
		defer close(rested)
		s.turn.rest()
	})
	do()
	if !late.Stop() {
		<-rested
	}
}

// suspect moves a message that came back too often to where it is handled alone: not before it is acked here, or it would
// be in both places should it end the process.
func (w *delivery) suspect() {
	if !w.turn.take(w.stop) {
		w.giveBack()
		return
	}
	defer w.turn.done()

	w.log.Warn("the message came back too often; it is handled alone", "returns", w.Returns)
	w.move(w.family.Suspect(), forwarded(w.Delivery), outcomeSuspect)
}

// takeAlone brings a suspect to its end.
func (s *session) takeAlone(d Delivery) {
	w := newDelivery(s, d)
	w.giveBack = w.putBack
	if d.ID == "" {
		w.identify()
		return
	}

	f := failure{err: errCrashed, fatal: true, reason: reasonCrash}
	if d.Returns < crashes {
		f = w.handle()
	}
	s.patiently(func() { w.settle(f) })
}

// putBack publishes a suspect again, because one that merely went back would be charged.
func (w *delivery) putBack() {
	e := forwarded(w.Delivery)
	if w.publish(w.family.Suspect(), e) || w.lastly(e) {
		w.settled(outcomeGivenBack)
	} else {
		w.requeue(w.Delivery)
	}
}

// lastly is for work that was cut off.
func (w *delivery) lastly(e Envelope) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(w.work), lastBreath)
	defer cancel()
	return w.driver.Publish(ctx, "", w.family.Suspect(), e) == nil
}
