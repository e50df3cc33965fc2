package strict

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"github.com/swaggest/jsonschema-go"
)

// Use is what a schema is for: the same struct reads and writes differently.
type Use int

// In is a document that Decode takes, Out one that Marshal writes, Parameter a struct whose fields come one by one.
const (
	In Use = iota
	Out
	Parameter
)

// Schema is the JSON Schema (2020-12) of v, with every nested type written out in place.
func Schema(v any, use Use) (json.RawMessage, error) {
	r := jsonschema.Reflector{DefaultOptions: SchemaOptions(func(*jsonschema.ReflectContext) Use { return use })}
	s, err := r.Reflect(v, jsonschema.InlineRefs)
	if err != nil {
		return nil, fmt.Errorf("describe %T: %w", v, err)
	}
	return json.Marshal(s)
}

// SchemaOptions make a reflector say what Decode, Validate and Marshal do; use is asked for every type and field.
func SchemaOptions(use func(*jsonschema.ReflectContext) Use) []func(*jsonschema.ReflectContext) {
	return []func(*jsonschema.ReflectContext){
		jsonschema.InterceptSchema(func(p jsonschema.InterceptSchemaParams) (bool, error) {
			if p.Processed && use(p.Context) == In {
				closed(p.Schema)
			}
			return false, nil
		}),
		jsonschema.InterceptProp(func(p jsonschema.InterceptPropParams) error {
			if p.Processed {
				property(p, use(p.Context))
			}
			return nil
		}),
		func(rc *jsonschema.ReflectContext) { rc.EnvelopNullability = true },
	}
}

// closed forbids members that are not listed.
func closed(s *jsonschema.Schema) {
	if s.HasType(jsonschema.Object) && s.AdditionalProperties == nil {
		s.WithAdditionalProperties(jsonschema.SchemaOrBool{TypeBoolean: new(bool)})
	}
}

func property(p jsonschema.InterceptPropParams, use Use) {
	if doc := p.Field.Tag.Get("doc"); doc != "" {
		p.PropertySchema.WithDescription(doc)
	}
	nullable(p.PropertySchema, use != Parameter && p.Field.Type.Kind() == reflect.Pointer && !omits(p.Field))
	for entries := entriesOf(p.PropertySchema); entries != nil; entries = entriesOf(entries) {
		entries.RemoveType(jsonschema.Null)
	}
	if use != Out {
		applyRules(p.PropertySchema, p.Field)
	}
	if requires(p.Field, use) && !slices.Contains(p.ParentSchema.Required, p.Name) {
		p.ParentSchema.Required = append(p.ParentSchema.Required, p.Name)
	}
}

// entriesOf is the schema of the entries of a list or a map, if s is one.
func entriesOf(s *jsonschema.Schema) *jsonschema.Schema {
	switch {
	case s.Items != nil && s.Items.SchemaOrBool != nil:
		return s.Items.SchemaOrBool.TypeObject
	case s.AdditionalProperties != nil:
		return s.AdditionalProperties.TypeObject
	default:
		return nil
	}
}

// nullable takes null away where it is never written and not taken. Where it stays beside a reference, the reflector
// leaves a type behind that forbids it.
func nullable(s *jsonschema.Schema, is bool) {
	enveloped := len(s.AnyOf) == 2 && s.AnyOf[0].TypeObject != nil && s.AnyOf[0].TypeObject.HasType(jsonschema.Null)
	switch {
	case enveloped && is:
		s.Type, s.AnyOf[1].TypeObject.Type = nil, nil
	case enveloped:
		s.Type, s.Ref, s.AnyOf = nil, s.AnyOf[1].TypeObject.Ref, nil
	case !is:
		s.RemoveType(jsonschema.Null)
	}
}

func requires(f reflect.StructField, use Use) bool {
	if use == Out {
		return !omits(f)
	}
	return Required(f)
}
