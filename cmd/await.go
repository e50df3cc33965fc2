package cmd

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"example.com/app/lib/pg"
	"example.com/app/lib/telemetry"
)

// reminder is how long a server may be missed before the log tells it again.
const reminder = 10 * time.Second

// await repeats open until it succeeds, or meets an error that waiting does not mend, or ctx ends.
// Its error says where to look.
func await(ctx context.Context, log *slog.Logger, server, setting string, open func(context.Context) error) error {
	var last error
	var told time.Time
	began := time.Now()
	for pause := 100 * time.Millisecond; ctx.Err() == nil; pause = min(2*pause, 5*time.Second) {
		err := attempt(ctx, open)
		if err == nil {
			if last != nil {
				log.Info("a server that was missed answers", "server", server, "waited_ms", telemetry.Millis(time.Since(began)))
			}
			return nil
		}
		if ctx.Err() != nil { // the error says only that the time was over
			break
		}
		if f := pg.FaultOf(err); pg.Refused(err) || f != pg.Unavailable && f != pg.Busy {
			return fmt.Errorf("open %s: %w; check %s", server, err, setting)
		}

		if last = err; time.Since(told) >= reminder {
			told = time.Now()
			log.Info("waiting for a server", "server", server, "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause/2 + rand.N(pause/2)):
		}
	}
	return fmt.Errorf("wait for %s: %w; check %s", server, cmp.Or(last, ctx.Err()), setting)
}

// attempt gives a server that takes the connection and then says nothing five seconds.
func attempt(ctx context.Context, open func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return open(ctx)
}
