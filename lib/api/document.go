package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"example.com/app/lib/strict"
	"github.com/swaggest/jsonschema-go"
	"github.com/swaggest/openapi-go"
	"github.com/swaggest/openapi-go/openapi31"
)

// document grows with each route.
type document struct {
	reflector *openapi31.Reflector
	errors    []ErrorStatus
}

func newDocument(o Options) *document {
	d := &document{reflector: openapi31.NewReflector(), errors: o.Errors}
	d.reflector.Spec.Info.WithTitle(o.Title).WithVersion(o.Version)
	d.reflector.DefaultOptions = append(d.reflector.DefaultOptions, strict.SchemaOptions(useOf)...)
	d.reflector.DefaultOptions = append(d.reflector.DefaultOptions, jsonschema.InterceptDefName(definitionName))
	return d
}

func useOf(rc *jsonschema.ReflectContext) strict.Use {
	oc, ok := openapi.OperationCtx(rc)
	switch {
	case !ok || oc.IsProcessingResponse():
		return strict.Out
	case oc.ProcessingIn() == openapi.InBody:
		return strict.In
	default:
		return strict.Parameter
	}
}

// definitionName is the type's name without its package.
func definitionName(t reflect.Type, _ string) string {
	name, args, generic := strings.Cut(t.Name(), "[")
	if !generic {
		return name
	}
	for arg := range strings.SplitSeq(strings.TrimSuffix(args, "]"), ",") {
		name += strings.TrimRight(arg[strings.LastIndexByte(arg, '.')+1:], "]")
	}
	return name
}

func (d *document) json() ([]byte, error) {
	b, err := json.Marshal(d.reflector.Spec)
	if err != nil {
		return nil, fmt.Errorf("write the OpenAPI document: %w", err)
	}
	return b, nil
}

func (d *document) add(r *route) error {
	oc, err := d.reflector.NewOperationContext(r.method, r.path)
	if err != nil {
		return err
	}
	oc.SetID(r.id)
	oc.SetSummary(r.summary)
	oc.SetDescription(r.description)
	oc.SetIsDeprecated(r.deprecated)
	if r.tag != "" {
		oc.SetTags(r.tag)
	}

	oc.AddReqStructure(reflect.New(r.in).Interface(), openapi.WithCustomize(func(body openapi.ContentOrReference) {
		if b, ok := body.(*openapi31.RequestBodyOrReference); ok {
			b.RequestBody.WithRequired(true)
		}
	}))
	for _, g := range r.guards {
		if missing(g.in, r.in) {
			oc.AddReqStructure(reflect.New(g.in).Interface())
		}
	}
	for _, status := range d.statuses(r) {
		oc.AddRespStructure(answerOf(r, status), openapi.WithHTTPStatus(status), func(cu *openapi.ContentUnit) {
			if status >= http.StatusBadRequest {
				cu.ContentType = "application/problem+json"
			}
		})
	}
	return d.reflector.AddOperation(oc)
}

func missing(guard, in reflect.Type) bool {
	has := declaredPaths(in)
	return slices.ContainsFunc(declaredPaths(guard), func(name string) bool { return !slices.Contains(has, name) })
}

func answerOf(r *route, status int) any {
	switch {
	case status >= http.StatusBadRequest:
		return new(Problem)
	case status == http.StatusNoContent, status == http.StatusNotModified:
		return nil
	default:
		return reflect.New(r.out).Interface()
	}
}

// statuses lists what a route may answer.
func (d *document) statuses(r *route) []int {
	all := []int{r.status, http.StatusInternalServerError, http.StatusServiceUnavailable, http.StatusGatewayTimeout}
	if r.writer.etag && r.method == http.MethodGet {
		all = append(all, http.StatusNotModified)
	}
	all = append(all, http.StatusUnprocessableEntity)
	if r.binder.body {
		all = append(all, http.StatusBadRequest, http.StatusRequestTimeout,
			http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	if len(pathNames(r.path)) > 0 {
		all = append(all, http.StatusNotFound)
	}
	for _, e := range d.errors {
		if r.meets(e.Status) {
			all = append(all, e.Status)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// meets guesses from its shape whether a route can answer with a listed error's status.
func (r *route) meets(status int) bool {
	switch status {
	case http.StatusNotFound:
		return len(pathNames(r.path)) > 0
	case http.StatusConflict:
		return r.method != http.MethodGet
	case http.StatusPreconditionFailed:
		return slices.ContainsFunc(r.binder.headers, func(p parameter) bool { return p.name == "If-Match" })
	default:
		return true
	}
}
