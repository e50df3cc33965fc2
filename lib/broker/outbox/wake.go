package outbox

import (
	"context"
	"time"
)

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
		return nil // the next question tells whether the connection is well
	}
	return err
}

// wakeAt keeps the earliest instant that is still to come.
func (s *session) wakeAt(due time.Time) {
	if s.due.Before(time.Now()) || due.Before(s.due) {
		s.due = due
	}
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
