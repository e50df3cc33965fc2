// Package outgoing asks other systems over HTTP: with bounds on time, bytes, calls at once and rate, with retries where
// nothing can happen twice, and with a breaker that leaves alone who does not work.
package outgoing

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/semaphore"
	"golang.org/x/time/rate"

	"example.com/app/lib/telemetry"
)

// Options describe one upstream. What may be nil says so, and all else is required.
type Options struct {
	Name     string        // in errors, metrics, spans and the log
	URL      string        // what every path goes on from: see CheckURL
	Timeout  time.Duration // of one call, with its retries and the waits between them
	AtOnce   int           // calls; the others wait, and connections are kept for as many
	Rate     rate.Limit    // requests in a second, of which a tenth may come in one moment
	MaxBytes int64         // of an answer, once it is unpacked

	Before func(*http.Request)  // may add headers to every request; nil: nothing
	After  func(*http.Response) // sees every answer, whose body is the client's; nil: nothing

	Metrics prometheus.Registerer // one client per name; nil: nobody looks
	Tracer  *telemetry.Tracer     // nil: no spans
	Log     *slog.Logger          // is told when the upstream is left alone, and when not any more
}

// Client asks one upstream, for any number of callers.
type Client struct {
	o       Options
	base    *url.URL
	http    *http.Client
	slots   *semaphore.Weighted
	limiter *rate.Limiter
	breaker circuitbreaker.CircuitBreaker[struct{}]
	meters  *meters
}

// New connects to nothing yet; it answers an error when the URL cannot be one of an upstream, or a bound is missing.
func New(o Options) (*Client, error) {
	base, err := parse(o.URL)
	if err != nil {
		return nil, fmt.Errorf("read the URL of %s: it %w", o.Name, err)
	}
	if o.Name == "" || o.Timeout <= 0 || o.AtOnce <= 0 || o.Rate <= 0 || o.MaxBytes <= 0 || o.Log == nil {
		return nil, fmt.Errorf("ask %q: its options need all of Name, Timeout, AtOnce, Rate, MaxBytes and Log", o.Name)
	}

	c := &Client{
		o:       o,
		base:    base,
		http:    &http.Client{Transport: newTransport(o), CheckRedirect: stayOn(base)},
		slots:   semaphore.NewWeighted(int64(o.AtOnce)),
		limiter: rate.NewLimiter(o.Rate, max(1, int(o.Rate/10))),
	}
	c.breaker = newBreaker(o)
	c.meters = newMeters(o, c.breaker)
	return c, nil
}

// Request is what an upstream is asked.
type Request struct {
	Method string
	Path   []string // its parts, which are escaped
	Query  url.Values
	Header http.Header // with an Idempotency-Key every method may be retried
	Body   []byte
}

// Get asks for JSON at a path below the client's URL. Members that T does not have are passed over.
func Get[T any](ctx context.Context, c *Client, query url.Values, path ...string) (T, error) {
	out := new(T)
	err := c.Do(ctx, Request{Method: http.MethodGet, Path: path, Query: query}, func(body []byte) error {
		return json.Unmarshal(body, out)
	})
	if err != nil {
		return *new(T), err
	}
	return *out, nil
}

// Do waits for a slot and gives the body of an answer of 200 to 299 to read, whose error is the upstream's fault.
// Every error that it answers is an *Error; beside one, read may still be at work, for nobody.
func (c *Client) Do(ctx context.Context, r Request, read func(body []byte) error) error {
	target, err := c.target(r)
	if err != nil {
		return c.fail(r, ErrNotFound, 0, err)
	}
	if err := c.slots.Acquire(ctx, 1); err != nil {
		return c.fail(r, ErrTimeout, 0, err)
	}
	defer c.slots.Release(1)

	within, cancel := context.WithTimeout(ctx, c.o.Timeout)
	defer cancel()
	for n := 0; ; n++ {
		failure := c.try(within, ctx, attempt{r, target, n, read})
		if failure == nil {
			return nil
		}
		if !failure.again || n == retries || !r.repeatable() || !pause(within, failure.delay(n)) {
			return failure
		}
	}
}
