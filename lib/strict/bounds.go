package strict

import (
	"reflect"
	"strconv"

	"github.com/swaggest/jsonschema-go"
)

// bounds says min, max and the like in the keyword that fits the type.
func bounds(s *jsonschema.Schema, t reflect.Type, rule, arg string) {
	if isNumber(t) {
		if n, err := strconv.ParseFloat(arg, 64); err == nil {
			numeric(s, rule, n)
		}
		return
	}

	n, err := strconv.ParseInt(arg, 10, 64)
	if err != nil {
		return
	}
	least, most := limits(rule, n)
	switch t.Kind() {
	case reflect.String:
		set(least, func(n int64) { s.MinLength = n })
		set(most, func(n int64) { s.MaxLength = &n })
	case reflect.Slice, reflect.Array:
		set(least, func(n int64) { s.MinItems = n })
		set(most, func(n int64) { s.MaxItems = &n })
	case reflect.Map:
		set(least, func(n int64) { s.MinProperties = n })
		set(most, func(n int64) { s.MaxProperties = &n })
	default: // nothing else has a size
	}
}

func numeric(s *jsonschema.Schema, rule string, n float64) {
	switch rule {
	case "min", "gte":
		s.WithMinimum(n)
	case "max", "lte":
		s.WithMaximum(n)
	case "gt":
		s.WithExclusiveMinimum(n)
	case "lt":
		s.WithExclusiveMaximum(n)
	case "len":
		s.WithMinimum(n).WithMaximum(n)
	}
}

func limits(rule string, n int64) (least, most *int64) {
	switch rule {
	case "min", "gte":
		return &n, nil
	case "max", "lte":
		return nil, &n
	case "gt":
		return new(n + 1), nil
	case "lt":
		return nil, new(n - 1)
	default:
		return &n, &n
	}
}

func set(n *int64, keyword func(int64)) {
	if n != nil {
		keyword(*n)
	}
}
