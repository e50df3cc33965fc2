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

// What one connection may take, whatever the handler does. Requests that are cut off here have no problem document.
const (
	heading     = 5 * time.Second // until the headers are there, byte by byte or not: a client that holds connections by trickling them is cut off, and so is one that connects and says nothing
	idling      = 2 * time.Minute // between two requests; longer than the 60 s after which common load balancers take another connection
	headerBytes = 64 << 10        // of all headers together, to which net/http adds 4 KiB: beyond, it answers 431 and hangs up
)

// Serve answers requests from l until ctx ends, then stops accepting and lets what runs finish within grace.
// Requests do not see the end of ctx. What is still running after grace is cut off, and that is an error.
func Serve(ctx context.Context, l net.Listener, h http.Handler, grace time.Duration) error {
	s := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: heading,
		ReadTimeout:       reading,
		WriteTimeout:      reading + defaultDeadline + writing,
		IdleTimeout:       idling,
		MaxHeaderBytes:    headerBytes,
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
