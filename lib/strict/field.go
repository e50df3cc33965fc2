package strict

import (
	"fmt"
	"iter"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Fields walks the fields of a struct, with those of embedded structs in place of these. An embedded pointer panics.
func Fields(t reflect.Type) iter.Seq[reflect.StructField] {
	return func(yield func(reflect.StructField) bool) { walk(t, nil, yield) }
}

func walk(t reflect.Type, above []int, yield func(reflect.StructField) bool) bool {
	for i := range t.NumField() {
		f := t.Field(i)
		f.Index = slices.Concat(above, []int{i})
		_, member := Member(f)

		var more bool
		switch {
		case f.Anonymous && !member && f.Type.Kind() == reflect.Pointer:
			panic(fmt.Sprintf("%s embeds a pointer to %s: embed the struct itself", t, f.Type.Elem()))
		case f.Anonymous && !member && f.Type.Kind() == reflect.Struct:
			more = walk(f.Type, f.Index, yield)
		default:
			more = yield(f)
		}
		if !more {
			return false
		}
	}
	return true
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

// objectType is how a struct is read.
type objectType struct {
	fields map[string]field
	given  []string // members that must be there, whatever their value, by the rule given
	least  int      // how many members must be there, from the tag minProperties of a field named _
}

// field is how one member is read.
type field struct {
	index    []int
	shape    shape
	nullable bool
	trim     bool
}

var objects sync.Map // reflect.Type → *objectType

func objectOf(t reflect.Type) *objectType {
	if o, ok := objects.Load(t); ok {
		return o.(*objectType)
	}
	o := &objectType{fields: map[string]field{}}
	for f := range Fields(t) {
		if f.Name == "_" {
			o.least, _ = strconv.Atoi(f.Tag.Get("minProperties"))
		}
		if name, ok := Member(f); ok {
			if isGiven(f) {
				o.given = append(o.given, name)
			}
			o.fields[name] = field{
				index:    f.Index,
				shape:    shapeOf(f.Type),
				nullable: f.Type.Kind() == reflect.Pointer && !omits(f),
				trim:     f.Tag.Get("mod") == "trim",
			}
		}
	}
	objects.Store(t, o)
	return o
}

func omits(f reflect.StructField) bool {
	tag := f.Tag.Get("json")
	return strings.Contains(tag, ",omitempty") || strings.Contains(tag, ",omitzero")
}
