package outgoing

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"example.com/app/lib/telemetry"
)

const (
	maxHeaderBytes  = 64 << 10
	maxDrainedBytes = 64 << 10 // of an answer nobody reads, so that its connection can be used again
	maxSilence      = 5 * time.Second
)

// newTransport gives up connections that come to nothing: net/http goes on dialing when the call has ended, and each dial
// takes the place of a connection. One that was lost without a word is found out by pings, over HTTP/2, where it would
// serve all calls.
func newTransport(o Options) *http.Transport {
	silence := min(o.Timeout, maxSilence)
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: silence}).DialContext,
		TLSHandshakeTimeout:    silence,
		ForceAttemptHTTP2:      true,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: silence, PingTimeout: silence},
		MaxConnsPerHost:        o.AtOnce,
		MaxIdleConns:           o.AtOnce,
		MaxIdleConnsPerHost:    o.AtOnce,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: maxHeaderBytes,
	}
}

// attempt is a request that goes out once.
type attempt struct {
	Request
	target string
	number int // from 0
	read   func(body []byte) error
}

// try is for a caller who waits until ctx ends, at most, and leaves when caller does.
func (c *Client) try(ctx, caller context.Context, a attempt) *Error {
	if err := c.limiter.Wait(ctx); err != nil {
		return c.fail(a.Request, ErrTimeout, 0, err)
	}
	switch {
	case !c.breaker.TryAcquirePermit():
		c.meters.count("open")
		e := c.fail(a.Request, ErrUnavailable, 0, errOpen)
		e.wait = c.breaker.RemainingDelay()
		return e
	case c.breaker.IsHalfOpen():
		return c.trial(ctx, a)
	default:
		return c.judged(ctx, caller, a)
	}
}

func (c *Client) ask(ctx, caller context.Context, a attempt) *Error {
	ctx, span := c.o.Tracer.Start(ctx, a.Method+" "+c.o.Name, trace.SpanKindClient)
	defer span.End()
	done := c.meters.begin()
	status, failure := c.exchange(ctx, a)
	done(outcome(caller, failure))
	c.describe(span, a, status, failure)
	return failure
}

// exchange makes an error of a panic: nobody else could, where the caller has left.
func (c *Client) exchange(ctx context.Context, a attempt) (status int, failure *Error) {
	defer func() {
		if p := recover(); p != nil {
			failure = c.fail(a.Request, ErrFault, 0, telemetry.Recovered(p))
		}
	}()
	req, err := http.NewRequestWithContext(ctx, a.Method, a.target, bytes.NewReader(a.Body))
	if err != nil {
		return 0, c.fail(a.Request, ErrFault, 0, err)
	}
	c.dress(req, a.Request)

	res, err := c.http.Do(req)
	if err != nil {
		return 0, c.broken(a.Request, err)
	}
	defer res.Body.Close()
	if c.o.After != nil {
		c.o.After(res)
	}
	if res.StatusCode < http.StatusOK || res.StatusCode >= http.StatusMultipleChoices {
		_, _ = io.CopyN(io.Discard, res.Body, maxDrainedBytes)
		return res.StatusCode, c.refused(a.Request, res)
	}
	return res.StatusCode, c.take(a, res)
}

// dress adds the headers of r and the caller's trace.
func (c *Client) dress(req *http.Request, r Request) {
	for name, values := range r.Header {
		req.Header[name] = values
	}
	if t := telemetry.TraceOf(req.Context()).Traceparent; t != "" {
		req.Header.Set("Traceparent", t)
	}
	if c.o.Before != nil {
		c.o.Before(req)
	}
}

func (c *Client) take(a attempt, res *http.Response) *Error {
	body, err := io.ReadAll(io.LimitReader(res.Body, c.o.MaxBytes+1))
	if err != nil {
		return c.broken(a.Request, err)
	}
	if int64(len(body)) > c.o.MaxBytes {
		return c.fail(a.Request, ErrFault, 0, errLarge)
	}
	if err := a.read(body); err != nil {
		return c.fail(a.Request, ErrFault, 0, err)
	}
	return nil
}

func (c *Client) describe(span trace.Span, a attempt, status int, failure *Error) {
	if !span.IsRecording() {
		return
	}
	span.SetAttributes(
		attribute.String("http.request.method", a.Method),
		attribute.String("server.address", c.base.Hostname()),
		attribute.String("url.path", a.path()),
	)
	if a.number > 0 {
		span.SetAttributes(attribute.Int("http.request.resend_count", a.number))
	}
	if status != 0 {
		span.SetAttributes(attribute.Int("http.response.status_code", status))
	}
	if failure != nil {
		span.SetStatus(codes.Error, failure.Error())
	}
}
