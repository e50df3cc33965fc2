package consul_test

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"example.com/app/lib/config"
	"example.com/app/lib/config/consul"
	"example.com/app/lib/testenv"
)

func TestKeysBelowThePrefixAreSettings(t *testing.T) {
	t.Parallel()

	server := testenv.NewConsul(t, "hush")
	for key, value := range map[string]string{
		"app/": "", "app/API_PORT": "9000\n", "app/EMPTY": "", "app/sub/": "", "app/sub/NAME": "x", "apple/API_PORT": "1", "API_PORT": "2",
		"a b/app/ENV": "test",
	} {
		server.Put(key, value)
	}

	for prefix, want := range map[string]map[string]string{
		"app":       {"API_PORT": "9000", "EMPTY": "", "sub/NAME": "x"},
		"/app/":     {"API_PORT": "9000", "EMPTY": "", "sub/NAME": "x"},
		"a b/app":   {"ENV": "test"},
		"elsewhere": {},
	} {
		for _, address := range []string{server.URL, server.URL + "/", strings.TrimPrefix(server.URL, "http://")} {
			got, err := consul.Read(t.Context(), consul.Options{Address: address, Token: "hush", Prefix: prefix})
			if err != nil || !maps.Equal(got.Values, want) {
				t.Errorf("below %q: got %v, %v", prefix, got.Values, err)
			}
		}
	}
}

func TestWhyNothingCouldBeReadIsToldWithoutTheToken(t *testing.T) {
	t.Parallel()

	guarded := testenv.NewConsul(t, "another").URL
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"page":   {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") }, "it does not answer as Consul does"},
		"broken": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }, "it answers 500"},
		"moved":  {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, guarded, http.StatusFound) }, "it answers 302"},
		"endless": {func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				_, _ = io.WriteString(w, strings.Repeat(" ", 1<<20))
			}
		}, "it answers with more than 8388608 bytes"},
		"elsewhere":  {http.NotFound, "it does not answer as Consul does"},
		"broken off": {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `[{"Key":"app/ENV"`) }, "it does not answer as Consul does"},
		"silent":     {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "no answer within 5s"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(c.answer)
			t.Cleanup(server.Close)
			refused(t, server.URL, c.want)
		})
	}

	refused(t, guarded, "the token is refused, or may not read there")
	refused(t, filtered(t, http.StatusNotFound, ""), "the token may not read all that is there")
	refused(t, filtered(t, http.StatusOK, `[{"Key": "app/ENV", "Value": null}]`), "the token may not read all that is there")
	refused(t, "127.0.0.1:1", "connection refused")
	for _, address := range []string{"ftp://host", "unix:///run/consul", "http://", "host: 1"} {
		refused(t, address, "want HOST:PORT, or a URL that begins with http:// or https://")
	}
}

// filtered answers as Consul does to a token that may read a part.
func filtered(t *testing.T, status int, part string) (address string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Consul-Index", "7")
		w.Header().Set("X-Consul-LastContact", "0")
		w.Header().Set("X-Consul-Results-Filtered-By-ACLs", "true")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, part)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func refused(t *testing.T, address, want string) {
	t.Helper()
	layer, err := consul.Read(t.Context(), consul.Options{Address: address, Token: "hush", Prefix: "app"})
	if err == nil || !strings.HasPrefix(err.Error(), "read app/ from Consul: ") || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hush") {
		t.Errorf("%s: got %v", address, err)
	}
	if layer.Origin == "" || len(layer.Values) > 0 {
		t.Errorf("%s: got %+v", address, layer)
	}
}

func TestLayerIsReadableByTheSettings(t *testing.T) {
	t.Parallel()

	server := testenv.NewConsul(t, "")
	server.Put("app/Port", "1")
	server.Put("app/PORT", "81")
	layer, err := consul.Read(t.Context(), consul.Options{Address: server.URL, Prefix: "app"})
	if err != nil {
		t.Fatal(err)
	}

	var s struct {
		Port int `name:"PORT" default:"80"`
	}
	report, err := config.Load(&s, config.Options{Remote: layer})
	if err != nil || s.Port != 81 || report.Origin("PORT") != "Consul app/" {
		t.Errorf("got %d from %q, %v", s.Port, report.Origin("PORT"), err)
	}
	if unknown := report.Unknown(); len(unknown) != 1 || unknown[0].Error() != "Port (Consul app/): no setting has this name; did you mean PORT?" {
		t.Errorf("got %v", unknown)
	}
}
