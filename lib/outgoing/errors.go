package outgoing

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"
)

// What an *Error can be.
var (
	ErrNotFound    = errors.New("the upstream service has no such thing")
	ErrFault       = errors.New("the upstream service did not give a usable answer")
	ErrUnreachable = errors.New("the upstream service could not be reached")
	ErrTimeout     = errors.New("the upstream service did not answer in time")
	ErrUnavailable = errors.New("the upstream service takes no requests now")
)

var (
	errOpen    = errors.New("it is left alone for a while, since it did not work")
	errLarge   = errors.New("the answer is too large")
	errForeign = errors.New("it redirects to elsewhere")
	errStatus  = errors.New("that is no success")
	errPart    = errors.New("the path has a part that leads elsewhere")
)

// Error is a call that an upstream did not answer as it should. It is one of ErrNotFound, ErrFault, ErrUnreachable,
// ErrTimeout and ErrUnavailable, and its Cause.
type Error struct {
	Upstream string
	Request  string // the method and the path below the client's URL
	Status   int    // 0: no answer came, or none that counts
	Cause    error

	kind  error
	again bool          // the same may go well in a moment
	wait  time.Duration // that the upstream asks for
}

func (e *Error) Error() string {
	if e.Status != 0 {
		return fmt.Sprintf("ask %s: %s: status %d: %v", e.Upstream, e.Request, e.Status, e.Cause)
	}
	return fmt.Sprintf("ask %s: %s: %v", e.Upstream, e.Request, e.Cause)
}

// Detail is for whoever may know no more than which upstream it was.
func (e *Error) Detail() string { return e.kind.Error() + ": " + e.Upstream }

// Fault is err, as the upstream's fault where that has no such thing: for what has to be there.
func Fault(err error) error {
	e, ok := errors.AsType[*Error](err)
	if !ok || !errors.Is(e.kind, ErrNotFound) {
		return err
	}
	fault := *e
	fault.kind = ErrFault
	return &fault
}

// Unwrap names the wait too where it is known.
func (e *Error) Unwrap() []error {
	if errors.Is(e.kind, ErrUnavailable) {
		return []error{later{e.kind, max(e.wait, time.Second)}, e.Cause}
	}
	return []error{e.kind, e.Cause}
}

// later tells when to come again.
type later struct {
	error
	wait time.Duration
}

func (l later) Unwrap() error { return l.error }

// RetryAfter is how long to wait, a second at least.
func (l later) RetryAfter() time.Duration { return l.wait }

func (c *Client) fail(r Request, kind error, status int, cause error) *Error {
	return &Error{Upstream: c.o.Name, Request: r.Method + " " + r.path(), Status: status, Cause: cause, kind: kind}
}

// broken is an answer that did not come, or not to its end.
func (c *Client) broken(r Request, err error) *Error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok { // its text has the query
		err = wrapped.Err
	}
	if slow, ok := errors.AsType[net.Error](err); ok && slow.Timeout() || errors.Is(err, context.DeadlineExceeded) {
		return c.fail(r, ErrTimeout, 0, err)
	}
	e := c.fail(r, ErrFault, 0, err)
	if op, ok := errors.AsType[*net.OpError](err); ok && (op.Op == "dial" || op.Op == "proxyconnect") {
		e.kind = ErrUnreachable
	}
	e.again = !errors.Is(err, errForeign) && !errors.Is(err, context.Canceled)
	return e
}

// refused is an answer that is no success.
func (c *Client) refused(r Request, res *http.Response) *Error {
	e := c.fail(r, ErrFault, res.StatusCode, errStatus)
	switch res.StatusCode {
	case http.StatusNotFound, http.StatusGone:
		e.kind = ErrNotFound
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		e.kind, e.again, e.wait = ErrUnavailable, true, retryAfter(res.Header)
	case http.StatusGatewayTimeout:
		e.kind, e.again = ErrTimeout, true
	case http.StatusBadGateway:
		e.again = true
	}
	return e
}

// blames tells whether e is the upstream's fault and not that of the question.
func (e *Error) blames() bool {
	return e.Status < http.StatusBadRequest || e.Status >= http.StatusInternalServerError || e.Status == http.StatusTooManyRequests
}
