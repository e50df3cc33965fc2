package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

const pause = 200 * time.Millisecond // before rows go again whose confirmation did not come

// session is a courier that has the lock. Whatever it asks of the database it asks on the connection of the lock:
// an answer proves that the lock is still there.
type session struct {
	*courier
	conn *pgx.Conn
	due  time.Time // when a row may go again that was held back here
}

func (s *session) listen(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, reply)
	defer cancel()

	if _, err := s.conn.Exec(ctx, "LISTEN "+Channel); err != nil {
		return fmt.Errorf("listen for new rows of the outbox: %w", err)
	}
	return nil
}

// relay answers nil only when ctx has ended.
func (s *session) relay(ctx context.Context) error {
	for ctx.Err() == nil {
		s.forgetNotifications(ctx)
		rows, err := s.unsent(ctx)
		if err != nil {
			return err
		}
		s.works()

		if len(rows) > 0 {
			err = s.carry(ctx, rows)
		} else {
			err = s.wait(ctx)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *session) works() {
	if s.problem != "" {
		s.problem = ""
		s.log.Info("the outbox is relayed again")
	}
}

// carry publishes the rows and notes what became of them, also when ctx has ended.
func (s *session) carry(ctx context.Context, rows []*row) error {
	s.publish(ctx, rows)

	if err := s.mark(ctx, of(sent, rows)); err != nil {
		return err
	}
	if held := of(held, rows); len(held) > 0 {
		s.tell(held)
		s.restore(ctx, held)
		if err := s.hold(ctx, held); err != nil {
			return err
		}
	}
	if len(of(unknown, rows)) > 0 {
		sleep(ctx, pause)
	}
	return nil
}

// wait ends with a notification, or when it is time to look without one.
func (s *session) wait(ctx context.Context) error {
	now := time.Now()
	until := now.Add(poll)
	if s.due.After(now) && s.due.Before(until) {
		until = s.due
	}
	waiting, cancel := context.WithDeadline(ctx, until)
	defer cancel()

	_, err := s.conn.WaitForNotification(waiting)
	if waiting.Err() != nil {
		return nil // and the next question tells whether the connection is well
	}
	return err
}

// forgetNotifications of rows that the next look will see.
func (s *session) forgetNotifications(ctx context.Context) {
	ended, cancel := context.WithCancel(ctx)
	cancel()
	for {
		if _, err := s.conn.WaitForNotification(ended); err != nil {
			return
		}
	}
}
