package strict

import (
	"encoding"
	"errors"
	"io"
	"reflect"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

func syntaxError(err error) *SyntaxError {
	s, ok := errors.AsType[*jsontext.SyntacticError](err)
	if !ok {
		return &SyntaxError{Code: "empty", Detail: "must be a JSON document, and nothing came"}
	}

	e := &SyntaxError{Pointer: string(s.JSONPointer), Code: "syntax"}
	switch {
	case errors.Is(err, jsontext.ErrDuplicateName):
		e.Code, e.Detail = "duplicate", "must be given only once"
	case errors.Is(err, io.ErrUnexpectedEOF):
		e.Detail = "must be a whole JSON document: it ends too early"
	default:
		e.Detail = "must be a JSON document: it is not, at byte " + strconv.FormatInt(s.ByteOffset, 10)
	}
	return e
}

// MustBe says in words what a value of type t looks like: "must be a whole number of at most 64 bits".
func MustBe(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[time.Time]():
		return "must be a date and time like 2006-01-02T15:04:05Z"
	case reflect.TypeFor[[]byte]():
		return "must be base64"
	case reflect.TypeFor[Object]():
		return errNoObject.Error()
	}
	if t.Kind() == reflect.Pointer {
		return MustBe(t.Elem())
	}
	if s := shapeOf(t); s == anything || s == leaf && implements[encoding.TextUnmarshaler](t) {
		return "must be a valid " + t.Name()
	}

	switch t.Kind() {
	case reflect.String:
		return "must be a string"
	case reflect.Bool:
		return "must be true or false"
	case reflect.Float32, reflect.Float64:
		return "must be a number"
	case reflect.Struct, reflect.Map:
		return "must be an object"
	case reflect.Slice, reflect.Array:
		return "must be a list"
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "must be a whole number from 0, of at most " + strconv.Itoa(t.Bits()) + " bits"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return "must be a whole number of at most " + strconv.Itoa(t.Bits()) + " bits"
	default:
		return "must be a valid " + t.Name()
	}
}

func counted(n, noun string) string {
	switch {
	case n == "1":
		return "one " + noun
	case noun == "entry":
		return n + " entries"
	default:
		return n + " " + noun + "s"
	}
}
