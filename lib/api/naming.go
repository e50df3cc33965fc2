package api

import (
	"reflect"
	"strings"

	"github.com/swaggest/jsonschema-go"
	"github.com/swaggest/openapi-go"

	"example.com/app/lib/strict"
)

// useOf tells what the document is describing at the moment.
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

// definitionNames are the types' names without their packages. A type that is both read and written has
// two schemas: the one that is met later gets a longer name.
func definitionNames() func(*jsonschema.ReflectContext) {
	first := map[reflect.Type]strict.Use{}
	return func(rc *jsonschema.ReflectContext) {
		jsonschema.InterceptDefName(func(t reflect.Type, _ string) string {
			use := useOf(rc)
			if use == strict.Parameter {
				return plainName(t)
			}
			if _, met := first[t]; !met {
				first[t] = use
			}
			switch {
			case first[t] == use:
				return plainName(t)
			case use == strict.In:
				return plainName(t) + "Request"
			default:
				return plainName(t) + "Response"
			}
		})(rc)
	}
}

// plainName writes Page[example.com/app/schemas.StudentOut] as PageStudentOut.
func plainName(t reflect.Type) string {
	if t == reflect.TypeFor[strict.Problem]() {
		return "InvalidMember" // Problem is the document around it
	}
	name, args, _ := strings.Cut(strings.TrimSuffix(t.Name(), "]"), "[")
	parts := []string{name}
	for arg := range strings.SplitSeq(args, ",") {
		parts = append(parts, strings.Trim(arg[strings.LastIndexByte(arg, '.')+1:], "[]"))
	}
	return strings.Join(parts, "")
}
