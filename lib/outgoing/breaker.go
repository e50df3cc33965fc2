package outgoing

import (
	"context"
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"

	"example.com/app/lib/telemetry"
)

const (
	judgedFor   = 10 * time.Second // the latest requests
	minRequests = 20               // of them, for a judgement
	failureRate = 0.5              // of them, that opens the breaker
	openFor     = 5 * time.Second  // then there are trials
	minTrials   = 3                // that must go well, of as many at once
)

func newBreaker(o Options) circuitbreaker.CircuitBreaker[struct{}] {
	return circuitbreaker.NewBuilder[struct{}]().
		WithFailureRateThreshold(failureRate, minRequests, judgedFor).
		WithDelay(openFor).
		WithSuccessThreshold(minTrials).
		OnOpen(func(circuitbreaker.StateChangedEvent) {
			o.Log.Warn("another system does not work and is left alone for a while", "upstream", o.Name, "pause_ms", telemetry.Millis(openFor))
		}).
		OnClose(func(circuitbreaker.StateChangedEvent) {
			o.Log.Info("another system works again", "upstream", o.Name)
		}).
		Build()
}

// judged asks as caller wishes. It says nothing of the upstream when the caller has left, nor when the breaker has opened
// meanwhile: then trials tell.
func (c *Client) judged(ctx, caller context.Context, a attempt) *Error {
	failure := c.ask(ctx, caller, a)
	if caller.Err() == nil && c.breaker.IsClosed() {
		c.record(failure)
	}
	return failure
}

// trial asks to the end, whoever leaves: each trial has to tell whether the upstream works.
func (c *Client) trial(ctx context.Context, a attempt) *Error {
	ended := make(chan *Error, 1)
	go func() {
		whole := context.WithoutCancel(ctx)
		within, cancel := context.WithTimeout(whole, c.o.Timeout)
		defer cancel()
		failure := c.ask(within, whole, a)
		c.record(failure)
		ended <- failure
	}()
	select {
	case failure := <-ended:
		return failure
	case <-ctx.Done():
		return c.fail(a.Request, ErrTimeout, 0, ctx.Err())
	}
}

func (c *Client) record(failure *Error) {
	if failure != nil && failure.blames() {
		c.breaker.RecordFailure()
	} else {
		c.breaker.RecordSuccess()
	}
}
