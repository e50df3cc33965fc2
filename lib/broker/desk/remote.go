package desk

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
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

// do sends in as JSON; nil: no body. The answer's body must be closed.
func (r *Remote) do(ctx context.Context, method, path string, in any) (*http.Response, error) {
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, r.base+prefix+path, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	if r.token != "" {
		req.Header.Set("Authorization", "Bearer "+r.token)
	}
	return r.client.Do(req)
}

func (r *Remote) call(ctx context.Context, method, path string, in, out any) error {
	res, err := r.ask(ctx, method, path, in)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(out); err != nil {
		return fmt.Errorf("read the answer of %s: %w", r.base, err)
	}
	return nil
}

// ask answers only what went well; the other side's error otherwise.
func (r *Remote) ask(ctx context.Context, method, path string, in any) (*http.Response, error) {
	res, err := r.do(ctx, method, path, in)
	if err != nil {
		return nil, err
	}
	if res.StatusCode == http.StatusOK {
		return res, nil
	}

	defer res.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	var p problem
	_ = json.Unmarshal(text, &p)
	return nil, errors.New(cmp.Or(p.Error, r.base+" answers "+res.Status+": "+strings.TrimSpace(string(text))))
}

// follow reads the news of work on the other side, which stops when ctx ends.
func (r *Remote) follow(ctx context.Context, path string, in any, report func(Tally)) (Tally, error) {
	res, err := r.ask(ctx, http.MethodPost, path, in)
	if err != nil {
		return Tally{}, err
	}
	defer res.Body.Close()

	var n news
	for lines := json.NewDecoder(res.Body); !n.End; {
		if err := lines.Decode(&n); err != nil {
			return n.Tally, fmt.Errorf("follow the work at %s: %w", r.base, cmp.Or(context.Cause(ctx), err))
		}
		report(n.Tally)
	}
	if n.Error != "" {
		return n.Tally, errors.New(n.Error)
	}
	return n.Tally, nil
}
