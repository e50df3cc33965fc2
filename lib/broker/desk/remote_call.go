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
	"strings"
)

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
