package config

import (
	"cmp"
	"encoding"
	"errors"
	"log/slog"
	"net/netip"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/go-playground/validator/v10"
)

// rules are those of the validate tags, and "scheme=a b" for a URL.
type rules struct{ validate *validator.Validate }

func newRules() rules {
	v := validator.New()
	_ = v.RegisterValidation("scheme", hasScheme) // fails only for an empty name
	return rules{v}
}

func hasScheme(f validator.FieldLevel) bool {
	text := f.Field().String()
	scheme, _, slashes := strings.Cut(text, "://")
	_, err := url.Parse(text)
	return err == nil && slashes && slices.Contains(strings.Fields(f.Param()), scheme)
}

func (r rules) hold(f field) bool {
	return f.rules == "" || r.validate.Var(f.value.Interface(), f.rules) == nil
}

// wanted is what is allowed, made from the type and the rules so that it cannot differ from them. A type that
// reads itself says in err what it wants.
func (f field) wanted(err error) string {
	if own, ok := errors.AsType[ownError](err); ok && !f.secret && !foreign(f.value.Type()) {
		return "cannot be used: " + own.Error()
	}
	return "must be " + wanted(f.value.Type(), f.rules)
}

// foreign types are not ours: their errors do not say what they want.
func foreign(t reflect.Type) bool {
	return t == reflect.TypeFor[slog.Level]() || t == reflect.TypeFor[[]netip.Prefix]()
}

func wanted(t reflect.Type, rules string) string {
	own, each, _ := strings.Cut(rules, "dive")
	if t.Kind() == reflect.Slice && !readsItself(t) {
		return "a comma-separated list, each value " + wanted(t.Elem(), strings.Trim(each, ","))
	}

	limits := map[string]string{}
	for rule := range strings.SplitSeq(own, ",") {
		name, param, _ := strings.Cut(rule, "=")
		limits[name] = param
	}
	switch {
	case strings.Contains(own, "hostname"):
		return "a host name or an IP address"
	case limits["oneof"] != "":
		return alternatives(strings.Fields(limits["oneof"]))
	case limits["scheme"] != "":
		url := "a URL that begins with " + alternatives(schemes(limits["scheme"]))
		if strings.HasPrefix(limits["scheme"], "http") {
			return url // few have a password
		}
		return url + ", special characters in its password percent-encoded"
	}
	return kind(t) + span(t, limits["min"], limits["max"])
}

func kind(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[slog.Level]():
		return "debug, info, warn or error"
	case t == reflect.TypeFor[time.Duration]():
		return "a duration like 500ms, 20s or 1m30s"
	case t == reflect.TypeFor[netip.Prefix]():
		return "a network like 10.0.0.0/8 or 192.0.2.1/32"
	case readsItself(t):
		return "well-formed"
	case t.Kind() == reflect.Bool:
		return "on, off, true or false"
	case t.Kind() == reflect.String:
		return "a text"
	}
	return "a whole number"
}

func span(t reflect.Type, least, most string) string {
	unit := ""
	if t.Kind() == reflect.String {
		unit = " characters"
	}
	switch {
	case least != "" && most != "":
		return " from " + least + " to " + most + unit
	case least != "":
		return " of at least " + least + unit
	case most != "":
		return " of at most " + most + unit
	}
	return ""
}

func readsItself(t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

func alternatives(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return cmp.Or(words...)
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

func schemes(names string) []string {
	all := strings.Fields(names)
	for i := range all {
		all[i] += "://"
	}
	return all
}
