package cache

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"
	"github.com/redis/go-redis/v9"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

const (
	maxFailures = 3           // one after the other
	openFor     = time.Second // for a server that has failed so often, and between the trials after that
)

// errAlone is for a command that was not sent.
var errAlone = errors.New("redis has failed and is left alone for a moment")

// breaker knows the last failure.
type breaker struct {
	circuitbreaker.CircuitBreaker[struct{}]
	failure atomic.Pointer[error]
}

// newBreaker logs that a server has failed, and that it is back, once each.
func newBreaker(log *slog.Logger) *breaker {
	b := new(breaker)
	b.CircuitBreaker = circuitbreaker.NewBuilder[struct{}]().
		WithFailureThreshold(maxFailures).
		WithDelay(openFor).
		WithSuccessThreshold(1).
		OnOpen(func(e circuitbreaker.StateChangedEvent) {
			if e.OldState == circuitbreaker.ClosedState {
				log.Warn("redis does not work: this process goes on without it", "error", *b.failure.Load())
			}
		}).
		OnClose(func(circuitbreaker.StateChangedEvent) { log.Info("redis works again") }).
		Build()
	return b
}

// record judges the server, not a caller who asked for what is not there or is of another type.
func (b *breaker) record(err error) {
	if err == nil || errors.Is(err, redis.Nil) || redis.HasErrorPrefix(err, "WRONGTYPE") {
		b.RecordSuccess()
		return
	}
	b.failure.Store(&err)
	b.RecordFailure()
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

	end, start := r.meters.begin(command), time.Now()
	err := safely(func() error { return send(ctx) })
	if took := time.Since(start); err == nil && took > r.patience/3 {
		r.breaker.record(fmt.Errorf("it took %v to answer", took))
	} else {
		r.breaker.record(err)
	}

	switch {
	case errors.Is(err, redis.Nil):
		end("miss")
	case err != nil:
		end("error")
		span.SetStatus(codes.Error, err.Error())
		return fmt.Errorf("%s in Redis: %w", command, err)
	default:
		end("ok")
	}
	return nil
}
