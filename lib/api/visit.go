package api

import (
	"context"
	"net/http"
	"net/netip"
	"time"

	"github.com/labstack/echo/v4"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"example.com/app/lib/telemetry"
)

// visit is one request with what is known of it, and its context.
type visit struct {
	context.Context
	start  time.Time
	policy *policy
	call   *call
	client netip.Addr
	user   int64     // 0: nobody, or nobody has to say
	id     [1]string // the value of X-Request-ID
	span   trace.Span
}

type visitKey struct{}

func (v *visit) Value(key any) any {
	if key == (visitKey{}) {
		return v
	}
	return v.Context.Value(key)
}

// visitOf is the visit that a handler's context belongs to.
func visitOf(ctx context.Context) *visit {
	v, _ := ctx.Value(visitKey{}).(*visit)
	return v
}

// Address is that of who sends the request of a handler's context; the zero address where the connection has none.
func Address(ctx context.Context) netip.Addr { return visitOf(ctx).client }

func (s *server) newVisit(c echo.Context) *visit {
	r := c.Request()
	v := &visit{start: time.Now(), policy: s.policy.Load(), call: s.callOf(c), client: s.clientOf(r)}
	v.id[0] = requestID(r.Header)

	ctx := telemetry.WithRequest(r.Context(), s.Logger, s.traceOf(r.Header, v.id[0]))
	v.Context, v.span = s.Tracer.Start(ctx, v.call.span, trace.SpanKindServer)
	c.SetRequest(r.WithContext(v))
	return v
}

// traceOf goes on with the client's trace, or begins one, unless a span is about to.
func (s *server) traceOf(h http.Header, id string) telemetry.Trace {
	t := telemetry.Trace{CorrelationID: id}
	if given := h["Traceparent"]; len(given) == 1 && telemetry.ValidTraceparent(given[0]) {
		t.Traceparent = given[0]
	} else if s.Tracer == nil {
		t.Traceparent = telemetry.NewTraceparent()
	}
	return t
}

// endSpan names its attributes as OpenTelemetry's semantic conventions for HTTP do.
func (v *visit) endSpan(r *http.Request, status int) {
	if v.span.IsRecording() {
		v.span.SetAttributes(
			attribute.String("http.request.method", r.Method),
			attribute.String("http.route", v.call.pattern),
			attribute.String("url.path", r.URL.Path),
			attribute.String("client.address", v.client.String()),
			attribute.Int("http.response.status_code", status),
		)
		if v.user != 0 {
			v.span.SetAttributes(attribute.Int64("user.id", v.user))
		}
		if status >= http.StatusInternalServerError {
			v.span.SetStatus(codes.Error, http.StatusText(status))
		}
	}
	v.span.End()
}
