// Package strict turns JSON from outside into structs, or says everything that is wrong with it at once.
//
// Members are the fields with a json tag, matched by their exact names. Refused are unknown and repeated members,
// data after the document, invalid UTF-8, U+0000 in any text (PostgreSQL cannot keep it) and nesting deeper than 64.
// So is null, unless the field is a pointer without omitempty or its type has its own UnmarshalJSON.
// The tag mod:"trim" takes the white space around a text away before its length is judged; minProperties:"1" on a
// field named _ asks for at least one member, and the rule given for one whatever it holds, where required would refuse
// false and 0. Of several rules in a validate tag, a field tells the first it breaks.
package strict

import (
	"errors"

	"github.com/go-json-experiment/json"
)

const (
	maxDepth    = 64
	unreadDepth = 9_999 // names on the way to where the JSON package goes no deeper
	maxProblems = 100
)

// Decode fills into, a pointer, from body and judges it by its validate tags.
// It answers *SyntaxError when body is no JSON document, Problems when anything else is wrong.
func Decode(body []byte, into any) error {
	err := Unmarshal(body, into)
	problems, ok := errors.AsType[Problems](err)
	if err != nil && !ok {
		return err
	}
	return problems.Merge(validate(into)).Err()
}

// Unmarshal is Decode without the judgement; with Problems, into holds whatever could be read.
func Unmarshal(body []byte, into any) error {
	d := newDecoder(body)
	defer d.release()
	return d.document(into)
}

// Validate judges v, a struct or a pointer to one, by its validate tags and answers Problems.
func Validate(v any) error { return validate(v).Err() }

// Marshal writes v as JSON: nil slices as [], nil maps as {}, map members in order.
func Marshal(v any) ([]byte, error) { return json.Marshal(v, json.Deterministic(true)) }
