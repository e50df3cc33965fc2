package strict

import (
	"encoding"
	stdjson "encoding/json"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// shape is how a type is read: as a whole, or piece by piece.
type shape int

const (
	leaf     shape = iota // one value, left to the JSON package
	anything              // the same, and null is one of its values
	pointer
	object
	list
	dictionary
)

func (s shape) takesNull() bool { return s == anything }

func shapeOf(t reflect.Type) shape {
	switch {
	case t.Kind() == reflect.Interface, t == reflect.TypeFor[jsontext.Value](), t == reflect.TypeFor[stdjson.RawMessage]():
		return anything
	case t == reflect.TypeFor[time.Time](), t == reflect.TypeFor[[]byte]():
		return leaf
	case t.Kind() == reflect.Pointer:
		return pointer
	case implements[json.Unmarshaler](t), implements[json.UnmarshalerFrom](t):
		return anything
	case implements[encoding.TextUnmarshaler](t):
		return leaf
	}

	switch t.Kind() {
	case reflect.Struct:
		return object
	case reflect.Slice, reflect.Array:
		return list
	case reflect.Map:
		return dictionary
	default:
		return leaf
	}
}

func implements[I any](t reflect.Type) bool {
	return t.Implements(reflect.TypeFor[I]()) || reflect.PointerTo(t).Implements(reflect.TypeFor[I]())
}

// field is how one member is read.
type field struct {
	index    []int
	shape    shape
	nullable bool
	trim     bool
}

// objectType is how a struct is read.
type objectType struct {
	fields map[string]field
	least  int // members that must be there, from the tag minProperties of a field named _
}

var objects sync.Map // reflect.Type → *objectType

func objectOf(t reflect.Type) *objectType {
	if o, ok := objects.Load(t); ok {
		return o.(*objectType)
	}
	o := &objectType{fields: map[string]field{}}
	for _, f := range reflect.VisibleFields(t) {
		if f.Name == "_" {
			o.least, _ = strconv.Atoi(f.Tag.Get("minProperties"))
		}
		if name, ok := Member(f); ok {
			o.fields[name] = fieldOf(f)
		}
	}
	objects.Store(t, o)
	return o
}

// Member tells the name of the JSON member that f stands for, if it stands for one.
func Member(f reflect.StructField) (string, bool) {
	tag, ok := f.Tag.Lookup("json")
	if !ok || tag == "-" || !f.IsExported() {
		return "", false
	}
	name, _, _ := strings.Cut(tag, ",")
	if name == "" {
		return f.Name, !f.Anonymous
	}
	return name, true
}

func fieldOf(f reflect.StructField) field {
	return field{
		index:    f.Index,
		shape:    shapeOf(f.Type),
		nullable: f.Type.Kind() == reflect.Pointer && !omits(f),
		trim:     f.Tag.Get("mod") == "trim",
	}
}

func omits(f reflect.StructField) bool {
	tag := f.Tag.Get("json")
	return strings.Contains(tag, ",omitempty") || strings.Contains(tag, ",omitzero")
}
