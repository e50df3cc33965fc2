package testenv

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// management is the base URL of RabbitMQ's HTTP API.
type management struct{ base string }

func (m management) createVhost(ctx context.Context, vhost, user string) error {
	return errors.Join(
		m.call(ctx, http.MethodPut, "/api/vhosts/"+vhost, `{"description": "of a test"}`),
		m.call(ctx, http.MethodPut, "/api/permissions/"+vhost+"/"+url.PathEscape(user), `{"configure": ".*", "write": ".*", "read": ".*"}`))
}

func (m management) deleteVhost(ctx context.Context, vhost string) error {
	return m.call(ctx, http.MethodDelete, "/api/vhosts/"+vhost, "")
}

// ready is nil once the node takes clients on port.
func (m management) ready(ctx context.Context, port int) error {
	return m.call(ctx, http.MethodGet, fmt.Sprintf("/api/health/checks/port-listener/%d", port), "")
}

func (m management) call(ctx context.Context, method, path, body string) error {
	r, err := http.NewRequestWithContext(ctx, method, m.base+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")

	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode < 300 {
		return nil
	}
	text, _ := io.ReadAll(io.LimitReader(answer.Body, 1<<10))
	return fmt.Errorf("%s %s: %s: %s", method, path, answer.Status, text)
}
