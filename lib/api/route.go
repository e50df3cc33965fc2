package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/app/lib/telemetry"
)

const (
	defaultBody     = 1 << 20
	defaultDeadline = 20 * time.Second // shorter than a stop usually waits for what runs
	reading         = 30 * time.Second // of a whole request
	writing         = 15 * time.Second // of an answer, once it is there
	noticing        = 2 * time.Second  // that the context has ended, before the connection is given up
)

// Handler is what a route does with its input.
type Handler[I, O any] = func(ctx context.Context, in *I) (O, error)

// NoContent is the output of a route that answers 204.
type NoContent struct{}

// Option changes one route.
type Option func(*route)

// BodyLimit bounds the body in bytes; 1 MB without it.
func BodyLimit(bytes int64) Option { return func(r *route) { r.limit = bytes } }

// Deadline bounds how long the handler may take before its context ends and the answer is 504; 20 s without it.
// The body has to come in that time too.
func Deadline(d time.Duration) Option { return func(r *route) { r.deadline = d } }

// Status replaces 200, or 201 of Post.
func Status(code int) Option { return func(r *route) { r.status = code } }

// Description adds a paragraph of CommonMark to the document.
func Description(text string) Option { return func(r *route) { r.description = text } }

// Deprecated marks the route in the document.
func Deprecated() Option { return func(r *route) { r.deprecated = true } }

// Hidden keeps the route out of the document.
func Hidden() Option { return func(r *route) { r.hidden = true } }

// Upstream tells that the answer comes from another system, whose faults and 404 may become those of this route.
func Upstream() Option { return func(r *route) { r.upstream = true } }

// route is one line of the table, with everything that was found out about it at the start.
type route struct {
	method, path string
	id, summary  string
	description  string
	deprecated   bool
	hidden       bool
	status       int
	limit        int64
	deadline     time.Duration
	access       access
	idempotent   bool
	upstream     bool

	server  *server
	tag     string
	guards  []Guard
	in, out reflect.Type
	binder  binder
	writer  writer
}

// Get registers a route that reads. It also answers HEAD.
func Get[I, O any](g *Group, path, id, summary string, h Handler[I, O], opts ...Option) {
	add(g, http.MethodGet, path, id, summary, unprepared(h), opts)
}

// Post registers a route that creates: 201, or with Status 202, and a Location made of the request's path and the
// output's id.
func Post[I, O any](g *Group, path, id, summary string, h Handler[I, O], opts ...Option) {
	add(g, http.MethodPost, path, id, summary, unprepared(h), opts)
}

// PostPrepared registers a route like Post does, whose work has two halves: prepare does what takes long and needs no
// database, before the transaction of an Idempotency-Key begins; h, which a repeat does not reach, does the rest with
// what prepare has made of the input. That is closed before the answer goes out.
func PostPrepared[I any, P io.Closer, O any](
	g *Group, path, id, summary string,
	prepare func(ctx context.Context, in *I) (P, error), h func(ctx context.Context, prepared P) (O, error), opts ...Option,
) {
	add(g, http.MethodPost, path, id, summary, work[I, P, O]{prepare, h}, opts)
}

// Patch registers a route that changes a part.
func Patch[I, O any](g *Group, path, id, summary string, h Handler[I, O], opts ...Option) {
	add(g, http.MethodPatch, path, id, summary, unprepared(h), opts)
}

// Delete registers a route that removes.
func Delete[I, O any](g *Group, path, id, summary string, h Handler[I, O], opts ...Option) {
	add(g, http.MethodDelete, path, id, summary, unprepared(h), opts)
}

// add panics on what is wrong with the table itself: the program must not start with it.
func add[I, P, O any](g *Group, method, path, id, summary string, w work[I, P, O], opts []Option) {
	r := &route{
		method: method, path: g.prefix + path, id: id, summary: summary,
		status: defaultStatus(method, reflect.TypeFor[O]()), limit: defaultBody, deadline: defaultDeadline,
		server: g.server, tag: g.tag, guards: g.guards, in: reflect.TypeFor[I](), out: shapeOf(reflect.TypeFor[O]()),
	}
	for _, o := range opts {
		o(r)
	}
	if err := g.server.register(r, serve(r, w)); err != nil {
		panic(fmt.Errorf("register %s %s: %w", method, r.path, err))
	}
}

func defaultStatus(method string, out reflect.Type) int {
	switch {
	case out == reflect.TypeFor[NoContent]():
		return http.StatusNoContent
	case method == http.MethodPost:
		return http.StatusCreated
	default:
		return http.StatusOK
	}
}

func (s *server) register(r *route, h echo.HandlerFunc) (err error) {
	if err := r.access.check(); err != nil {
		return err
	}
	if r.binder, err = newBinder(r.in); err != nil {
		return err
	}
	if r.writer, err = newWriter(r.out); err != nil {
		return err
	}
	if r.idempotent && s.DB == nil {
		return errors.New("it is idempotent and nothing keeps the keys: set Options.DB")
	}
	r.binder.keyed = r.idempotent
	if err := r.complete(); err != nil {
		return err
	}
	if !r.hidden {
		if err := s.document.add(r); err != nil {
			return err
		}
	}

	path := echoPath(r.path)
	s.places[path] = &place{pattern: r.path}
	s.echo.Add(r.method, path, h)
	if r.method == http.MethodGet {
		s.echo.Add(http.MethodHead, path, h)
	}
	return nil
}

func serve[I, P, O any](r *route, w work[I, P, O]) echo.HandlerFunc {
	return func(c echo.Context) error {
		ctx, cancel := context.WithTimeout(c.Request().Context(), r.deadline)
		defer cancel()
		ctx, err := r.admit(ctx, c)
		if err != nil {
			return err
		}

		in, key := new(I), r.keyedBy(c)
		defer r.binder.drop(ctx, in)
		if err := r.bind(ctx, c, in); err != nil {
			return err
		}
		if key != nil {
			answer, replayed, err := w.once(ctx, r, c, key, in)
			if err != nil {
				return err
			}
			return reply(c, answer, replayed)
		}
		out, err := w.do(ctx, in)
		if err != nil {
			return err
		}
		return r.write(c, reflect.ValueOf(&out).Elem(), &out)
	}
}

// extend puts off the ends that Serve sets. A read that runs into its end while the handler works counts as a client
// that left, though nothing is left to read.
func extend(c echo.Context, deadline time.Duration) {
	connection, now := http.NewResponseController(c.Response()), time.Now()
	err := errors.Join(
		connection.SetReadDeadline(now.Add(deadline+noticing)),
		connection.SetWriteDeadline(now.Add(deadline+noticing+writing)),
	)
	if err != nil && !errors.Is(err, http.ErrNotSupported) { // a recorder in a test has no deadline
		telemetry.Logger(c.Request().Context()).Warn("put off the deadlines of the connection", "error", err)
	}
}

// bind reads the path, lets the guards judge it, and reads the rest. Only whoever has come so far may be slow.
func (r *route) bind(ctx context.Context, c echo.Context, in any) error {
	v := reflect.ValueOf(in).Elem()
	if err := r.binder.path(c, v); err != nil {
		return err
	}
	if err := r.pass(ctx, c, v); err != nil {
		return err
	}
	if r.deadline > defaultDeadline || r.binder.stream != nil {
		extend(c, r.deadline)
	}
	if err := r.binder.rest(c, in, v, r.limit); err != nil {
		return err
	}
	if r.binder.reads() && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return tooSlow() // nothing was begun, which a time-out of the handler could not tell
	}
	return nil
}
