package api

import (
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/labstack/echo/v4"
)

// place is a pattern of the table.
type place struct {
	pattern string
	quiet   bool // a probe or a page: no access line above debug, no limit of its rate
	calls   [otherMethod + 1]atomic.Pointer[call]
}

const (
	unmatched   = "unmatched" // the pattern of what leads nowhere
	otherMethod = 7
)

// call is one method at one place, with what its requests share.
type call struct {
	method, pattern string // "other" for a method that no route has
	span            string
	quiet           bool
	meter           *meter
}

// callOf tells where the router has led a request.
func (s *server) callOf(c echo.Context) *call {
	p, ok := s.places[c.Path()]
	if !ok || strayed(c) {
		p = s.nowhere
	}
	i, method := methodOf(c.Request().Method)
	if known := p.calls[i].Load(); known != nil {
		return known
	}

	made := &call{method: method, pattern: p.pattern, span: method + " " + p.pattern, quiet: p.quiet, meter: s.meters.of(method, p.pattern)}
	p.calls[i].Store(made) // another that was made meanwhile is its like
	return made
}

// strayed tells of a path that goes on after its last parameter, which echo takes for a part of that. A slash in a
// parameter comes as %2F.
func strayed(c echo.Context) bool {
	names, values := c.ParamNames(), c.ParamValues()
	last := len(names) - 1
	return last >= 0 && names[last] != "*" && strings.IndexByte(values[last], '/') >= 0
}

func methodOf(method string) (int, string) {
	switch method {
	case http.MethodGet:
		return 0, method
	case http.MethodHead:
		return 1, method
	case http.MethodPost:
		return 2, method
	case http.MethodPut:
		return 3, method
	case http.MethodPatch:
		return 4, method
	case http.MethodDelete:
		return 5, method
	case http.MethodOptions:
		return 6, method
	default:
		return otherMethod, "other"
	}
}
