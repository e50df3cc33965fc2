package apitest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"example.com/app/lib/strict"
)

// schema is a JSON Schema as a generator walks it.
type schema struct {
	Ref        string             `json:"$ref"`
	Type       kinds              `json:"type"`
	Format     string             `json:"format"`
	Pattern    string             `json:"pattern"`
	Enum       []any              `json:"enum"`
	Examples   []any              `json:"examples"`
	Const      any                `json:"const"`
	AnyOf      []*schema          `json:"anyOf"`
	OneOf      []*schema          `json:"oneOf"`
	Properties map[string]*schema `json:"properties"`
	Required   []string           `json:"required"`
	Items      *schema            `json:"items"`
	Minimum    *float64           `json:"minimum"`
	Maximum    *float64           `json:"maximum"`
	MinLength  int                `json:"minLength"`
	MaxLength  *int               `json:"maxLength"`
	MinItems   int                `json:"minItems"`
	MaxItems   *int               `json:"maxItems"`
}

// kinds is the keyword type: one name or a list of them.
type kinds []string

// UnmarshalJSON reads both spellings.
func (k *kinds) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*k = kinds{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(k))
}

// described is one operation of a document.
type described struct {
	id, method, path string
	parameters       []given
	bodies           map[string]*schema // by media type
	secured          bool
	seldom           bool // asked less often than others
}

// given is a parameter.
type given struct {
	Name     string  `json:"name"`
	In       string  `json:"in"`
	Required bool    `json:"required"`
	Schema   *schema `json:"schema"`
}

// pointer leads to the schema of a body of the operation's requests.
func (d *described) pointer(media string) string {
	return strict.Pointer("paths", d.path, strings.ToLower(d.method), "requestBody", "content", media, "schema")
}

// describe lists the operations in one order, whatever order the document has them in.
func describe(document []byte) ([]*described, error) {
	var d struct {
		Paths map[string]map[string]struct {
			ID          string  `json:"operationId"`
			Parameters  []given `json:"parameters"`
			RequestBody struct {
				Content map[string]struct {
					Schema *schema `json:"schema"`
				} `json:"content"`
			} `json:"requestBody"`
			Security []map[string][]string `json:"security"`
		} `json:"paths"`
		Components struct {
			Schemas map[string]*schema `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal(document, &d); err != nil {
		return nil, fmt.Errorf("read the operations: %w", err)
	}

	var all []*described
	for path, operations := range d.Paths {
		for method, o := range operations {
			bodies := map[string]*schema{}
			for media, c := range o.RequestBody.Content {
				bodies[media] = c.Schema.resolve(d.Components.Schemas)
			}
			d := &described{
				id: o.ID, method: strings.ToUpper(method), path: path, parameters: o.Parameters, bodies: bodies, secured: len(o.Security) > 0,
			}
			d.seldom = d.hashes() || d.endsAll()
			all = append(all, d)
		}
	}
	slices.SortFunc(all, func(a, b *described) int { return cmp.Compare(a.id, b.id) })
	return all, nil
}

// hashes tells that a password comes in, which takes more of a processor than a hundred other requests.
func (d *described) hashes() bool {
	s := d.bodies[jsonType]
	return s != nil && slices.ContainsFunc(slices.Collect(maps.Values(s.Properties)), func(p *schema) bool { return p.Format == "password" })
}

// endsAll tells that what others need may be gone then, as the session that all requests belong to.
func (d *described) endsAll() bool {
	return d.method == http.MethodDelete && !strings.Contains(d.path, "{")
}

// resolve puts what references name in their place; schemas that contain themselves stay references after that.
func (s *schema) resolve(known map[string]*schema) *schema {
	if s == nil {
		return nil
	}
	if name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok && known[name] != nil {
		rest := maps.Clone(known)
		delete(rest, name)
		return known[name].resolve(rest)
	}
	copied := *s
	copied.Items = s.Items.resolve(known)
	copied.Properties = map[string]*schema{}
	for name, p := range s.Properties {
		copied.Properties[name] = p.resolve(known)
	}
	for _, list := range []*[]*schema{&copied.AnyOf, &copied.OneOf} {
		*list = slices.Clone(*list)
		for i := range *list {
			(*list)[i] = (*list)[i].resolve(known)
		}
	}
	return &copied
}
