package outbox

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	atOnce = 2                      // batches under way: one is published while the database is busy with the other
	beat   = time.Second            // between two looks at the connection while nothing comes back
	pause  = 200 * time.Millisecond // before rows go again whose confirmation did not come
	grace  = 5 * time.Second        // at a stop, for the broker to confirm what it has
)

// session is a courier that has the lock. Whatever it asks of the database it asks on the connection of the lock:
// an answer proves that the lock is still there.
type session struct {
	*courier
	conn     *pgx.Conn
	due      time.Time           // when a row may go again that was held back here
	keys     map[string]struct{} // whose rows are under way
	doubts   map[int64]int       // how often the confirmation of a row did not come
	underWay int                 // batches
	back     chan []*row
}

func (c *courier) newSession(conn *pgx.Conn) *session {
	return &session{courier: c, conn: conn, keys: make(map[string]struct{}), doubts: make(map[int64]int), back: make(chan []*row, atOnce)}
}

// relay answers nil when ctx has ended and everything that was under way is back.
func (s *session) relay(ctx context.Context) error {
	flying, land := s.fly(ctx)
	var batches sync.WaitGroup
	defer batches.Wait()
	defer land()

	for {
		var rows []*row
		var err error
		if ctx.Err() == nil && s.underWay < atOnce {
			rows, err = s.next(ctx)
		}

		switch {
		case err != nil:
			return err
		case len(rows) > 0:
			s.begin(rows)
			batches.Go(func() {
				s.publish(ctx, flying, rows)
				s.back <- rows
			})
			continue
		case s.underWay > 0:
			err = s.await(ctx)
		case ctx.Err() != nil:
			return nil
		default:
			err = s.wait(ctx)
		}
		if err != nil {
			return err
		}
	}
}

// fly is the life of what is under way: it outlives ctx by the grace, if the broker is there to confirm.
func (s *session) fly(ctx context.Context) (flying context.Context, land func()) {
	flying, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		if b := s.driver.State(); b.Connected && b.Blocked == "" {
			sleep(flying, grace)
		}
		cancel()
	})
	return flying, func() {
		stop()
		cancel()
	}
}

// next is the batch to begin now, if there is one.
func (s *session) next(ctx context.Context) ([]*row, error) {
	s.forgetNotifications(ctx)
	rows, err := s.unsent(ctx)
	if err == nil {
		s.works()
	}
	return rows, err
}

func (s *session) begin(rows []*row) {
	s.underWay++
	for _, r := range rows {
		s.keys[r.key] = struct{}{}
	}
}

// await settles the batch that is back first. While none is, it makes sure of the lock.
func (s *session) await(ctx context.Context) error {
	select {
	case rows := <-s.back:
		s.underWay--
		for _, r := range rows {
			delete(s.keys, r.key)
		}
		return s.settle(ctx, rows)
	case <-time.After(beat):
		return s.ping(ctx)
	}
}

// settle notes what became of the rows, also when ctx has ended.
func (s *session) settle(ctx context.Context, rows []*row) error {
	s.doubt(rows)
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

func (s *session) ping(ctx context.Context) error {
	ctx, cancel := soon(ctx)
	defer cancel()

	if err := s.conn.Ping(ctx); err != nil {
		return fmt.Errorf("make sure of the lock on the outbox: %w", err)
	}
	return nil
}
