// Package api makes an HTTP API of plain functions: from the two types of each come binding, validation,
// the OpenAPI operation and the answer. Errors become problem documents (RFC 9457) in one place.
//
// An input's fields come from path:"id", query:"limit" (with default:"50"; a slice may be repeated) and
// header:"If-Match"; those with a json tag are the body. validate tags judge all of them, mod:"trim" trims.
// An output's fields with json:"-" and header:"ETag" become headers, a whole number in ETag a strong tag.
//
// What is wrong with a request is told all at once: 400 when the body is no JSON document, repeats a member or goes on
// after its end, or a cursor is not ours; 404 when a part of the path cannot name anything; 422 for everything else,
// a query parameter that the route does not know among it: a misspelt filter must not select everything.
// A body that no field asks for is not read; a field of type Stream takes one of any size.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"

	"example.com/app/lib/auth"
	"example.com/app/lib/pg"
	"example.com/app/lib/telemetry"
)

// Options say what the API is called and how its errors look.
type Options struct {
	Title, Version string
	Prefix         string        // before every path of the table: "/api/v1"
	Errors         []ErrorStatus // the first that matches decides; an error that none matches is a 500
	Logger         *slog.Logger
	AccessLog      bool                   // one line per request
	Docs           bool                   // serves /docs, /redoc, /openapi.json, /swagger.json and, with AsyncAPI, /asyncapi.json
	AsyncAPI       func() ([]byte, error) // makes the document of what goes over queues, when somebody asks for it
	Metrics        prometheus.Registerer  // takes counts and durations of requests; nil: nobody looks
	Tracer         *telemetry.Tracer      // nil: no spans
	Proxies        []netip.Prefix         // whose X-Forwarded-For is believed
	HSTS           bool                   // tells browsers to use nothing but TLS, for a year
	Policy         Policy                 // at the start
	Bucket         Bucket                 // what counts for RateLimit; nil: each process by itself
	DB             *pg.DB                 // keeps Idempotency-Keys; nil: no route may be Idempotent

	// Authenticate turns an access token into who asks, or answers auth.ErrToken; nil lets everybody do everything.
	Authenticate func(ctx context.Context, token string) (auth.Identity, error)
}

// ErrorStatus says what a client sees of an error: the status, a stable code, and Err's own text.
// What wraps Err is never shown: drivers put words there that are nobody's business. An error that also has a method
// RetryAfter() time.Duration gets that header.
type ErrorStatus struct {
	Err     error // matched by errors.Is
	Status  int
	Code    string // lower_case; the problem's type ends in it
	Unknown bool   // it may have happened, and a repetition could do it twice: a 503 without Retry-After
}

// Group is a branch of the table of routes.
type Group struct {
	server *server
	prefix string
	tag    string
	guards []Guard
}

// server is what all groups of one API share.
type server struct {
	Options
	echo     *echo.Echo
	document *document
	policy   atomic.Pointer[policy]
	meters   *meters
	places   map[string]*place // by echo's paths
	nowhere  *place

	// header values that all answers share, which saves an allocation each
	crossOrigin                                  crossOrigin
	nosniff, inert, unkept, secured, problemKind []string
}

// New is an API without routes.
func New(o Options) *Group {
	s := &server{
		Options: o,
		echo:    echo.New(),
		meters:  newMeters(o.Metrics),
		places:  map[string]*place{},
		nowhere: &place{pattern: unmatched},

		crossOrigin: newCrossOrigin(),
		nosniff:     []string{"nosniff"},
		inert:       []string{"default-src 'none'; frame-ancestors 'none'"},
		unkept:      []string{"no-store"},
		secured:     []string{"max-age=31536000"},
		problemKind: []string{"application/problem+json"},
	}
	s.policy.Store(newPolicy(o.Policy, nil, o.Bucket))
	s.document = newDocument(o)
	s.serveProblems()
	if o.Docs {
		s.serveDocs()
	}
	return &Group{server: s, prefix: o.Prefix}
}

// Group adds a branch; prefix may hold parameters ("/accounts/{account_id}/orders"), which the guards
// or every route's input declare. Guards run before the handler, the outermost first.
func (g *Group) Group(prefix, tag string, guards ...Guard) *Group {
	inner := *g
	inner.prefix, inner.tag = g.prefix+prefix, tag
	inner.guards = slices.Concat(g.guards, guards)
	return &inner
}

// Mount lets h answer GET and HEAD at an absolute path ("/livez") or below one ("/debug/*"), outside prefix and document.
func (g *Group) Mount(path string, h http.Handler) {
	g.server.page(path, echo.WrapHandler(h))
}

// Handler serves everything that was registered; register nothing after the first request.
func (g *Group) Handler() http.Handler { return g.server }

// Document is the OpenAPI 3.1 document as JSON.
func (g *Group) Document() ([]byte, error) { return g.server.document.json() }

// echoPath turns /{id} into /:id.
func echoPath(path string) string {
	return strings.NewReplacer("{", ":", "}", "").Replace(path)
}
