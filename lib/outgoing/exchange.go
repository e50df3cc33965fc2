package outgoing

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"example.com/app/lib/telemetry"
)

const (
	drained = 64 << 10 // bytes of an answer nobody reads, so that its connection can be used again
	headers = 64 << 10 // bytes of an answer's headers
)

func newTransport(connections int) *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		ForceAttemptHTTP2:      true,
		MaxConnsPerHost:        connections,
		MaxIdleConns:           connections,
		MaxIdleConnsPerHost:    connections,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: headers,
	}
}

// attempt asks once, within ctx; when caller has ended nobody is to blame.
func (c *Client) attempt(ctx, caller context.Context, r Request, target string, n int, read func([]byte) error) *Error {
	if err := c.limiter.Wait(ctx); err != nil {
		return c.fail(r, ErrTimeout, 0, err)
	}
	if !c.breaker.TryAcquirePermit() {
		e := c.fail(r, ErrUnavailable, 0, errOpen)
		e.wait = c.breaker.RemainingDelay()
		c.meters.count("open")
		return e
	}

	ctx, span := c.Tracer.Start(ctx, r.Method+" "+c.Name, trace.SpanKindClient)
	defer span.End()
	done := c.meters.begin()
	status, failure := c.exchange(ctx, r, target, read)
	done(outcome(caller, failure))
	c.record(caller, failure)
	c.describe(span, r, n, status, failure)
	return failure
}

func (c *Client) exchange(ctx context.Context, r Request, target string, read func([]byte) error) (status int, _ *Error) {
	req, err := http.NewRequestWithContext(ctx, r.Method, target, bytes.NewReader(r.Body))
	if err != nil {
		return 0, c.fail(r, ErrFault, 0, err)
	}
	c.dress(req, r)

	res, err := c.http.Do(req)
	if err != nil {
		return 0, c.broken(r, err)
	}
	defer res.Body.Close()
	if c.After != nil {
		c.After(res)
	}
	if res.StatusCode < http.StatusOK || res.StatusCode >= http.StatusMultipleChoices {
		_, _ = io.CopyN(io.Discard, res.Body, drained)
		return res.StatusCode, c.refused(r, res)
	}
	return res.StatusCode, c.take(r, res, read)
}

// dress adds the headers of r and the caller's trace.
func (c *Client) dress(req *http.Request, r Request) {
	for name, values := range r.Header {
		req.Header[name] = values
	}
	if t := telemetry.TraceOf(req.Context()).Traceparent; t != "" {
		req.Header.Set("Traceparent", t)
	}
	if c.Before != nil {
		c.Before(req)
	}
}

func (c *Client) take(r Request, res *http.Response, read func([]byte) error) *Error {
	body, err := io.ReadAll(io.LimitReader(res.Body, c.MaxBytes+1))
	if err != nil {
		return c.broken(r, err)
	}
	if int64(len(body)) > c.MaxBytes {
		return c.fail(r, ErrFault, 0, errLarge)
	}
	if err := read(body); err != nil {
		return c.fail(r, ErrFault, 0, err)
	}
	return nil
}

func (c *Client) describe(span trace.Span, r Request, n, status int, failure *Error) {
	if !span.IsRecording() {
		return
	}
	span.SetAttributes(
		attribute.String("http.request.method", r.Method),
		attribute.String("server.address", c.base.Hostname()),
		attribute.String("url.path", r.path()),
	)
	if n > 0 {
		span.SetAttributes(attribute.Int("http.request.resend_count", n))
	}
	if status != 0 {
		span.SetAttributes(attribute.Int("http.response.status_code", status))
	}
	if failure != nil {
		span.SetStatus(codes.Error, failure.Error())
	}
}
