package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"example.com/app/lib/strict"
	"example.com/app/lib/telemetry"
	"github.com/labstack/echo/v4"
)

// clientGone is logged in place of a status that nobody saw.
const clientGone = 499

// middleware is everything that happens around every request, in one function: separate ones cost three times as much.
func (s *server) middleware(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start := time.Now()
		r, h := c.Request(), c.Response().Header()

		id := requestID(r.Header)
		h["X-Request-Id"] = id
		h["X-Content-Type-Options"] = s.nosniff
		log := slog.New(withID{s.Logger.Handler(), id[0]})
		ctx := telemetry.WithLogger(r.Context(), log)
		c.SetRequest(r.WithContext(ctx))

		status := 0
		if err := shielded(next, c); err != nil {
			status = s.answer(c, err, log)
		}
		s.access(ctx, c, status, start, log)
		return nil
	}
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
			if v == http.ErrAbortHandler {
				panic(v)
			}
			err = &panicked{v, debug.Stack()}
		}
	}()
	return next(c)
}

// answer writes the problem document for err, logs what is our own fault, and returns the status for the access line.
func (s *server) answer(c echo.Context, err error, log *slog.Logger) int {
	ctx := c.Request().Context()
	_, isPanic := errors.AsType[*panicked](err)
	if ctx.Err() != nil && !isPanic {
		return clientGone
	}

	refusal := s.refusalOf(err)
	if refusal.status >= http.StatusInternalServerError {
		s.logFailure(ctx, c, err, log)
	}
	if c.Response().Committed {
		panic(http.ErrAbortHandler) // a truncated answer must not look whole
	}
	s.write(c, refusal)
	return 0
}

func (s *server) logFailure(ctx context.Context, c echo.Context, err error, log *slog.Logger) {
	attrs := []slog.Attr{
		slog.String("method", c.Request().Method), slog.String("route", s.patterns[c.Path()]), slog.Any("error", err),
	}
	if p, ok := errors.AsType[*panicked](err); ok {
		attrs = append(attrs, slog.String("stack", string(p.stack)))
	}
	log.LogAttrs(ctx, slog.LevelError, "request failed", attrs...)
}

func (s *server) write(c echo.Context, r *refusal) {
	h := c.Response().Header()
	body, err := strict.Marshal(Problem{
		Type:      "/problems#" + r.code,
		Title:     http.StatusText(r.status),
		Status:    r.status,
		Detail:    r.detail,
		Instance:  c.Request().URL.EscapedPath(),
		RequestID: h.Get("X-Request-Id"),
		Errors:    r.errors,
	})
	if err != nil {
		panic(err) // strings and numbers alone
	}
	if r.header[0] != "" {
		h.Set(r.header[0], r.header[1])
	}
	if r.hangUp {
		h.Set("Connection", "close")
	}
	_ = c.Blob(r.status, "application/problem+json", body) // the client is gone: the access line says so
}

func (s *server) access(ctx context.Context, c echo.Context, status int, start time.Time, log *slog.Logger) {
	level := slog.LevelInfo
	if s.quiet[c.Path()] {
		level = slog.LevelDebug
	}
	if !s.AccessLog || !log.Enabled(ctx, level) {
		return
	}

	w := c.Response()
	if status == 0 {
		status = w.Status
	}
	log.LogAttrs(ctx, level, "request",
		slog.String("method", c.Request().Method),
		slog.String("route", s.patterns[c.Path()]),
		slog.Int("status", status),
		slog.Int64("bytes", w.Size),
		slog.Duration("duration", time.Since(start)),
	)
}
