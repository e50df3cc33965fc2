package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"

	"github.com/swaggest/jsonschema-go"
	"github.com/swaggest/openapi-go"
	"github.com/swaggest/openapi-go/openapi31"

	"example.com/app/lib/strict"
)

// document is the OpenAPI document, which grows with each route.
type document struct {
	reflector *openapi31.Reflector
	errors    []ErrorStatus
	ids       map[string]*route
}

func newDocument(o Options) *document {
	r := openapi31.NewReflector()
	r.Spec.Info.WithTitle(o.Title).WithVersion(o.Version).WithDescription(manners)
	r.Spec.WithServers(openapi31.Server{URL: "/"})
	if o.AsyncAPI != nil { // both pages show this link
		r.Spec.WithExternalDocs(openapi31.ExternalDocumentation{
			URL: asyncAPIPath, Description: new("Queues and events: the AsyncAPI document"),
		})
	}
	r.DefaultOptions = append(r.DefaultOptions, strict.SchemaOptions(useOf)...)
	r.DefaultOptions = append(r.DefaultOptions, definitionNames(), jsonschema.InterceptProp(quotedTag))
	d := &document{reflector: r, errors: o.Errors, ids: map[string]*route{}}
	d.describeProblem()
	d.describeSecurity()
	return d
}

// manners are what all operations have in common.
const manners = `Every answer has an X-Request-ID: the request's own, when that is 1 to 64 printable ASCII characters, or a new one.

Every error is a problem document (RFC 9457). Its type leads to what its code means.

Who asks too often is answered 429, and Retry-After says for how many seconds to wait. Limits are those of a client's address and of a user.

Answers of 1 KiB and more are sent in gzip to a client that accepts it. The ETag of such an answer ends in "-gzip": If-None-Match and If-Match take a tag with and without that end.`

// definitions is where a document keeps its schemas.
const definitions = "#/components/schemas/"

func (d *document) describeProblem() {
	_, err := d.reflector.Reflect(new(Problem), jsonschema.RootRef, jsonschema.DefinitionsPrefix(definitions),
		jsonschema.CollectDefinitions(func(name string, schema jsonschema.Schema) {
			simple, err := schema.ToSchemaOrBool().ToSimpleMap()
			if err != nil {
				panic(fmt.Errorf("describe %s: %w", name, err))
			}
			d.reflector.Spec.ComponentsEns().WithSchemasItem(name, simple)
		}), jsonschema.InterceptProp(d.listTypes))
	if err != nil {
		panic(fmt.Errorf("describe a problem: %w", err)) // the type is ours
	}
}

// listTypes names each type that a problem can have.
func (d *document) listTypes(p jsonschema.InterceptPropParams) error {
	if p.Processed && p.Name == "type" {
		for _, c := range codesWith(d.errors) {
			p.PropertySchema.Enum = append(p.PropertySchema.Enum, typeOf(c.Code))
		}
	}
	return nil
}

const tagPattern = `^"[^"]*"$`

// quotedTag describes the header that a whole number in ETag becomes.
func quotedTag(p jsonschema.InterceptPropParams) error {
	if p.Processed && useOf(p.Context) == strict.Out && p.Field.Tag.Get("header") == "ETag" {
		p.PropertySchema.WithType(jsonschema.String.Type()).WithPattern(tagPattern).Format = nil
	}
	return nil
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
	id, err := d.operationID(r)
	if err != nil {
		return err
	}
	oc.SetID(id)
	oc.SetSummary(r.summary)
	d.tag(oc, r)
	if r.description != "" {
		oc.SetDescription(r.description)
	}
	if r.deprecated {
		oc.SetIsDeprecated(true)
	}

	describeRequest(oc, r)
	for _, status := range d.statuses(r) {
		describeAnswer(oc, r, status)
	}
	exposed, ok := oc.(openapi31.OperationExposer)
	if !ok {
		return fmt.Errorf("describe %T", oc)
	}
	r.access.describe(exposed.Operation()) // which AddOperation copies
	if err := d.reflector.AddOperation(oc); err != nil {
		return err
	}
	markRequired(exposed.Operation(), r)
	return nil
}

func (d *document) tag(oc openapi.OperationContext, r *route) {
	if r.tag == "" {
		return
	}
	oc.SetTags(r.tag)
	spec := d.reflector.Spec
	if !slices.ContainsFunc(spec.Tags, func(t openapi31.Tag) bool { return t.Name == r.tag }) {
		spec.Tags = append(spec.Tags, openapi31.Tag{Name: r.tag})
	}
}

// operationID keeps ids unique: a group that is mounted again has the same routes under numbered ids.
func (d *document) operationID(r *route) (string, error) {
	id := r.id
	for n := 2; d.ids[id] != nil; n++ {
		if other := d.ids[id]; other.method != r.method || other.in != r.in || other.out != r.out {
			return "", fmt.Errorf("the operation id %s is that of %s %s already", r.id, other.method, other.path)
		}
		id = r.id + strconv.Itoa(n)
	}
	d.ids[id] = r
	return id, nil
}

func describeRequest(oc openapi.OperationContext, r *route) {
	oc.AddReqStructure(reflect.New(r.in).Interface(), openapi.WithCustomize(required))
	if s := r.binder.stream; s != nil {
		oc.AddReqStructure(nil, openapi.WithCustomize(required), func(u *openapi.ContentUnit) {
			u.ContentType, u.Description = s.kind, s.doc
		})
	}

	if r.conditional() {
		oc.AddReqStructure(new(struct {
			IfNoneMatch string `header:"If-None-Match" doc:"Answers 304 without a body when the ETag is one of these, in its plain or its -gzip form."`
		}))
	}

	if r.idempotent {
		oc.AddReqStructure(new(struct {
			Key string `header:"Idempotency-Key" minLength:"1" maxLength:"255" pattern:"^[ -~]+$" doc:"Makes the request safe to repeat: for 24 hours the same key with the same body takes effect once, and is answered alike."`
		}))
	}

	known := slices.Clone(r.binder.paths)
	for _, g := range r.guards {
		if fresh(g.binder.paths, known) {
			oc.AddReqStructure(reflect.New(g.in).Interface())
			known = append(known, g.binder.paths...)
		}
	}
}

func required(body openapi.ContentOrReference) {
	if b, ok := body.(*openapi31.RequestBodyOrReference); ok {
		b.RequestBody.WithRequired(true)
	}
}

// fresh tells whether one of the parameters is not known yet.
func fresh(params, known []parameter) bool {
	return slices.ContainsFunc(params, func(p parameter) bool { return !has(known, p.name) })
}

// markRequired says it of parameters, for which the reflector does not ask.
func markRequired(o *openapi31.Operation, r *route) {
	for _, p := range o.Parameters {
		from := map[openapi31.ParameterIn][]parameter{"query": r.binder.queries, "header": r.binder.headers}
		for _, known := range from[p.Parameter.In] {
			if known.required && http.CanonicalHeaderKey(known.name) == http.CanonicalHeaderKey(p.Parameter.Name) {
				p.Parameter.WithRequired(true)
			}
		}
	}
}
