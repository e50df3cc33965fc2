package config

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// ownError is what a type's UnmarshalText says, in words of its own.
type ownError struct{ error }

var errNoSetting = errors.New("no setting can have this type")

// parse reads text into v, which is addressable.
func parse(v reflect.Value, text string) error {
	if own, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		if err := own.UnmarshalText([]byte(text)); err != nil {
			return ownError{err}
		}
		return nil
	}

	kind := v.Kind()
	switch {
	case v.Type() == reflect.TypeFor[time.Duration]():
		d, err := time.ParseDuration(text)
		v.SetInt(int64(d))
		return err
	case v.CanInt():
		n, err := strconv.ParseInt(text, 10, v.Type().Bits())
		v.SetInt(n)
		return err
	case kind == reflect.String:
		v.SetString(text)
		return nil
	case kind == reflect.Bool:
		return parseBool(v, text)
	case kind == reflect.Slice:
		return parseList(v, text)
	}
	return errNoSetting
}

func parseBool(v reflect.Value, text string) error {
	switch strings.ToLower(text) {
	case "on", "true", "1":
		v.SetBool(true)
	case "off", "false", "0":
		v.SetBool(false)
	default:
		return strconv.ErrSyntax
	}
	return nil
}

// parseList takes commas between the values and spaces around them.
func parseList(v reflect.Value, text string) error {
	v.Set(reflect.MakeSlice(v.Type(), 0, 0))
	if text == "" {
		return nil
	}

	var errs []error
	for part := range strings.SplitSeq(text, ",") {
		element := reflect.New(v.Type().Elem()).Elem()
		errs = append(errs, parse(element, strings.TrimSpace(part)))
		v.Set(reflect.Append(v, element))
	}
	return errors.Join(errs...)
}

// show is the text of a value that no layer gave.
func show(v reflect.Value) string {
	return fmt.Sprint(v.Interface())
}
