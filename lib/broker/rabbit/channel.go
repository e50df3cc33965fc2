package rabbit

import (
	"context"
	"errors"
	"fmt"

	amqp "github.com/rabbitmq/amqp091-go"

	"example.com/app/lib/broker"
)

// with runs use with a channel of its own, which stays open when use returns nil. An answer of the server is
// returned; after anything else, such as a lost connection, it begins again until ctx ends.
func (l *link) with(ctx context.Context, use func(*amqp.Channel) error) error {
	for {
		s, err := l.await(ctx, status.usable)
		if err != nil {
			return err
		}

		err = try(ctx, s.conn, use)
		if err == nil || answered(err) {
			return err
		}
		if !sleep(ctx, shortestPause/10) {
			return offline{why: fmt.Errorf("%s: no answer came: %w", l.server, err), cause: context.Cause(ctx)}
		}
	}
}

// try leaves use behind when ctx ends first, because calls of amqp091 know no context.
func try(ctx context.Context, conn *amqp.Connection, use func(*amqp.Channel) error) error {
	done := make(chan error)
	go func() {
		ch, err := conn.Channel()
		if err == nil {
			err = use(ch)
		}

		select {
		case done <- err:
		case <-ctx.Done():
			err = ctx.Err()
		}
		if err != nil && ch != nil {
			_ = ch.Close()
		}
	}()

	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// answered tells an answer of the server about one channel from trouble with the connection.
func answered(err error) bool {
	e, ok := errors.AsType[*amqp.Error](err)
	return ok && e.Server && e.Recover || errors.Is(err, broker.ErrNoQueue)
}

// offline reads as the reason for having no connection, and still is the context's error.
type offline struct{ why, cause error }

func (o offline) Error() string { return o.why.Error() }

func (o offline) Unwrap() []error { return []error{o.why, o.cause} }
