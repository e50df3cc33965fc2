package strict

import (
	"bytes"
	"errors"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/swaggest/jsonschema-go"
)

// maxObject bounds an Object in bytes, with its numbers written out: 1e9 counts as ten. In the columns of jsonb they are,
// where a few bytes could grow to 131,072 digits (PostgreSQL, "Numeric Types").
const maxObject = 16 << 10

var (
	errLarge    = errors.New("must have at most " + strconv.Itoa(maxObject) + " bytes, with all digits of its numbers written out")
	errNoObject = errors.New("must be an object")
)

// Object is a JSON object of at most 16 KiB that is kept as it came, to the last digit of its numbers, but for white space; nil is {}.
type Object []byte

// MarshalJSON writes it as it is.
func (o Object) MarshalJSON() ([]byte, error) {
	if o == nil {
		return []byte("{}"), nil
	}
	return o, nil
}

// UnmarshalJSON refuses anything but an object, and one that is too large.
func (o *Object) UnmarshalJSON(body []byte) error {
	if jsontext.Value(body).Kind() != '{' {
		return errNoObject
	}
	if size(body) > maxObject {
		return errLarge
	}
	compact := jsontext.Value(bytes.Clone(body))
	if err := compact.Compact(); err != nil {
		return err
	}
	*o = Object(compact)
	return nil
}

// JSONSchema lets every member be.
func (Object) JSONSchema() (jsonschema.Schema, error) {
	var s jsonschema.Schema
	s.AddType(jsonschema.Object)
	s.WithAdditionalProperties(jsonschema.SchemaOrBool{TypeBoolean: new(true)})
	return s, nil
}

// size is that of a document without white space and with its numbers written out, or anything above maxObject.
func size(body []byte) (n int) {
	d := jsontext.NewDecoder(bytes.NewBuffer(body))
	for n <= maxObject {
		value, err := d.ReadToken()
		if err != nil {
			break
		}
		switch value.Kind() {
		case '0':
			n += digits(value.String())
		case '"':
			n += len(quoted(value.String()))
		default:
			n += len(value.String())
		}
		n++ // the comma or colon
	}
	return n
}

// quoted is a text as an answer shows it: a control character takes six bytes.
func quoted(text string) []byte {
	b, _ := jsontext.AppendQuote(nil, text) // its error is of bytes that are no UTF-8, which the decoder has refused
	return b
}

// digits counts the characters of a number that is written out.
func digits(number string) int {
	mantissa, power, _ := strings.Cut(strings.ToLower(number), "e")
	exponent, err := strconv.Atoi(power)
	switch {
	case power == "":
		return len(mantissa)
	case err != nil || max(exponent, -exponent) > maxObject:
		return maxObject
	default:
		return len(mantissa) + max(exponent, -exponent)
	}
}
