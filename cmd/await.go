package cmd

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"example.com/app/lib/pg"
)

// await repeats open until it succeeds, or meets an error that waiting does not mend, or ctx ends.
// It says once what it waits for, and at the end where to look.
func await(ctx context.Context, log *slog.Logger, server, setting string, open func(context.Context) error) error {
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		err := attempt(ctx, open)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("wait for %s: %w; check %s", server, err, setting)
		}
		if f := pg.FaultOf(err); f != pg.Unavailable && f != pg.Busy {
			return fmt.Errorf("open %s: %w; check %s", server, err, setting)
		}

		log.Info("waiting for a server", "server", server, "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(pause/2 + rand.N(pause/2)):
		}
	}
}

// attempt gives a server that takes the connection and then says nothing five seconds.
func attempt(ctx context.Context, open func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return open(ctx)
}
