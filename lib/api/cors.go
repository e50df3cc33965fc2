package api

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

// crossOrigin are the header values of answers to pages of other origins. There is no "*" among them, and no leave to
// send cookies: a token in Authorization is all that counts here.
type crossOrigin struct {
	exposed, headers, age []string
}

func newCrossOrigin() crossOrigin {
	return crossOrigin{
		exposed: []string{"X-Request-ID, ETag, Location, Retry-After, WWW-Authenticate, Idempotency-Replayed"},
		headers: []string{"Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key, Traceparent, X-Request-ID"},
		age:     []string{"7200"}, // seconds; browsers keep it for no longer
	}
}

// allow lets a page read the answer when its origin is one of the policy's. Others get the same answer, which their
// browser keeps from them.
func (x *crossOrigin) allow(p *policy, c echo.Context) {
	r, h := c.Request(), c.Response().Header()
	h["Vary"] = p.vary
	origin := r.Header["Origin"]
	if len(origin) != 1 {
		return
	}
	allowed, ok := p.origins[origin[0]]
	if !ok {
		return
	}

	h["Access-Control-Allow-Origin"] = allowed
	methods, ok := c.Get(echo.ContextKeyHeaderAllow).(string)
	if !ok || r.Method != http.MethodOptions || len(r.Header["Access-Control-Request-Method"]) == 0 {
		h["Access-Control-Expose-Headers"] = x.exposed
		return
	}
	h["Access-Control-Allow-Methods"] = []string{methods}
	h["Access-Control-Allow-Headers"] = x.headers
	h["Access-Control-Max-Age"] = x.age
}
