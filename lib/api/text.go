package api

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"
)

// setter fills a value from its text form; what is returned says in words what the text must be.
type setter func(v reflect.Value, text string) error

// setterFor fails for types that have no text form.
func setterFor(t reflect.Type, trim bool) (setter, error) {
	switch {
	case t.Kind() == reflect.Pointer:
		inner, err := setterFor(t.Elem(), trim)
		return func(v reflect.Value, text string) error {
			v.Set(reflect.New(t.Elem()))
			return inner(v.Elem(), text)
		}, err
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
	if err == nil || errors.Is(err, errForeignCursor) {
		return err
	}
	return fmt.Errorf("must be a valid %s", v.Type().Name())
}

func setString(trim bool) setter {
	return func(v reflect.Value, text string) error {
		if !utf8.ValidString(text) || strings.IndexByte(text, 0) >= 0 {
			return errors.New("must be UTF-8 without U+0000")
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
		return errors.New("must be true or false")
	}
	v.SetBool(text == "true")
	return nil
}

func setInt(v reflect.Value, text string) error {
	n, err := strconv.ParseInt(text, 10, v.Type().Bits())
	if err != nil || !plain(strings.TrimPrefix(text, "-")) || text == "-0" {
		return fmt.Errorf("must be a whole number of at most %d bits", v.Type().Bits())
	}
	v.SetInt(n)
	return nil
}

func setUint(v reflect.Value, text string) error {
	n, err := strconv.ParseUint(text, 10, v.Type().Bits())
	if err != nil || !plain(text) {
		return fmt.Errorf("must be a whole number from 0, of at most %d bits", v.Type().Bits())
	}
	v.SetUint(n)
	return nil
}

// plain refuses +7 and 007, so that one number has one spelling.
func plain(digits string) bool {
	return digits[0] != '+' && (digits[0] != '0' || len(digits) == 1)
}
