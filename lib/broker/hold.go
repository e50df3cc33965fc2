package broker

import (
	"math/rand/v2"
	"time"

	"example.com/app/lib/pg"
)

const (
	patience  = 5 * time.Minute // with a database that is away or busy
	conflicts = 10              // repetitions at once
	collision = 20 * time.Millisecond
)

// hold is what messages have waited through because of the database.
type hold struct {
	several   bool      // they do not wait for a busy database: it may be so to one of them alone
	fault     pg.Fault  // Busy or Unavailable, whichever was met last
	since     time.Time // that it has been so
	conflicts int
	back      backoff
}

// meet takes notice of what the database did now: to be busy and to be away are waited through each by itself.
func (h *hold) meet(fault pg.Fault) {
	if fault != pg.Conflict && fault != h.fault {
		h.fault, h.since = fault, time.Time{}
	}
}

// spent reports whether there is nothing left to wait for: a message is charged, several are handled one by one. It
// never is so for a database that is away.
func (h *hold) spent(fault pg.Fault) bool {
	switch fault {
	case pg.Conflict:
		return h.conflicts >= conflicts
	case pg.Busy:
		return h.several || !h.since.IsZero() && time.Since(h.since) >= patience
	case pg.Unavailable:
		return false
	case pg.Other, pg.Invalid:
	}
	return true
}

// wait returns true when it is time to try again, and false when the messages must be given back. A database that stays away
// ends the session, and with it every other wait.
func (h *hold) wait(t *task, f failure) bool {
	if f.fault == pg.Conflict {
		h.conflicts++
		return sleep(t.stop, rand.N(collision))
	}

	if h.since.IsZero() {
		h.since = time.Now()
		t.log.Warn("the database does not serve; what it was asked for is held", "error", f.err)
	}
	if f.fault == pg.Unavailable && time.Since(h.since) >= patience {
		t.end(errDatabaseAway)
	}
	return h.back.pause(t.stop)
}
