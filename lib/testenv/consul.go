package testenv

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// Consul answers GET /v1/kv/PREFIX?recurse as https://developer.hashicorp.com/consul/api-docs/kv documents it: an
// array of what is below the prefix, 404 for nothing. Another token than the one that it was given is unknown: 403.
// Without any it leaves out every key, and says so, as where acl.enable_key_list_policy is off.
type Consul struct {
	URL    string
	token  string
	mu     sync.Mutex
	values map[string]string
	down   bool
}

// NewConsul serves for as long as the test runs. Without a token everybody may read.
func NewConsul(t testing.TB, token string) *Consul {
	t.Helper()

	c := &Consul{token: token, values: map[string]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/kv/{prefix...}", c.list)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	c.URL = server.URL
	return c
}

// Put sets the value of a key, as app/API_PORT.
func (c *Consul) Put(key, value string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.values[key] = value
}

// Delete takes a key away.
func (c *Consul) Delete(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.values, key)
}

// Fail ends every connection without an answer from now on.
func (c *Consul) Fail() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.down = true
}

type consulPair struct {
	LockIndex   int
	Key         string
	Flags       int
	Value       []byte
	CreateIndex int
	ModifyIndex int
}

func (c *Consul) list(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()

	if c.down {
		panic(http.ErrAbortHandler)
	}
	token := r.Header.Get("X-Consul-Token")
	stranger := c.token != "" && token != c.token
	if stranger && token != "" {
		http.Error(w, "ACL not found", http.StatusForbidden)
		return
	}

	w.Header().Set("X-Consul-Index", "1")
	w.Header().Set("X-Consul-LastContact", "0")
	var pairs []consulPair
	for key, value := range c.values {
		switch {
		case !strings.HasPrefix(key, r.PathValue("prefix")):
		case stranger:
			w.Header().Set("X-Consul-Results-Filtered-By-ACLs", "true")
		default:
			pairs = append(pairs, consulPair{Key: key, Value: []byte(value), CreateIndex: 1, ModifyIndex: 1})
		}
	}
	if !r.URL.Query().Has("recurse") || len(pairs) == 0 {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(pairs) // who asked is gone when this fails
}
