package outgoing

import (
	"context"
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"

	"example.com/app/lib/telemetry"
)

const (
	window = 10 * time.Second // whose requests are judged
	enough = 20               // of them are needed for a judgement
	most   = 0.5              // of them may fail
	rest   = 5 * time.Second  // for an upstream that fails more often
	trials = 3                // requests that must go well after that
)

func newBreaker(o Options) circuitbreaker.CircuitBreaker[struct{}] {
	return circuitbreaker.NewBuilder[struct{}]().
		WithFailureRateThreshold(most, enough, window).
		WithDelay(rest).
		WithSuccessThreshold(trials).
		OnOpen(func(circuitbreaker.StateChangedEvent) {
			o.Log.Warn("another system does not work and is left alone for a while", "upstream", o.Name, "pause_ms", telemetry.Millis(rest))
		}).
		OnClose(func(circuitbreaker.StateChangedEvent) {
			o.Log.Info("another system works again", "upstream", o.Name)
		}).
		Build()
}

// record judges the upstream. A caller who left says nothing about it, but a trial has to end somehow.
func (c *Client) record(caller context.Context, failure *Error) {
	switch {
	case failure == nil, !failure.blames():
		c.breaker.RecordSuccess()
	case caller.Err() == nil || c.breaker.IsHalfOpen():
		c.breaker.RecordFailure()
	}
}
