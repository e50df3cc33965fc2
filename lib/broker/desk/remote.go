package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// ErrAbsent says that no desk is served at an address.
var ErrAbsent = errors.New("no desk answers")

// greetTime bounds the question whether there is a desk.
const greetTime = 2 * time.Second

// Remote is the desk that another process serves.
type Remote struct {
	base, token string
	client      http.Client
	greeting    greeting
}

// Find asks for the desk of the process whose ops port base names, as http://127.0.0.1:8093. ErrAbsent: there is none.
func Find(ctx context.Context, base, token string) (*Remote, error) {
	ctx, cancel := context.WithTimeout(ctx, greetTime)
	defer cancel()

	r := &Remote{base: base, token: token, client: http.Client{Transport: &http.Transport{}}}
	res, err := r.do(ctx, http.MethodGet, "", nil)
	if err != nil {
		return nil, ErrAbsent
	}
	defer res.Body.Close()
	switch res.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		return nil, fmt.Errorf("look for a desk at %s: %s: set OPS_TOKEN as there, or AMQP_URL for RabbitMQ", base, res.Status)
	case http.StatusOK:
	default:
		return nil, ErrAbsent
	}
	if err := json.NewDecoder(res.Body).Decode(&r.greeting); err != nil || r.greeting.Desk != ownName {
		return nil, ErrAbsent
	}
	return r, nil
}

// Archive is the file that Drop appends to, on the other side.
func (r *Remote) Archive() string { return r.greeting.Archive }

// List is that of the Desk on the other side.
func (r *Remote) List(ctx context.Context) (rows []Row, err error) {
	err = r.call(ctx, http.MethodGet, "queues", nil, &rows)
	return rows, err
}

// Send is that of the Desk on the other side.
func (r *Remote) Send(ctx context.Context, queue string, body []byte) (id string, err error) {
	var sent message
	err = r.call(ctx, http.MethodPost, at(queue, "messages"), message{Body: body}, &sent)
	return sent.ID, err
}

// Peek is that of the Desk on the other side.
func (r *Remote) Peek(ctx context.Context, queue string, f Filter, limit int) (letters []Letter, err error) {
	q := url.Values{"limit": {strconv.Itoa(limit)}, "id": {f.ID}, "reason": {f.Reason}}
	if f.All {
		q.Set("all", "")
	}
	err = r.call(ctx, http.MethodGet, at(queue, "letters")+"?"+q.Encode(), nil, &letters)
	return letters, err
}

// Requeue is that of the Desk on the other side.
func (r *Remote) Requeue(ctx context.Context, queue string, in Replay, report func(Tally)) (Tally, error) {
	return r.follow(ctx, at(queue, "requeue"), in, report)
}

// Drop is that of the Desk on the other side.
func (r *Remote) Drop(ctx context.Context, queue string, in Filter, report func(Tally)) (Tally, error) {
	return r.follow(ctx, at(queue, "drop"), in, report)
}

func at(queue, what string) string { return "queues/" + url.PathEscape(queue) + "/" + what }
