package api

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"example.com/app/lib/strict"
)

// setter fills a value from its text form; its error is a sentence.
type setter func(v reflect.Value, text string) error

// sentence is an error that a client may read.
type sentence string

func (s sentence) Error() string { return string(s) }

func mustBe(t reflect.Type) sentence { return sentence(strict.MustBe(t)) }

// setterFor fails for types that have no text form.
func setterFor(t reflect.Type, trim bool) (setter, error) {
	switch {
	case t.Kind() == reflect.Pointer:
		inner, err := setterFor(t.Elem(), trim)
		return func(v reflect.Value, text string) error {
			v.Set(reflect.New(t.Elem()))
			return inner(v.Elem(), text)
		}, err
	case t == reflect.TypeFor[uuid.UUID]():
		return setUUID, nil
	case reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
		return setText, nil
	}

	switch t.Kind() {
	case reflect.String:
		return setString(trim), nil
	case reflect.Bool:
		return setBool, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return setInt, nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return setUint, nil
	default:
		return nil, fmt.Errorf("%s has no text form", t)
	}
}

func setText(v reflect.Value, text string) error {
	err := v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(text))
	if _, ok := errors.AsType[sentence](err); ok || err == nil {
		return err
	}
	return mustBe(v.Type())
}

// setUUID takes the one spelling of RFC 9562, section 4, whatever its case, and no braces or urn:uuid: around it.
func setUUID(v reflect.Value, text string) error {
	id, err := uuid.Parse(text)
	if err != nil || len(text) != len(uuid.Nil.String()) {
		return sentence("must be a UUID")
	}
	v.Set(reflect.ValueOf(id))
	return nil
}

func setString(trim bool) setter {
	return func(v reflect.Value, text string) error {
		if !utf8.ValidString(text) || strings.IndexByte(text, 0) >= 0 {
			return sentence("must be UTF-8 without U+0000")
		}
		if trim {
			text = strings.TrimSpace(text)
		}
		v.SetString(text)
		return nil
	}
}

func setBool(v reflect.Value, text string) error {
	if text != "true" && text != "false" {
		return mustBe(v.Type())
	}
	v.SetBool(text == "true")
	return nil
}

func setInt(v reflect.Value, text string) error {
	n, err := strconv.ParseInt(text, 10, v.Type().Bits())
	if err != nil || !plain(strings.TrimPrefix(text, "-")) || text == "-0" {
		return mustBe(v.Type())
	}
	v.SetInt(n)
	return nil
}

func setUint(v reflect.Value, text string) error {
	n, err := strconv.ParseUint(text, 10, v.Type().Bits())
	if err != nil || !plain(text) {
		return mustBe(v.Type())
	}
	v.SetUint(n)
	return nil
}

// plain refuses +7 and 007, so that one number has one spelling.
func plain(digits string) bool {
	return digits[0] != '+' && (digits[0] != '0' || len(digits) == 1)
}
