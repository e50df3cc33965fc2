package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"example.com/app/lib/api"
	"example.com/app/lib/api/apitest"
	"example.com/app/lib/auth"
)

// tellRole takes the name of a role for a token.
func tellRole(_ context.Context, token string) (auth.Identity, error) {
	switch {
	case token == "down":
		return auth.Identity{}, fmt.Errorf("look for the session: %w", errDown)
	case !auth.Admin.Covers(auth.Role(token)):
		return auth.Identity{}, fmt.Errorf("read the token %q: %w", token, auth.ErrToken)
	default:
		return auth.Identity{User: 7, Role: auth.Role(token)}, nil
	}
}

func guardedSample(t *testing.T) *site {
	t.Helper()
	l := new(logs)
	o := options(l)
	o.Authenticate = tellRole
	root := api.New(o)
	notes(root.Group("/notes", "notes"))
	api.Get(root, "/who", "who", "Tell who asks", func(ctx context.Context, _ *struct{}) (Upload, error) {
		who, ok := auth.Of(ctx)
		return Upload{fmt.Sprint(who.User, who.Role, ok)}, nil
	}, api.Role(auth.Reader))
	api.Post(root, "/open", "open", "Count bytes", upload, api.Public())
	return &site{root: root, logs: l, handler: apitest.Handler(t, root)}
}

func TestRouteLetsInWhoseRoleCoversItsOwn(t *testing.T) {
	t.Parallel()
	s := guardedSample(t)
	for request, want := range map[string]int{
		"GET /api/v1/notes/5 reader":    http.StatusOK,
		"GET /api/v1/notes/5 admin":     http.StatusOK,
		"PATCH /api/v1/notes/5 reader":  http.StatusForbidden,
		"PATCH /api/v1/notes/5 editor":  http.StatusBadRequest,
		"DELETE /api/v1/notes/5 editor": http.StatusForbidden,
		"DELETE /api/v1/notes/5 admin":  http.StatusNoContent,
		"GET /api/v1/notes/5 nobody":    http.StatusUnauthorized,
		"GET /api/v1/notes/5 down":      http.StatusServiceUnavailable,
		"GET /api/v1/notes/x nobody":    http.StatusUnauthorized, // who may not come in learns nothing
		"GET /api/v1/notes/x reader":    http.StatusNotFound,
		"GET /api/v1/nothing nobody":    http.StatusNotFound,
		"PUT /api/v1/notes nobody":      http.StatusMethodNotAllowed,
		"GET /livez nobody":             0,
	} {
		part := strings.Fields(request)
		w := s.do(t, part[0], part[1], "", "Authorization", "Bearer "+part[2])
		if want != 0 && w.Code != want {
			t.Errorf("%s is answered %d %s", request, w.Code, w.Body)
		}
		if strings.Contains(w.Body.String(), "token ") && strings.Contains(w.Body.String(), `"nobody"`) {
			t.Errorf("%s is told of the token: %s", request, w.Body)
		}
	}
	if w := s.do(t, "POST", "/api/v1/open", `{"data": "a"}`, "Authorization", "Bearer nobody"); w.Code != http.StatusCreated {
		t.Errorf("the open route answers %d %s", w.Code, w.Body)
	}
}

func TestHandlerAndAccessLineKnowWhoAsks(t *testing.T) {
	t.Parallel()
	s := guardedSample(t)
	if w := s.do(t, "GET", "/api/v1/who", "", "Authorization", "Bearer editor"); !strings.Contains(w.Body.String(), "7editortrue") && !strings.Contains(w.Body.String(), "7 editor true") {
		t.Errorf("the handler knows %s", w.Body)
	}
	s.do(t, "DELETE", "/api/v1/notes/5", "", "Authorization", "Bearer editor")
	s.do(t, "GET", "/api/v1/who", "")
	lines := s.logs.records(t, "request")
	if len(lines) != 3 || lines[0]["user"] != 7.0 || lines[1]["user"] != 7.0 || lines[2]["user"] != nil {
		t.Errorf("%v", lines)
	}
}

func TestNobodyHasToLogInWithoutAuthenticate(t *testing.T) {
	t.Parallel()
	s := sample(t)
	for _, token := range []string{"", "nobody"} {
		if w := s.do(t, "DELETE", "/api/v1/notes/5", "", "Authorization", "Bearer "+token); w.Code != http.StatusNoContent {
			t.Errorf("%q is answered %d %s", token, w.Code, w.Body)
		}
	}
}

