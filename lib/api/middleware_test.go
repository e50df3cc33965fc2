package api_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"example.com/app/lib/api"
	"example.com/app/lib/telemetry"
)

func TestRequestIDIsKeptWhenItIsDecentAndMadeOtherwise(t *testing.T) {
	t.Parallel()
	s := sample(t)
	made := regexp.MustCompile(`^[0-9a-f]{32}$`)
	for given, kept := range map[string]bool{
		"a": true, "order 66/~": true, strings.Repeat("x", 64): true,
		"": false, strings.Repeat("x", 65): false, "a\x01": false, "é": false,
	} {
		id := s.do(t, "GET", "/api/v1/notes/5", "", "X-Request-ID", given).Header().Get("X-Request-ID")
		if kept && id != given || !kept && !made.MatchString(id) {
			t.Errorf("%q became %q", given, id)
		}
	}
}

func TestEveryRequestIsOneLineOfTheAccessLog(t *testing.T) {
	t.Parallel()
	s := sample(t)
	s.do(t, "GET", "/api/v1/notes/5?x=1", "", "X-Request-ID", "one")
	s.do(t, "GET", "/nothing", "")
	s.do(t, "PUT", "/api/v1/notes/5", "{}")
	s.do(t, "GET", "/livez", "")
	s.do(t, "GET", "/openapi.json", "")

	lines := s.logs.records(t, "request")
	if len(lines) != 3 {
		t.Fatalf("%d lines: %v", len(lines), lines)
	}
	first := lines[0]
	if first["method"] != "GET" || first["route"] != "/api/v1/notes/{id}" || first["status"] != 422.0 ||
		first["request_id"] != "one" || first["bytes"].(float64) < 1 || first["duration_ms"].(float64) <= 0 {
		t.Errorf("%v", first)
	}
	if lines[1]["route"] != "unmatched" || lines[1]["status"] != 404.0 || lines[2]["status"] != 405.0 {
		t.Errorf("%v", lines[1:])
	}
}

func TestOwnFaultIsLoggedOnceWithItsError(t *testing.T) {
	t.Parallel()
	s := sample(t)
	for i, title := range []string{"odd", "boom", "panic", "taken", "down"} {
		status := s.do(t, "POST", "/api/v1/notes", `{"title":"`+title+`"}`, "X-Request-ID", title).Code
		if want := []int{500, 500, 500, 409, 503}[i]; status != want {
			t.Errorf("%s is answered %d, want %d", title, status, want)
		}
	}

	lines := s.logs.records(t, "request failed")
	if len(lines) != 4 {
		t.Fatalf("%d lines: %v", len(lines), lines)
	}
	odd, boom, down := lines[0], lines[1], lines[3]
	if odd["level"] != "ERROR" || odd["error"] != "secret" || odd["request_id"] != "odd" || odd["route"] != "/api/v1/notes" || odd["stack"] != nil {
		t.Errorf("%v", odd)
	}
	if boom["level"] != "ERROR" || boom["error"] != "panic: secret" || !strings.Contains(boom["stack"].(string), "createNote") {
		t.Errorf("%v", boom)
	}
	if down["level"] != "ERROR" || down["request_id"] != "down" {
		t.Errorf("%v", down)
	}
}

func TestClientThatLeftIsNobodysFault(t *testing.T) {
	t.Parallel()
	l := new(logs)
	root := api.New(options(l))
	api.Get(root, "/wait", "wait", "Wait for ever", slow, api.Public())
	client := dial(t, port(t, root.Handler()))

	client.say("GET /api/v1/wait HTTP/1.1\r\nHost: a\r\n\r\n")
	client.hangUp()
	if status, _, err := client.hear(); err == nil {
		t.Errorf("a request that was given up is answered %d", status)
	}

	if lines := l.records(t, "request failed"); len(lines) > 0 {
		t.Errorf("%v", lines)
	}
	if lines := l.records(t, "request"); len(lines) != 1 || lines[0]["status"] != 499.0 {
		t.Errorf("%v", lines)
	}
}

func TestHandlersLogUnderTheRequestsID(t *testing.T) {
	t.Parallel()
	l := new(logs)
	root := api.New(options(l))
	api.Get(root, "/talk", "talk", "Talk", func(ctx context.Context, _ *struct{}) (api.NoContent, error) {
		log := telemetry.Logger(ctx)
		log.Info("spoke", "a", 1)
		log.With("b", 2).WithGroup("g").Info("spoke", "c", 3)
		return api.NoContent{}, nil
	}, api.Public())
	r := httptest.NewRequestWithContext(t.Context(), "GET", "/api/v1/talk", http.NoBody)
	r.Header.Set("X-Request-ID", "one")
	root.Handler().ServeHTTP(httptest.NewRecorder(), r)

	lines := l.records(t, "spoke")
	if len(lines) != 2 || lines[0]["request_id"] != "one" || lines[1]["request_id"] != "one" && lines[1]["g"] == nil {
		t.Errorf("%v", lines)
	}
}

func TestHandlersKnowTheTraceOfTheirRequest(t *testing.T) {
	t.Parallel()
	var known telemetry.Trace
	root := api.New(options(new(logs)))
	api.Get(root, "/trace", "trace", "Trace", func(ctx context.Context, _ *struct{}) (api.NoContent, error) {
		known = telemetry.TraceOf(ctx)
		return api.NoContent{}, nil
	}, api.Public())
	const given = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	for _, headers := range [][]string{{given}, {}, {"none"}, {given, given}} {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/api/v1/trace", http.NoBody)
		r.Header["Traceparent"] = headers
		w := httptest.NewRecorder()
		root.Handler().ServeHTTP(w, r)

		if known.CorrelationID != w.Header().Get("X-Request-ID") || !telemetry.ValidTraceparent(known.Traceparent) {
			t.Errorf("%q: %+v", headers, known)
		}
		if kept := len(headers) == 1 && headers[0] == given; kept != (known.Traceparent == given) {
			t.Errorf("%q became %q", headers, known.Traceparent)
		}
	}
}

func TestAnswerThatPanicsHalfwayIsCutOff(t *testing.T) {
	t.Parallel()
	l := new(logs)
	root := api.New(options(l))
	root.Mount("/half", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("half"))
		panic("secret")
	}))
	server := httptest.NewServer(root.Handler())
	defer server.Close()

	if a := <-ask(t, server.URL+"/half"); a.err == nil {
		t.Error("the answer looks whole")
	}
	if lines := l.records(t, "request failed"); len(lines) != 1 {
		t.Errorf("%v", lines)
	}
}

func TestAnswersAreNotSniffed(t *testing.T) {
	t.Parallel()
	s := sample(t)
	for _, path := range []string{"/api/v1/notes/5", "/nothing", "/livez", "/docs"} {
		if got := s.do(t, "GET", path, "").Header().Get("X-Content-Type-Options"); got != "nosniff" {
			t.Errorf("%s: %q", path, got)
		}
	}
}
