package rabbit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

const (
	shortestPause = 500 * time.Millisecond
	longestPause  = 30 * time.Second
)

// link is one connection, made again whenever it is lost.
type link struct {
	server
	longest time.Duration // pause before another try
	log     *slog.Logger

	closing chan struct{} // closed when nothing may wait any more

	mu      sync.Mutex
	status  status
	changed chan struct{} // closed at the next change of status
}

type status struct {
	conn     *amqp.Connection
	outgoing *outgoing // the publishing link's channel
	blocked  string
	problem  error
	server   string
	connects int // connections made so far
}

func (s status) connected() bool { return s.conn != nil && !s.conn.IsClosed() }

// usable means that the server reads what is sent now.
func (s status) usable() bool { return s.connected() && s.blocked == "" }

// serveFunc uses a connection until it is closed, or to its liking; its error is why it ended.
type serveFunc func(conn *amqp.Connection, closed <-chan *amqp.Error) error

func newLink(s server, role string, o Options) *link {
	s.connectionName += " (" + role + ")"
	return &link{
		server:  s,
		longest: cmp.Or(o.LongestPause, longestPause),
		log:     o.Log.With("connection", s.name, "role", role),
		closing: make(chan struct{}),
		changed: make(chan struct{}),
		status:  status{problem: fmt.Errorf("%s: there was no answer yet", s)},
	}
}

// run connects and serves, again and again until ctx ends.
func (l *link) run(ctx context.Context, serve serveFunc) {
	defer l.update(func(s *status) { *s = status{problem: errClosed, connects: s.connects} })

	for failures := 0; ; failures++ {
		began := time.Now()
		err := l.session(ctx, serve)
		if ctx.Err() != nil {
			return
		}

		l.report(err)
		if time.Since(began) > l.longest {
			failures = 0
		}
		if !sleep(ctx, pause(failures, l.longest)) {
			return
		}
	}
}

func (l *link) session(ctx context.Context, serve serveFunc) error {
	conn, err := l.dial(ctx)
	if err != nil {
		return err
	}
	defer conn.hangUp()
	defer context.AfterFunc(ctx, conn.hangUp)()

	closed := conn.NotifyClose(make(chan *amqp.Error, 1))
	known := product(conn.Connection)
	l.update(func(s *status) { *s = status{conn: conn.Connection, server: known, connects: s.connects + 1} })
	l.log.Info("connected to the broker", "server", known)

	return fmt.Errorf("%s: the connection was lost: %w", l.server, serve(conn.Connection, closed))
}

// reasonOf is why the server or the network closed something; nil is an end that this side asked for.
func reasonOf(e *amqp.Error) error {
	if e == nil {
		return errClosed
	}
	return errors.New(e.Reason)
}

// report logs a loss, and a failed attempt only when it fails otherwise than the one before.
func (l *link) report(err error) {
	before := l.now()
	l.update(func(s *status) { *s = status{problem: err, server: s.server, connects: s.connects} })
	if before.conn != nil || before.problem.Error() != err.Error() {
		l.log.Warn("not connected to the broker", "error", err)
	}
}

func (l *link) update(change func(*status)) {
	l.mu.Lock()
	defer l.mu.Unlock()

	change(&l.status)
	close(l.changed)
	l.changed = make(chan struct{})
}

func (l *link) now() status {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.status
}

// await returns the first status that is good; when ctx ends before, an error that says what is wrong.
func (l *link) await(ctx context.Context, good func(status) bool) (status, error) {
	for {
		l.mu.Lock()
		s, changed := l.status, l.changed
		l.mu.Unlock()

		if good(s) {
			return s, nil
		}
		select {
		case <-changed:
		case <-l.closing:
			return s, errClosed
		case <-ctx.Done():
			return s, offline{why: s.why(l.server), cause: context.Cause(ctx)}
		}
	}
}

// why is the reason for waiting.
func (s status) why(to server) error {
	switch {
	case s.connected():
		return fmt.Errorf("%s: it takes no messages now: %s", to, cmp.Or(s.blocked, "the channel is not open yet"))
	case s.problem != nil:
		return s.problem
	}
	return fmt.Errorf("%s: the connection was lost", to)
}

// pause is full jitter below a bound that doubles with every failure.
func pause(failures int, longest time.Duration) time.Duration {
	return rand.N(min(longest, shortestPause<<min(failures, 10)))
}

// sleep answers false when ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()

	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