func TestDocumentSaysWhoMayDoWhatWhetherAnybodyAsksOrNot(t *testing.T) {
	t.Parallel()
	plain := api.New(options(new(logs)))
	notes(plain.Group("/notes", "notes"))
	o := options(new(logs))
	o.Authenticate = tellRole
	guarded := api.New(o)
	notes(guarded.Group("/notes", "notes"))

	open, err := plain.Document()
	if err != nil {
		t.Fatal(err)
	}
	if closed, err := guarded.Document(); err != nil || string(open) != string(closed) {
		t.Errorf("the documents differ: %v", err)
	}

	var d struct {
		Paths map[string]map[string]struct {
			Description string
			Security    []map[string][]string
			Role        string `json:"x-role"`
			Responses   map[string]struct{ Headers map[string]any }
		}
		Components struct{ SecuritySchemes map[string]map[string]string }
	}
	if err := json.Unmarshal(open, &d); err != nil {
		t.Fatal(err)
	}
	if scheme := d.Components.SecuritySchemes["bearer"]; scheme["type"] != "http" || !strings.EqualFold(scheme["scheme"], "bearer") {
		t.Errorf("the scheme is %v", scheme)
	}
	for method, role := range map[string]string{"get": "reader", "patch": "editor", "delete": "admin"} {
		op := d.Paths["/api/v1/notes/{id}"][method]
		_, forbids := op.Responses["403"]
		if op.Role != role || !strings.Contains(op.Description, "Needs the role "+role+".") || len(op.Security) != 1 ||
			strings.Join(op.Security[0]["bearer"], " ") != role || op.Responses["401"].Headers["WWW-Authenticate"] == nil || forbids == (role == "reader") {
			t.Errorf("%s: %+v", method, op)
		}
	}
}

func TestRouteThatDoesNotSayWhoMayUseItIsAMistake(t *testing.T) {
	t.Parallel()
	for name, options := range map[string][]api.Option{
		"nothing":      nil,
		"both":         {api.Public(), api.Role(auth.Reader)},
		"unknown role": {api.Role("root")},
	} {
		func() {
			defer func() {
				if err, ok := recover().(error); !ok || !strings.Contains(err.Error(), "GET /api/v1/x") {
					t.Errorf("%s: %v", name, err)
				}
			}()
			api.Get(api.New(api.Options{Prefix: "/api/v1"}), "/x", "x", "", slow, options...)
		}()
	}
}

// patience is an error that knows when to come again, and has words for clients.
type patience struct {
	error
	wait time.Duration
}

// Unwrap tells which error it is.
func (p patience) Unwrap() error { return p.error }

// RetryAfter is the wait.
func (p patience) RetryAfter() time.Duration { return p.wait }

// Detail says more than the error that is listed.
func (patience) Detail() string { return "not yet, and not here" }

func TestHandlersKnowTheClientAndSayWhenToComeAgain(t *testing.T) {
	t.Parallel()
	var seen netip.Addr
	o := options(new(logs))
	errEager := errors.New("not yet")
	o.Errors = append(o.Errors, api.ErrorStatus{Err: errEager, Status: http.StatusTooManyRequests, Code: "eager"})
	var wait time.Duration
	root := api.New(o)
	api.Post(root, "/in", "in", "Go in", func(ctx context.Context, _ *Upload) (Size, error) {
		seen = api.Client(ctx)
		return Size{}, patience{errEager, wait}
	}, api.Public())
	h := apitest.Handler(t, root)
	for seconds, at := range map[string]time.Duration{"0": 0, "1": 1, "2": 1500 * time.Millisecond, "9223372037": math.MaxInt64} {
		wait = at
		r := httptest.NewRequestWithContext(t.Context(), "POST", "/api/v1/in", strings.NewReader(`{"data": ""}`))
		r.Header.Set("Content-Type", "application/json")
		r.RemoteAddr = "[2001:db8:1:2:3::4]:5"
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if seen.String() != "2001:db8:1:2::" || w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != seconds {
			t.Errorf("%s is answered %d %v %s", seen, w.Code, w.Header(), w.Body)
		}
		if p := problem(t, w); p.Detail != "not yet, and not here" {
			t.Errorf("%+v", p)
		}
	}
}
