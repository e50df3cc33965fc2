package rabbit_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// api is the management API, for what a driver cannot do.
type api struct {
	testing.TB
	base, vhost string
}

func newAPI(t testing.TB, base, amqpURL string) api {
	t.Helper()
	u, err := url.Parse(amqpURL)
	check(t, err)
	vhost := strings.TrimPrefix(u.Path, "/")
	if vhost == "" {
		vhost = "/"
	}
	return api{TB: t, base: base, vhost: url.PathEscape(vhost)}
}

func (a api) deleteQueue(name string) {
	a.Helper()
	a.call(http.MethodDelete, "/api/queues/"+a.vhost+"/"+name, nil, nil)
}

// limit makes a queue refuse messages beyond so many.
func (a api) limit(queue string, messages int) {
	a.Helper()
	a.call(http.MethodPut, "/api/policies/"+a.vhost+"/limit", map[string]any{
		"pattern": "^" + queue + "$", "definition": map[string]any{"max-length": messages}, "apply-to": "queues",
	}, nil)
}

// unlimit takes the limit away.
func (a api) unlimit() {
	a.Helper()
	a.call(http.MethodDelete, "/api/policies/"+a.vhost+"/limit", nil, nil)
}

type connection struct {
	Name       string
	Properties struct {
		ConnectionName string `json:"connection_name"`
	} `json:"client_properties"`
}

func (a api) connections() (all []connection) {
	a.Helper()
	a.call(http.MethodGet, "/api/vhosts/"+a.vhost+"/connections", nil, &all)
	return all
}

// closeConnections ends both of a driver, and waits until the API knows them.
func (a api) closeConnections() {
	a.Helper()
	var all []connection
	until(a, "there are connections", func() bool {
		all = a.connections()
		return len(all) > 1
	})
	for _, c := range all {
		a.call(http.MethodDelete, "/api/connections/"+url.PathEscape(c.Name), nil, nil)
	}
}

// only is the name of the one connection that there is: its address and port.
func (a api) only() string {
	a.Helper()
	var all []connection
	until(a, "there is one connection", func() bool {
		all = a.connections()
		return len(all) == 1
	})
	return all[0].Name
}

func (a api) call(method, path string, body, answer any) {
	a.Helper()
	text, err := json.Marshal(body)
	check(a, err)
	r, err := http.NewRequestWithContext(context.WithoutCancel(a.Context()), method, a.base+path, strings.NewReader(string(text)))
	check(a, err)
	r.Header.Set("Content-Type", "application/json")

	got, err := http.DefaultClient.Do(r)
	check(a, err)
	defer got.Body.Close()
	gone := method == http.MethodDelete && got.StatusCode == http.StatusNotFound
	if got.StatusCode >= 300 && !gone {
		a.Fatalf("%s %s answers %s", method, path, got.Status)
	}
	if answer != nil {
		check(a, json.NewDecoder(got.Body).Decode(answer))
	}
}
