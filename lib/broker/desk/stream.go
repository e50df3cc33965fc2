package desk

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"
)

const (
	pulse   = 100 * time.Millisecond // between two lines of news
	reading = 30 * time.Second       // how long a client may take to read a line
)

// stream answers news of work while it goes on. Work may take longer than a server gives a request.
func stream(w http.ResponseWriter, r *http.Request, work func(ctx context.Context, report func(Tally)) (Tally, error)) {
	c := http.NewResponseController(w)
	if err := c.SetReadDeadline(time.Time{}); err != nil {
		answer(w, http.StatusInternalServerError, problem{err.Error()})
		return
	}

	w.Header().Set("Content-Type", "application/x-ndjson")
	out := json.NewEncoder(w)
	tell := func(n news) { // whom an error tells nothing: the client is gone, and the context ends
		_ = errors.Join(c.SetWriteDeadline(time.Now().Add(reading)), out.Encode(n), c.Flush())
	}

	var last time.Time
	tally, err := work(r.Context(), func(t Tally) {
		if time.Since(last) >= pulse {
			last = time.Now()
			tell(news{Tally: t})
		}
	})
	end := news{Tally: tally, End: true}
	if err != nil {
		end.Error = err.Error()
	}
	tell(end)
}

// reply answers what was asked for, or why not.
func reply(w http.ResponseWriter, what any, err error) {
	if err != nil {
		answer(w, http.StatusUnprocessableEntity, problem{err.Error()})
		return
	}
	answer(w, http.StatusOK, what)
}

func answer(w http.ResponseWriter, status int, what any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(what) // the client is gone when this fails
}
