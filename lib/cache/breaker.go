package cache

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"
	"github.com/redis/go-redis/v9"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

const (
	enough = 3           // failures one after the other
	rest   = time.Second // for a server that has failed so often, and between the trials after that
)

// errAlone is for a command that was not sent.
var errAlone = errors.New("redis has failed and is left alone for a moment")

// newBreaker logs that a server has failed, and that it is back, once each.
func newBreaker(log *slog.Logger) circuitbreaker.CircuitBreaker[struct{}] {
	return circuitbreaker.NewBuilder[struct{}]().
		WithFailureThreshold(enough).
		WithDelay(rest).
		WithSuccessThreshold(1).
		OnOpen(func(e circuitbreaker.StateChangedEvent) {
			if e.OldState == circuitbreaker.ClosedState {
				log.Warn("redis does not work: this process goes on without it")
			}
		}).
		OnClose(func(circuitbreaker.StateChangedEvent) { log.Info("redis works again") }).
		Build()
}

// do sends a command, unless Redis is left alone. A caller who leaves does not end it, and so says nothing about Redis.
func (r *Redis) do(ctx context.Context, command string, send func(context.Context) error) error {
	if !r.breaker.TryAcquirePermit() {
		r.meters.count(command, "open")
		return errAlone
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.patience)
	defer cancel()
	ctx, span := r.tracer.Start(ctx, "redis "+command, trace.SpanKindClient)
	defer span.End()
	span.SetAttributes(attribute.String("db.system.name", "redis"), attribute.String("db.operation.name", command))

	end := r.meters.begin(command)
	err := send(ctx)
	switch {
	case errors.Is(err, redis.Nil):
		end("miss")
	case err != nil:
		end("error")
		r.breaker.RecordFailure()
		span.SetStatus(codes.Error, err.Error())
		return fmt.Errorf("%s in Redis: %w", command, err)
	default:
		end("ok")
	}
	r.breaker.RecordSuccess()
	return nil
}
