package consul_test

import (
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/app/lib/config/consul"
)

func TestConsulsOwnVariablesHoldBesideTheSettings(t *testing.T) {
	var asked *http.Request
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r
		w.Header().Set("X-Consul-Index", "1")
		_, _ = io.WriteString(w, `[null, {"Key": "app/ENV", "Value": null}]`)
	}))
	t.Cleanup(server.Close)
	host := strings.TrimPrefix(server.URL, "http://")

	t.Setenv("CONSUL_HTTP_ADDR", "127.0.0.1:1")
	t.Setenv("CONSUL_HTTP_TOKEN", "another")
	t.Setenv("CONSUL_NAMESPACE", "team")
	t.Setenv("CONSUL_HTTP_AUTH", "user:secret")
	for address, want := range map[string][]string{
		host:                                 {"/v1/kv/app/", "user", "secret"},
		"http://me:mine@" + host + "/gate/":  {"/gate/v1/kv/app/", "me", "mine"},
		"http://me@" + host + "/gate%20way/": {"/gate way/v1/kv/app/", "me", ""},
	} {
		if err := read(t, address); err != nil {
			t.Fatal(err)
		}
		user, password, _ := asked.BasicAuth()
		if asked.URL.Path != want[0] || asked.URL.Query().Get("ns") != "team" || user != want[1] || password != want[2] || asked.Header.Get("X-Consul-Token") != "hush" {
			t.Errorf("%s was asked for %s with %v", address, asked.URL, asked.Header)
		}
	}
}

func TestConsulIsTrustedAsItsOwnVariablesSay(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Consul-Index", "1")
		_, _ = io.WriteString(w, `[{"Key": "app/ENV", "Value": null}]`)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // of refused handshakes
	server.StartTLS()
	t.Cleanup(server.Close)
	host := strings.TrimPrefix(server.URL, "https://")
	authority := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(authority, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}

	for _, c := range []struct{ name, value, want string }{
		{"CONSUL_HTTP_SSL", "yes", `CONSUL_HTTP_SSL is "yes": must be true or false`},
		{"CONSUL_HTTP_SSL", "true", "certificate"},
		{"CONSUL_CACERT", authority + "s", authority + "s"},
		{"CONSUL_CACERT", authority, ""},
		{"CONSUL_CACERT", "", "certificate"},
		{"CONSUL_HTTP_SSL_VERIFY", "flase", `CONSUL_HTTP_SSL_VERIFY is "flase": must be true or false`},
		{"CONSUL_HTTP_SSL_VERIFY", "false", ""},
	} {
		t.Setenv(c.name, c.value)
		if err := read(t, host); (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s=%s: %v", c.name, c.value, err)
		}
	}
}

func read(t *testing.T, address string) error {
	t.Helper()
	layer, err := consul.Read(t.Context(), consul.Options{Address: address, Token: "hush", Prefix: "app"})
	if _, ok := layer.Values["ENV"]; ok != (err == nil) {
		t.Errorf("%s: got %+v, %v", address, layer, err)
	}
	return err
}
