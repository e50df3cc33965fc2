// Package ops tells the outside whether a process lives, and whether it is ready for work.
package ops

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// patience bounds each question that a probe asks; orchestrators give a probe about as long.
const patience = 2 * time.Second

// Check is one thing that a mode depends on.
type Check struct {
	Name   string
	Ask    func(ctx context.Context) error
	Needed bool // false: its error is shown, and the mode is ready all the same
}

// Probes answers the three questions. Until Ready is called the process counts as starting. The database and the checks are
// asked twice a second at most, however many probes come.
type Probes struct {
	alive    func() error
	database func(ctx context.Context) error
	checks   []Check
	started  atomic.Bool
	draining atomic.Bool

	pong   shared[error]
	health shared[health]
}

// health is what the checks say, and whether all that are needed are met.
type health struct {
	said map[string]string
	met  bool
}

// Ready says that work may come: alive tells whether the process must be replaced, database what ping asks,
// checks what readiness asks besides. It is called once, before Drain or never.
func (p *Probes) Ready(alive func() error, database func(ctx context.Context) error, checks ...Check) {
	p.alive, p.database, p.checks = alive, database, checks
	p.started.Store(true)
}

// Drain makes the process unready for good. It goes on living and answering.
func (p *Probes) Drain() { p.draining.Store(true) }

// Paths lists the routes of Handler.
func Paths() []string { return []string{"/livez", "/readyz", "/srv/v1/ping"} }

// Handler serves the three routes: 200 for yes, 503 for no, and why as JSON.
func (p *Probes) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", p.live)
	mux.HandleFunc("GET /readyz", p.ready)
	mux.HandleFunc("GET /srv/v1/ping", p.ping)
	return mux
}

type answer struct {
	Status string            `json:"status"`
	Checks map[string]string `json:"checks,omitempty"`
}

func (p *Probes) live(w http.ResponseWriter, _ *http.Request) {
	if p.started.Load() {
		if err := p.alive(); err != nil {
			no(w, answer{Status: err.Error()})
			return
		}
	}
	yes(w, answer{Status: "alive"})
}

func (p *Probes) ping(w http.ResponseWriter, r *http.Request) {
	if !p.started.Load() {
		no(w, answer{Status: "starting"})
		return
	}

	if err := p.pong.get(func() error { return p.reach(r.Context()) }); err != nil {
		no(w, answer{Status: "the database does not answer"})
		return
	}
	yes(w, answer{Status: "pong"})
}

func (p *Probes) ready(w http.ResponseWriter, r *http.Request) {
	if !p.started.Load() {
		no(w, answer{Status: "starting"})
		return
	}

	h := p.health.get(func() health { return p.ask(r.Context()) })
	switch {
	case p.draining.Load():
		no(w, answer{"draining", h.said})
	case !h.met:
		no(w, answer{"unready", h.said})
	default:
		yes(w, answer{"ready", h.said})
	}
}

func (p *Probes) reach(ctx context.Context) error {
	ctx, cancel := lasting(ctx)
	defer cancel()
	return p.database(ctx)
}

// ask puts all questions at once.
func (p *Probes) ask(ctx context.Context) health {
	ctx, cancel := lasting(ctx)
	defer cancel()

	errs := make([]error, len(p.checks))
	var wg sync.WaitGroup
	for i, c := range p.checks {
		wg.Go(func() { errs[i] = c.Ask(ctx) })
	}
	wg.Wait()

	h := health{make(map[string]string, len(errs)), true}
	for i, c := range p.checks {
		h.said[c.Name] = "ok"
		if errs[i] != nil {
			h.said[c.Name] = errs[i].Error()
			h.met = h.met && !c.Needed
		}
	}
	return h
}

// lasting bounds a question that goes on for the others when the one who put it leaves.
func lasting(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), patience)
}

func yes(w http.ResponseWriter, a answer) { write(w, http.StatusOK, a) }

func no(w http.ResponseWriter, a answer) { write(w, http.StatusServiceUnavailable, a) }

func write(w http.ResponseWriter, status int, a answer) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(a) // the prober is gone when this fails
}
