package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/app/lib/strict"
	"example.com/app/lib/telemetry"
)

// clientGone is logged in place of a status that nobody saw.
const clientGone = 499

// middleware is everything that happens around a request, in one function: a chain of them costs three times as much.
func (s *server) middleware(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start := time.Now()
		r, h := c.Request(), c.Response().Header()

		id := requestID(r.Header)
		h["X-Request-Id"] = id
		h["X-Content-Type-Options"] = s.nosniff
		c.SetRequest(r.WithContext(telemetry.WithRequest(r.Context(), s.Logger, traceOf(r.Header, id[0]))))

		err := shielded(next, c)
		status := s.answer(c, err)
		s.access(c, status, time.Since(start))
		if status == clientGone {
			panic(http.ErrAbortHandler) // net/http would make a whole answer of none or half
		}
		return nil
	}
}

// traceOf goes on with the client's trace, or begins one.
func traceOf(h http.Header, id string) telemetry.Trace {
	if given := h["Traceparent"]; len(given) == 1 && telemetry.ValidTraceparent(given[0]) {
		return telemetry.Trace{CorrelationID: id, Traceparent: given[0]}
	}
	return telemetry.Trace{CorrelationID: id, Traceparent: telemetry.NewTraceparent()}
}

// panicked is a panic on its way to the log.
type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// shielded turns a panic into an error; http.ErrAbortHandler means what it always means.
func shielded(next echo.HandlerFunc, c echo.Context) (err error) {
	defer func() {
		if v := recover(); v != nil {
			if abort, ok := v.(error); ok && errors.Is(abort, http.ErrAbortHandler) {
				panic(v)
			}
			err = &panicked{v, debug.Stack()}
		}
	}()
	return next(c)
}

// answer turns an error into a problem document, logs it when it is our fault, and tells the status of the access line.
func (s *server) answer(c echo.Context, err error) int {
	if err == nil {
		return c.Response().Status
	}
	ctx := c.Request().Context()
	refusal := s.refusalOf(err)
	failed := refusal.status >= http.StatusInternalServerError
	gone := c.Response().Committed || failed && ctx.Err() != nil

	if _, isPanic := errors.AsType[*panicked](err); isPanic || failed && !gone {
		s.logFailure(ctx, c, err)
	}
	if gone {
		return clientGone
	}
	s.refuse(c, refusal)
	return refusal.status
}

func (s *server) route(c echo.Context) string { return cmp.Or(s.patterns[c.Path()], "unmatched") }

func (s *server) logFailure(ctx context.Context, c echo.Context, err error) {
	attrs := []slog.Attr{
		slog.String("method", c.Request().Method), slog.String("route", s.route(c)), slog.Any("error", err),
	}
	if p, ok := errors.AsType[*panicked](err); ok {
		attrs = append(attrs, slog.String("stack", string(p.stack)))
	}
	telemetry.Logger(ctx).LogAttrs(ctx, slog.LevelError, "request failed", attrs...)
}

// refuse writes r, once the client is ready to read it. That a client does not read it is nobody's error.
func (s *server) refuse(c echo.Context, r *refusal) {
	h := c.Response().Header()
	body, err := strict.Marshal(Problem{
		Type:      "/problems#" + r.code,
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
	if r.header[0] != "" {
		h.Set(r.header[0], r.header[1])
	}
	if r.status == http.StatusServiceUnavailable {
		h.Set(echo.HeaderRetryAfter, "1")
	}
	if !drain(c.Request()) {
		h.Set(echo.HeaderConnection, "close")
	}
	_ = send(c, r.status, s.problemKind, body)
}

func (s *server) access(c echo.Context, status int, took time.Duration) {
	level := slog.LevelInfo
	if s.quiet[c.Path()] {
		level = slog.LevelDebug
	}
	ctx := c.Request().Context()
	log := telemetry.Logger(ctx)
	if !s.AccessLog || !log.Enabled(ctx, level) {
		return
	}
	log.LogAttrs(ctx, level, "request",
		slog.String("method", c.Request().Method),
		slog.String("route", s.route(c)),
		slog.Int("status", status),
		slog.Int64("bytes", c.Response().Size),
		slog.Float64("duration_ms", float64(took)/float64(time.Millisecond)),
	)
}
