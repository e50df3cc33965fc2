package strict

import (
	"reflect"
	"strconv"
	"strings"

	"github.com/swaggest/jsonschema-go"
)

// Required tells whether leaving f out breaks its rules.
func Required(f reflect.StructField) bool {
	if isGiven(f) {
		return true
	}
	tag := f.Tag.Get("validate")
	if tag == "-" || f.Tag.Get("default") != "" || namesOthers(tag) {
		return false
	}
	if shapeOf(f.Type) == object && !strings.Contains(tag, "omitempty") && len(validate(reflect.Zero(f.Type).Interface())) > 0 {
		return true
	}
	return tag != "" && rules().Var(reflect.Zero(f.Type).Interface(), tag) != nil
}

// namesOthers finds rules over several fields, which one field alone cannot break.
func namesOthers(tag string) bool {
	for rule := range strings.SplitSeq(tag, ",") {
		name, _, _ := strings.Cut(rule, "=")
		if strings.Contains(name, "_with") || strings.Contains(name, "_if") || strings.Contains(name, "_unless") ||
			strings.HasSuffix(name, "field") {
			return true
		}
	}
	return false
}

// applyRules says the field's validate and mod tags in keywords of JSON Schema.
func applyRules(s *jsonschema.Schema, f reflect.StructField) {
	keywords(s, indirect(f.Type), strings.Split(f.Tag.Get("validate"), ","))

	if f.Tag.Get("mod") == "trim" {
		visible(s)
	}
}

// visible asks a text that must not be empty for something that trimming leaves.
func visible(s *jsonschema.Schema) {
	for ; s != nil; s = entriesOf(s) {
		if s.MinLength > 0 {
			s.WithPattern(`\S`)
		}
	}
}

func keywords(s *jsonschema.Schema, t reflect.Type, rules []string) {
	for i, rule := range rules {
		name, arg, _ := strings.Cut(rule, "=")
		switch name {
		case "required":
			present(s, t)
		case "min", "gte", "max", "lte", "gt", "lt", "len":
			bounds(s, t, name, arg)
		case "oneof":
			s.Enum = enum(t, arg)
		case "iso4217":
			s.Enum = currencies()
		case "iso3166_1_alpha2":
			s.Enum = countries()
		case "unique":
			s.WithUniqueItems(true)
		case "dive":
			elements(s, t, rules[i+1:])
			return
		default:
			format(s, name)
		}
	}
}

// present says what required means for a value that is there: not the zero one.
func present(s *jsonschema.Schema, t reflect.Type) {
	switch {
	case t.Kind() == reflect.String && (s.Format == nil || *s.Format == "password"): // other formats are never empty
		s.MinLength = max(s.MinLength, 1)
	case t.Kind() == reflect.Bool:
		s.WithConst(true)
	case isNumber(t):
		s.WithNot((&jsonschema.Schema{}).WithConst(0).ToSchemaOrBool())
	}
}

func isNumber(t reflect.Type) bool { return t.Kind() >= reflect.Int && t.Kind() <= reflect.Float64 }

func format(s *jsonschema.Schema, name string) {
	switch name {
	case "email", "uuid", "uri", "ipv4", "ipv6", "hostname":
		s.WithFormat(name)
	case "url":
		s.WithFormat("uri")
	}
}

func enum(t reflect.Type, arg string) []any {
	var values []any
	for _, word := range splitOneOf(arg) {
		if n, err := strconv.ParseInt(word, 10, 64); err == nil && isNumber(t) {
			values = append(values, n)
			continue
		}
		values = append(values, word)
	}
	return values
}

// splitOneOf splits at spaces outside of single quotes.
func splitOneOf(arg string) []string {
	var words []string
	for i, part := range strings.Split(arg, "'") {
		if i%2 == 1 {
			words = append(words, part)
			continue
		}
		words = append(words, strings.Fields(part)...)
	}
	return words
}

func elements(s *jsonschema.Schema, t reflect.Type, rules []string) {
	if t.Kind() != reflect.Slice && t.Kind() != reflect.Array && t.Kind() != reflect.Map {
		return
	}
	if entries := entriesOf(s); entries != nil && entries.Ref == nil {
		keywords(entries, indirect(t.Elem()), rules)
	}
}

func indirect(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}
