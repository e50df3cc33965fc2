package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"example.com/app/lib/telemetry"
)

// Serve answers requests from l until ctx ends, then stops accepting and lets what runs finish within grace.
// Requests do not see the end of ctx. What is still running after grace is cut off, and that is an error.
func Serve(ctx context.Context, l net.Listener, h http.Handler, grace time.Duration) error {
	s := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       reading,
		WriteTimeout:      reading + defaultDeadline + writing,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		BaseContext:       func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
		ErrorLog:          slog.NewLogLogger(telemetry.Logger(ctx).Handler(), slog.LevelWarn),
	}

	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()

	select {
	case err := <-ended:
		return fmt.Errorf("serve HTTP on %s: %w", l.Addr(), err)
	case <-ctx.Done():
		return stop(context.WithoutCancel(ctx), s, grace)
	}
}

func stop(ctx context.Context, s *http.Server, grace time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	if err := s.Shutdown(ctx); err != nil {
		return errors.Join(fmt.Errorf("finish the requests that run within %s: %w", grace, err), s.Close())
	}
	return nil
}
