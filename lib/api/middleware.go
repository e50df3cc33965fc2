package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/app/lib/strict"
	"example.com/app/lib/telemetry"
)

// clientGone is logged in place of a status that nobody saw.
const clientGone = 499

// ServeHTTP lets the router find the handler, and has that run with everything around it.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := s.echo.AcquireContext()
	c.Reset(r, w)
	s.echo.Router().Find(r.Method, echo.GetPath(r), c)
	s.around(c)
	s.echo.ReleaseContext(c)
}

// around is everything that happens around a request, in one function: a chain of them costs three times as much.
func (s *server) around(c echo.Context) {
	v := s.newVisit(c)
	s.dress(c, v)
	v.call.meter.begin()

	status := s.answer(c, shielded(c, v))

	took := time.Since(v.start)
	v.call.meter.end(status, took)
	v.endSpan(c.Request(), status)
	s.logAccess(c, v, status, took)
	if status == clientGone {
		panic(http.ErrAbortHandler) // net/http would make a whole answer of none or half
	}
}

// dress gives the answer the headers that do not depend on what it is; a handler may replace them.
func (s *server) dress(c echo.Context, v *visit) {
	h := c.Response().Header()
	h["X-Request-Id"] = v.id[:]
	h["X-Content-Type-Options"] = s.nosniff
	h["Content-Security-Policy"] = s.inert
	h["Cache-Control"] = s.unkept
	if s.HSTS {
		h["Strict-Transport-Security"] = s.secured
	}
	s.crossOrigin.allow(v.policy, c)
}

// shielded is handle with its panic turned into an error; http.ErrAbortHandler stays itself.
func shielded(c echo.Context, v *visit) (err error) {
	defer func() {
		if p := recover(); p != nil {
			if abort, ok := p.(error); ok && errors.Is(abort, http.ErrAbortHandler) {
				err = abort
				return
			}
			err = telemetry.Recovered(p)
		}
	}()
	return handle(c, v)
}

// handle lets the route answer, unless the client asks too often or the path goes on after the route's.
func handle(c echo.Context, v *visit) error {
	if err := v.limited(c.Request().Method); err != nil {
		return err
	}
	if strayed(c) {
		return errNotFound
	}
	return c.Handler()(c)
}

// answer turns an error into a problem document, logs it when it is our fault, and tells the status of the access line.
func (s *server) answer(c echo.Context, err error) int {
	if err == nil {
		return c.Response().Status
	}
	if errors.Is(err, http.ErrAbortHandler) {
		return clientGone
	}
	ctx := c.Request().Context()
	refusal := s.refusalOf(err)
	failed := refusal.status >= http.StatusInternalServerError
	gone := c.Response().Committed || failed && ctx.Err() != nil

	if _, isPanic := errors.AsType[*telemetry.PanicError](err); isPanic || failed && !gone {
		s.logFailure(ctx, c, err)
	}
	if gone {
		return clientGone
	}
	s.refuse(c, refusal)
	return refusal.status
}

func (s *server) logFailure(ctx context.Context, c echo.Context, err error) {
	attrs := []slog.Attr{
		slog.String("method", c.Request().Method), slog.String("route", s.callOf(c).pattern), slog.Any("error", err),
	}
	if p, ok := errors.AsType[*telemetry.PanicError](err); ok {
		attrs = append(attrs, slog.String("stack", p.Stack()))
	}
	telemetry.Logger(ctx).LogAttrs(ctx, slog.LevelError, "request failed", attrs...)
}

// refuse writes r, once the client is ready to read it. That a client does not read it is nobody's error.
func (s *server) refuse(c echo.Context, r *refusal) {
	h := c.Response().Header()
	body, err := strict.Marshal(Problem{
		Type:      typeOf(r.code),
		Title:     http.StatusText(r.status),
		Status:    r.status,
		Detail:    r.detail,
		Instance:  c.Request().URL.EscapedPath(),
		RequestID: h.Get(echo.HeaderXRequestID),
		Errors:    r.errors,
	})
	if err != nil {
		panic(fmt.Errorf("write a problem: %w", err)) // texts and a number
	}
	delete(h, "Etag") // of an answer that could not be written
	delete(h, "Location")
	h["Cache-Control"] = s.unkept
	if r.status == http.StatusServiceUnavailable && !r.final {
		h.Set(echo.HeaderRetryAfter, "1")
	}
	if r.header[0] != "" {
		h.Set(r.header[0], r.header[1])
	}
	if !drain(c.Request()) {
		h.Set(echo.HeaderConnection, "close")
	}
	_ = send(c, r.status, s.problemKind, body)
}

func (s *server) logAccess(c echo.Context, v *visit, status int, took time.Duration) {
	level := slog.LevelInfo
	if v.call.quiet {
		level = slog.LevelDebug
	}
	log := telemetry.Logger(v)
	if !s.AccessLog || !log.Enabled(v, level) {
		return
	}
	attrs := [...]slog.Attr{
		slog.String("method", c.Request().Method),
		slog.String("route", v.call.pattern),
		slog.Int("status", status),
		slog.Int64("bytes", c.Response().Size),
		slog.Float64("duration_ms", telemetry.Millis(took)),
		slog.String("client", v.client.String()),
		slog.Int64("user", v.user),
	}
	known := len(attrs)
	if v.user == 0 {
		known--
	}
	log.LogAttrs(v, level, "request", attrs[:known]...)
}
