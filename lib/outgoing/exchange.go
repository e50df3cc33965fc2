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
		_, _ = io.CopyN(io.Discard, res.Body, maxDrainedBytes)
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
