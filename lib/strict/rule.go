package strict

import (
	"reflect"
	"strings"

	"github.com/go-playground/validator/v10"
)

// ruleCode is the stable word for a broken rule; rules that mean the same share one.
func ruleCode(tag string) string {
	switch {
	case tag == "gte":
		return "min"
	case tag == "lte":
		return "max"
	case strings.HasPrefix(tag, "required"):
		return "required"
	}
	return tag
}

func ruleDetail(w validator.FieldError) string {
	switch ruleCode(w.Tag()) {
	case "required":
		return "must be given and not be empty"
	case "min":
		return bound("at least", w)
	case "max":
		return bound("at most", w)
	case "len":
		return bound("exactly", w)
	case "gt":
		return bound("more than", w)
	case "lt":
		return bound("less than", w)
	case "oneof":
		return "must be one of " + strings.Join(splitOneOf(w.Param()), ", ")
	case "unique":
		return "must not repeat an entry"
	case "email":
		return "must be an e-mail address"
	case "uuid":
		return "must be a UUID"
	case "url", "uri":
		return "must be a URL"
	case "iso4217":
		return "must be the code of a currency by ISO 4217, as EUR"
	case "iso3166_1_alpha2":
		return "must be the code of a country by ISO 3166-1, as BR"
	}
	return "must satisfy " + strings.TrimSuffix(w.Tag()+"="+w.Param(), "=")
}

func bound(how string, w validator.FieldError) string {
	switch indirect(w.Type()).Kind() {
	case reflect.String:
		return "must have " + how + " " + counted(w.Param(), "character")
	case reflect.Slice, reflect.Array, reflect.Map:
		return "must have " + how + " " + counted(w.Param(), "entry")
	default:
		return "must be " + how + " " + w.Param()
	}
}
