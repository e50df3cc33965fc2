package api

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/app/lib/pg"
	"example.com/app/lib/strict"
	"example.com/app/lib/telemetry"
)

// Problem is the body of every answer that is an error (RFC 9457).
type Problem struct {
	Type      string           `json:"type" format:"uri-reference" doc:"/problems# and a stable code."`
	Title     string           `json:"title" doc:"The status in words."`
	Status    int              `json:"status"`
	Detail    string           `json:"detail,omitempty" doc:"What is wrong with this request."`
	Instance  string           `json:"instance" doc:"The path of the request."`
	RequestID string           `json:"request_id" doc:"Names the request in the service's log."`
	Errors    []strict.Problem `json:"errors,omitempty" doc:"Everything that is wrong with the request, at most 100 entries."`
}

// refusal is an answer that is an error, before it is written.
type refusal struct {
	status int
	code   string
	detail string
	errors strict.Problems
	header [2]string // one more header, when its name is not empty
	final  bool      // a 503 that invites nobody to try again
}

func (r *refusal) Error() string { return r.code + ": " + r.detail }

func invalid(status int, code string, problems strict.Problems) *refusal {
	return &refusal{status: status, code: code, detail: "see errors", errors: problems}
}

var errNotFound = &refusal{status: http.StatusNotFound, code: codeNotFound, detail: "there is nothing at this path"}

// refusalOf is the one place where an error becomes an answer.
func (s *server) refusalOf(err error) *refusal {
	if _, ok := errors.AsType[*telemetry.PanicError](err); ok { // whatever it wraps is no answer
		return &refusal{status: http.StatusInternalServerError, code: codeInternal}
	}
	if r, ok := errors.AsType[*refusal](err); ok {
		return r
	}
	if p, ok := errors.AsType[strict.Problems](err); ok {
		return invalid(http.StatusUnprocessableEntity, codeInvalid, p)
	}
	for _, e := range s.Errors {
		if errors.Is(err, e.Err) {
			return &refusal{
				status: e.Status, code: e.Code, detail: detail(err, e.Err), header: advice(e.Status, err), final: e.Unknown,
			}
		}
	}
	if e, ok := errors.AsType[*echo.HTTPError](err); ok {
		return routing(e.Code)
	}
	return failure(err)
}

// detail is the text of the listed error, unless err has words for clients.
func detail(err, listed error) string {
	if worded, ok := errors.AsType[interface {
		error
		Detail() string
	}](err); ok {
		return worded.Detail()
	}
	return listed.Error()
}

// advice is the header that goes with the status of a listed error.
func advice(status int, err error) [2]string {
	if later, ok := errors.AsType[interface {
		error
		RetryAfter() time.Duration
	}](err); ok {
		return retryAfter(later.RetryAfter())
	}
	if status == http.StatusUnauthorized {
		return [2]string{echo.HeaderWWWAuthenticate, challenge}
	}
	return [2]string{}
}

func retryAfter(wait time.Duration) [2]string {
	return [2]string{echo.HeaderRetryAfter, strconv.FormatFloat(math.Ceil(wait.Seconds()), 'f', 0, 64)}
}

// routing is the router's own answer.
func routing(status int) *refusal {
	if status == http.StatusMethodNotAllowed {
		return &refusal{status: status, code: codeMethod, detail: "the path does not take this method: see Allow"}
	}
	return errNotFound
}

// failure is what nobody listed; its words stay in the log.
func failure(err error) *refusal {
	if errors.Is(err, context.DeadlineExceeded) {
		return &refusal{status: http.StatusGatewayTimeout, code: codeTimeout, detail: "the answer did not come in time"}
	}
	switch pg.FaultOf(err) {
	case pg.Unavailable, pg.Busy, pg.Conflict:
		return &refusal{status: http.StatusServiceUnavailable, code: codeUnavailable, detail: "try again later"}
	default:
		return &refusal{status: http.StatusInternalServerError, code: codeInternal}
	}
}
