package strict

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/go-playground/validator/v10"
)

// rules caches what it learns of each type, so there is one for the process.
var rules = sync.OnceValue(func() *validator.Validate {
	v := validator.New(validator.WithRequiredStructEnabled())
	if err := v.RegisterValidation(given, func(validator.FieldLevel) bool { return true }); err != nil { // reading has judged it
		panic(err) // the name is ours
	}
	v.RegisterTagNameFunc(func(f reflect.StructField) string { return pointerNames.Replace(place(f)) })
	return v
})

const given = "given"

func isGiven(f reflect.StructField) bool {
	return slices.Contains(strings.Split(f.Tag.Get("validate"), ","), given)
}

// The validator joins names with dots and brackets; these travel through it and become a pointer's own escapes.
const embedded = "\x00"

var (
	pointerNames = strings.NewReplacer(".", "\x01", "[", "\x02", "]", "\x03")
	pointerRead  = strings.NewReplacer("\x01", ".", "\x02", "[", "\x03", "]")
)

// place is where the value of f comes from, as a pointer without its first slash.
func place(f reflect.StructField) string {
	if part, name, ok := Source(f); ok {
		return part + "/" + escape.Replace(name)
	}
	if name, ok := Member(f); ok {
		return escape.Replace(name)
	}
	if f.Anonymous {
		return embedded
	}
	return f.Name
}

func validate(v any) Problems {
	err := rules().Struct(v)
	if err == nil {
		return nil
	}
	wrong, ok := errors.AsType[validator.ValidationErrors](err)
	if !ok {
		panic(err) // v is no struct: a mistake of the program
	}

	name := indirect(reflect.TypeOf(v)).Name()
	problems := make(Problems, 0, len(wrong))
	for _, w := range wrong[:min(len(wrong), maxProblems)] {
		namespace := strings.TrimPrefix(w.Namespace(), name+".")
		problems = append(problems, Problem{pointerOf(namespace), ruleCode(w.Tag()), ruleDetail(w)})
	}
	return problems
}

// pointerOf turns the validator's items[3].name into /items/3/name.
func pointerOf(namespace string) string {
	var b strings.Builder
	for namespace != "" {
		var part string
		part, namespace = cutPart(namespace)
		if part != embedded {
			b.WriteString("/" + part)
		}
	}
	return shortened(b.String())
}

// cutPart takes the first name or [key] off; a key may hold dots and brackets, as clients choose the keys of maps.
func cutPart(namespace string) (part, rest string) {
	if namespace[0] != '[' {
		end := strings.IndexAny(namespace, ".[")
		if end < 0 {
			end = len(namespace)
		}
		return pointerRead.Replace(namespace[:end]), strings.TrimPrefix(namespace[end:], ".")
	}
	for end := range namespace {
		rest := namespace[end+1:]
		if namespace[end] == ']' && (rest == "" || rest[0] == '.' || rest[0] == '[') {
			return escape.Replace(namespace[1:end]), strings.TrimPrefix(rest, ".")
		}
	}
	return escape.Replace(namespace[1:]), ""
}
