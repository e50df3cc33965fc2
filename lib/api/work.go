package api

import (
	"context"
	"io"
	"reflect"

	"github.com/labstack/echo/v4"

	"example.com/app/lib/api/idempotency"
	"example.com/app/lib/telemetry"
)

// work is what a route does, in two halves. Only the second one is in the transaction of an Idempotency-Key.
type work[I, P, O any] struct {
	prepare func(ctx context.Context, in *I) (P, error)
	handle  func(ctx context.Context, prepared P) (O, error)
}

// unprepared is work that has nothing to prepare.
func unprepared[I, O any](h Handler[I, O]) work[I, *I, O] {
	return work[I, *I, O]{func(_ context.Context, in *I) (*I, error) { return in, nil }, h}
}

func (w work[I, P, O]) do(ctx context.Context, in *I) (out O, err error) {
	prepared, err := w.prepare(ctx, in)
	if err != nil {
		return out, err
	}
	defer release(ctx, prepared)
	return w.handle(ctx, prepared)
}

// once is do for a request with a key: the repeat of one that was answered leaves the second half out.
func (w work[I, P, O]) once(ctx context.Context, r *route, c echo.Context, k *keyed, in *I) (a idempotency.Answer, replayed bool, err error) {
	prepared, err := w.prepare(ctx, in)
	if err != nil {
		return a, false, err
	}
	defer release(ctx, prepared)
	return r.once(ctx, k, func(ctx context.Context) (a idempotency.Answer, err error) {
		out, err := w.handle(ctx, prepared)
		if err != nil {
			return a, err
		}
		return r.record(c, reflect.ValueOf(&out).Elem(), &out)
	})
}

// release closes what PostPrepared says is to be closed.
func release[P any](ctx context.Context, prepared P) {
	if c, ok := any(prepared).(io.Closer); ok {
		if err := c.Close(); err != nil {
			telemetry.Logger(ctx).Warn("close what a request was prepared with", "error", err)
		}
	}
}
