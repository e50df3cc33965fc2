package strict

import (
	"encoding"
	stdjson "encoding/json"
	"reflect"
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
	case t == reflect.TypeFor[time.Time](), t == reflect.TypeFor[[]byte](), t == reflect.TypeFor[Object]():
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
		if t.Key().Kind() != reflect.String || implements[encoding.TextUnmarshaler](t.Key()) {
			return leaf
		}
		return dictionary
	default:
		return leaf
	}
}

func implements[I any](t reflect.Type) bool {
	return t.Implements(reflect.TypeFor[I]()) || reflect.PointerTo(t).Implements(reflect.TypeFor[I]())
}
