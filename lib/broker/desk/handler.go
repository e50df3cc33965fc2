package desk

import (
	"context"
	"encoding/json"
	"mime"
	"net/http"
	"strconv"
)

const (
	prefix      = "/desk/"
	longestBody = 32 << 20 // bytes of a request
)

// greeting is how a desk is known from anything else that may answer on its port.
type greeting struct {
	Desk    string `json:"desk"`
	Archive string `json:"archive"`
}

const ownName = "app"

type (
	message struct {
		ID   string `json:"id,omitempty"`
		Body []byte `json:"body,omitempty"`
	}
	problem struct {
		Error string `json:"error"`
	}
	// news is a line about work that goes on; the last one has End.
	news struct {
		Tally Tally  `json:"tally"`
		End   bool   `json:"end,omitempty"`
		Error string `json:"error,omitempty"`
	}
)

// Handler serves the desk below /desk/. What changes something takes JSON alone, which a page of another site
// cannot send without asking; Requeue and Drop answer as they go, one JSON line after the other, and stop when
// the client goes away.
func Handler(d *Desk) http.Handler {
	h := handler{d}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+prefix+"{$}", h.greet)
	mux.HandleFunc("GET "+prefix+"queues", h.list)
	mux.HandleFunc("GET "+prefix+"queues/{queue}/letters", h.peek)
	mux.HandleFunc("POST "+prefix+"queues/{queue}/messages", post(h.send))
	mux.HandleFunc("POST "+prefix+"queues/{queue}/requeue", post(h.requeue))
	mux.HandleFunc("POST "+prefix+"queues/{queue}/drop", post(h.drop))
	return mux
}

type handler struct{ *Desk }

// post decodes the request for do.
func post[T any](do func(w http.ResponseWriter, r *http.Request, in T)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); media != "application/json" {
			answer(w, http.StatusUnsupportedMediaType, problem{"send application/json"})
			return
		}
		var in T
		body := json.NewDecoder(http.MaxBytesReader(w, r.Body, longestBody))
		body.DisallowUnknownFields() // a misspelt dry_run must not be none
		if err := body.Decode(&in); err != nil {
			answer(w, http.StatusBadRequest, problem{"read the request: " + err.Error()})
			return
		}
		do(w, r, in)
	}
}

func (h handler) greet(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, greeting{Desk: ownName, Archive: h.Archive()})
}

func (h handler) list(w http.ResponseWriter, r *http.Request) {
	rows, err := h.List(r.Context())
	reply(w, rows, err)
}

func (h handler) peek(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	limit, err := strconv.Atoi(q.Get("limit"))
	if err != nil {
		answer(w, http.StatusBadRequest, problem{"limit is no number"})
		return
	}
	f := Filter{ID: q.Get("id"), Reason: q.Get("reason"), All: q.Has("all")}
	letters, err := h.Peek(r.Context(), r.PathValue("queue"), f, limit)
	reply(w, letters, err)
}

func (h handler) send(w http.ResponseWriter, r *http.Request, in message) {
	id, err := h.Send(r.Context(), r.PathValue("queue"), in.Body)
	reply(w, message{ID: id}, err)
}

func (h handler) requeue(w http.ResponseWriter, r *http.Request, in Replay) {
	stream(w, r, func(ctx context.Context, report func(Tally)) (Tally, error) {
		return h.Requeue(ctx, r.PathValue("queue"), in, report)
	})
}

func (h handler) drop(w http.ResponseWriter, r *http.Request, in Filter) {
	stream(w, r, func(ctx context.Context, report func(Tally)) (Tally, error) {
		return h.Drop(ctx, r.PathValue("queue"), in, report)
	})
}
