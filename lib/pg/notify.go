package pg

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	notifyPause   = 20 * time.Millisecond // between two notifications: each holds up the commits of the others
	notifyTimeout = 5 * time.Second
)

// Notify wakes who listens to the channel: after the commit of ctx's transaction, or now without one. It returns at
// once; this process sends at most one notification per channel in 20 ms. One may be lost, so listeners look by
// themselves now and then, too.
func (db *DB) Notify(ctx context.Context, channel string) {
	tx, ok := transactionOf(ctx)
	switch {
	case !ok:
		db.notifier.ring(channel)
	case !slices.Contains(tx.channels, channel):
		tx.channels = append(tx.channels, channel)
	}
}

// notifier sends notifications in the background.
type notifier struct {
	pool *pgxpool.Pool

	mu   sync.Mutex
	rung map[string]bool // the channels that somebody serves; true: once more
}

func newNotifier(pool *pgxpool.Pool) *notifier {
	return &notifier{pool: pool, rung: make(map[string]bool)}
}

func (n *notifier) ring(channel string) {
	n.mu.Lock()
	defer n.mu.Unlock()

	_, served := n.rung[channel]
	n.rung[channel] = served
	if !served {
		go n.serve(channel)
	}
}

func (n *notifier) serve(channel string) {
	for more := true; more; more = n.next(channel) {
		n.send(channel)
		time.Sleep(notifyPause)
	}
}

// next tells whether the channel was rung again.
func (n *notifier) next(channel string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()

	again := n.rung[channel]
	n.rung[channel] = false
	if !again {
		delete(n.rung, channel)
	}
	return again
}

// send may fail: whoever listens looks by itself, too.
func (n *notifier) send(channel string) {
	ctx, cancel := context.WithTimeout(context.Background(), notifyTimeout)
	defer cancel()
	_, _ = n.pool.Exec(ctx, "SELECT pg_notify($1, '')", channel)
}
