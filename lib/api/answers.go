package api

import (
	"net/http"
	"reflect"
	"slices"

	"github.com/labstack/echo/v4"
	"github.com/swaggest/openapi-go"
	"github.com/swaggest/openapi-go/openapi31"
)

// statuses lists what a route may answer, whoever asks.
func (d *document) statuses(r *route) []int {
	all := []int{
		r.status, http.StatusUnprocessableEntity, http.StatusTooManyRequests,
		http.StatusInternalServerError, http.StatusServiceUnavailable, http.StatusGatewayTimeout,
	}
	if r.conditional() {
		all = append(all, http.StatusNotModified)
	}
	if r.binder.reads() {
		all = append(all, http.StatusBadRequest, http.StatusRequestTimeout,
			http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	if len(r.binder.cursors) > 0 {
		all = append(all, http.StatusBadRequest)
	}
	if r.namesSomething() {
		all = append(all, http.StatusNotFound)
	}
	if r.idempotent {
		all = append(all, http.StatusConflict)
	}
	if !r.access.public {
		all = append(all, http.StatusUnauthorized)
	}
	if r.access.exclusive() {
		all = append(all, http.StatusForbidden)
	}
	for _, e := range d.errors {
		if r.meets(e.Status) {
			all = append(all, e.Status)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// conditional tells whether a client may ask for a newer version only: of all that is read but pages of lists.
func (r *route) conditional() bool {
	return r.method == http.MethodGet && r.status == http.StatusOK && len(r.binder.cursors) == 0
}

// hashed tells whether the tag of an answer has to be made of its body.
func (r *route) hashed() bool { return r.conditional() && !r.writer.etag }

// namesSomething tells whether a request names something, in its path or by a guard, that there may not be.
func (r *route) namesSomething() bool { return len(pathNames(r.path)) > 0 || len(r.guards) > 0 }

// meets judges by a route's shape whether it can answer with the status of a listed error.
func (r *route) meets(status int) bool {
	switch status {
	case http.StatusUnauthorized, http.StatusTooManyRequests: // of a log-in
		return r.access.public && r.binder.reads()
	case http.StatusNotFound:
		return r.namesSomething() || r.upstream
	case http.StatusBadGateway:
		return r.upstream
	case http.StatusConflict: // with what somebody else has made
		return r.method == http.MethodPost && !r.access.public
	case http.StatusPreconditionFailed:
		return has(r.binder.headers, "If-Match")
	default:
		return true
	}
}

func describeAnswer(oc openapi.OperationContext, r *route, status int) {
	var body any
	if status < http.StatusMultipleChoices && status != http.StatusNoContent {
		body = reflect.New(r.out).Interface()
	}
	oc.AddRespStructure(body, openapi.WithHTTPStatus(status), openapi.WithCustomize(func(answer openapi.ContentOrReference) {
		a, ok := answer.(*openapi31.ResponseOrReference)
		if !ok {
			return
		}
		if status >= http.StatusBadRequest {
			asProblem(a.Response)
		}
		for name, schema := range r.headers(status) {
			a.Response.WithHeadersItem(name, openapi31.HeaderOrReference{Header: headerOf(schema)})
		}
		for name, schema := range r.sometimes(status) {
			a.Response.WithHeadersItem(name, openapi31.HeaderOrReference{Header: headerOf(schema).WithRequired(false)})
		}
	}))
}

// headerOf repeats the description of a header's schema, of which Swagger UI shows the type alone.
func headerOf(schema map[string]any) *openapi31.Header {
	h := &openapi31.Header{Schema: schema}
	if text, ok := schema["description"].(string); ok {
		h.WithDescription(text)
	}
	return h
}

// asProblem refers to the schema that newDocument describes once: reflecting it again for each status of each route
// would take most of the time that the program needs to start.
func asProblem(answer *openapi31.Response) {
	answer.WithContentItem("application/problem+json", openapi31.MediaType{
		Schema: map[string]any{"$ref": definitions + "Problem"},
	})
}

// locates tells whether an answer says where to find what was made, or is being made.
func (r *route) locates(status int) bool {
	made := status == http.StatusCreated || status == http.StatusAccepted
	return made && r.writer.id != nil
}

// headers are those that no field of the output stands for.
func (r *route) headers(status int) map[string]map[string]any {
	all := map[string]map[string]any{"X-Request-Id": {"type": "string", "description": "The request's own, or a new one. It finds the request in the log."}}
	switch {
	case r.locates(status):
		all["Location"] = map[string]any{"type": "string", "format": "uri-reference", "description": "Where to find what was made, or is being made."}
	case status == http.StatusNotModified, status == http.StatusOK && r.hashed():
		all["ETag"] = map[string]any{"type": "string", "pattern": tagPattern}
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		all["WWW-Authenticate"] = map[string]any{"type": "string", "description": "Bearer, with what is wrong with the token or the role that is needed."}
	case status == http.StatusTooManyRequests:
		all["Retry-After"] = map[string]any{"type": "integer", "description": "Seconds."}
	}
	return all
}

// sometimes are headers that not every answer with that status has.
func (r *route) sometimes(status int) map[string]map[string]any {
	switch {
	case r.idempotent && status == r.status:
		return map[string]map[string]any{replayedHeader: {
			"type": "string", "enum": []string{"true"}, "description": "The answer of the first request with this " + keyHeader + ".",
		}}
	case r.idempotent && status == http.StatusConflict, status == http.StatusServiceUnavailable:
		return map[string]map[string]any{echo.HeaderRetryAfter: {"type": "integer", "description": "Seconds."}}
	default:
		return nil
	}
}
