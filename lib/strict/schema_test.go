package strict_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"example.com/app/lib/strict"
)

type rules struct {
	Name   string         `json:"name" validate:"required,min=2,max=5" mod:"trim" doc:"What it is called."`
	Half   string         `json:"half" validate:"min=2"`
	Secret string         `json:"secret" validate:"required" format:"password"`
	Title  *string        `json:"title,omitempty" validate:"omitempty,min=1" mod:"trim"`
	Lines  []string       `json:"lines,omitempty" validate:"dive,min=1" mod:"trim"`
	Kind   string         `json:"kind,omitempty" validate:"omitempty,oneof=flat 'big house'"`
	Size   int            `json:"size,omitempty" validate:"omitempty,oneof=1 2"`
	Level  int64          `json:"level" validate:"required"`
	Sure   bool           `json:"sure" validate:"required"`
	Odds   float64        `json:"odds,omitempty" validate:"gte=0,lt=1"`
	Mail   string         `json:"mail,omitempty" validate:"omitempty,email"`
	Tags   []string       `json:"tags,omitempty" validate:"max=2,unique,dive,len=3"`
	Stock  map[string]int `json:"stock,omitempty" validate:"max=2,dive,gt=0"`
	Maybe  *int           `json:"maybe" validate:"omitempty,max=9"`
	Never  *int           `json:"never,omitempty" validate:"omitempty,max=9"`
	Inner  inner          `json:"inner"`
	Inners []*inner       `json:"inners,omitempty" validate:"dive"`
	Alone  *inner         `json:"alone"`
	At     time.Time      `json:"at,omitzero"`
	Any    any            `json:"any,omitempty"`
}

type inner struct {
	City string   `json:"city" validate:"required"`
	Zip  string   `json:"zip,omitempty"`
	_    struct{} `minProperties:"1"`
}

func compiled(t *testing.T, v any, use strict.Use) *jsonschema.Schema {
	t.Helper()
	text, err := strict.Schema(v, use)
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("schema.json", document); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("schema.json")
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return s
}

// good is a document that breaks no rule; each test replaces or adds members at its end.
const good = `"name":"Ada","half":"ab","secret":"s","level":1,"sure":true,"maybe":null,"inner":{"city":"Rome"},"alone":null`

func TestSchemaTakesExactlyWhatDecodeTakes(t *testing.T) {
	t.Parallel()
	schema := compiled(t, rules{}, strict.In)
	for body, want := range map[string]bool{
		`{` + good + `}`:                               true,
		`{}`:                                           false,
		`[]`:                                           false,
		`null`:                                         false,
		`{` + good + `,"x":1}`:                         false,
		`{` + good + `,"kind":"big house"}`:            true,
		`{` + good + `,"kind":"big"}`:                  false,
		`{` + good + `,"title":" a "}`:                 true,
		`{` + good + `,"title":" "}`:                   false,
		`{` + good + `,"title":""}`:                    false,
		`{` + good + `,"lines":[" a "]}`:               true,
		`{` + good + `,"lines":[" "]}`:                 false,
		`{` + good + `,"size":2}`:                      true,
		`{` + good + `,"size":3}`:                      false,
		`{` + good + `,"odds":0.5}`:                    true,
		`{` + good + `,"odds":1}`:                      false,
		`{` + good + `,"odds":-0.1}`:                   false,
		`{` + good + `,"mail":"a@b.example"}`:          true,
		`{` + good + `,"mail":"a"}`:                    false,
		`{` + good + `,"tags":["abc","abd"]}`:          true,
		`{` + good + `,"tags":["abc","abc"]}`:          false,
		`{` + good + `,"tags":["abc","abd","abe"]}`:    false,
		`{` + good + `,"tags":["ab"]}`:                 false,
		`{` + good + `,"tags":null}`:                   false,
		`{` + good + `,"stock":{"a":1}}`:               true,
		`{` + good + `,"stock":{"a":0}}`:               false,
		`{` + good + `,"stock":{"a":1,"b":1,"c":1}}`:   false,
		`{` + good + `,"never":9}`:                     true,
		`{` + good + `,"never":null}`:                  false,
		`{` + good + `,"never":10}`:                    false,
		`{` + good + `,"inners":[{"city":"a"},null]}`:  false,
		`{` + good + `,"inners":[{"city":""}]}`:        false,
		`{` + good + `,"inners":[{}]}`:                 false,
		`{` + good + `,"inners":[{"city":"a","x":1}]}`: false,
		`{` + good + `,"at":"2020-01-02T03:04:05Z"}`:   true,
		`{` + good + `,"at":"2020-01-02"}`:             false,
		`{` + good + `,"any":{"x":[null]}}`:            true,
		`{"name":" ","half":"ab","level":1,"sure":true,"inner":{"city":"a"}}`:                                      false,
		`{"name":"Ada","half":"","level":1,"sure":true,"inner":{"city":"a"}}`:                                      false,
		`{"name":"Ada","level":1,"sure":true,"inner":{"city":"a"}}`:                                                false,
		`{"name":"Ada","half":"ab","secret":"","level":1,"sure":true,"inner":{"city":"a"},"alone":null,"maybe":1}`: false,
		`{"name":"Ada","half":"ab","secret":"s","level":0,"sure":true,"inner":{"city":"a"}}`:                       false,
		`{"name":"Ada","half":"ab","secret":"s","level":1,"sure":false,"inner":{"city":"a"}}`:                      false,
		`{"name":"Ada","half":"ab","secret":"s","level":1,"sure":true}`:                                            false,
		`{"name":"Ada","half":"ab","secret":"s","level":1,"sure":true,"inner":null}`:                               false,
		`{"name":"Ada","half":"ab","secret":"s","level":1,"sure":true,"inner":{"city":"a"},"alone":{"zip":"1"}}`:   false,
		`{"name":"Ada","half":"ab","secret":"s","level":1,"sure":true,"inner":{"city":"a"},"maybe":3}`:             true,
	} {
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(body)))
		if err != nil {
			t.Fatal(err)
		}
		decoded, valid := strict.Decode([]byte(body), new(rules)), schema.Validate(value)
		if (decoded == nil) != want || (valid == nil) != want {
			t.Errorf("%s\nDecode: %v\nschema: %v", body, decoded, valid)
		}
	}
}

func TestWhatMarshalWritesFitsTheSchema(t *testing.T) {
	t.Parallel()
	schema := compiled(t, rules{}, strict.Out)
	for _, v := range []rules{{}, {Maybe: new(1), Never: new(1), Alone: &inner{}, Inners: []*inner{{}}, Tags: []string{}, At: time.Now()}} {
		body, err := strict.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(value); err != nil {
			t.Errorf("%s: %v", body, err)
		}
	}
	if schema.Validate(map[string]any{"name": "a"}) == nil {
		t.Error("members that are always written must be required")
	}
}

func TestRequiredIsWhatItsOwnRulesRefuseToMiss(t *testing.T) {
	t.Parallel()
	type fields struct {
		A string  `validate:"required"`
		B string  `validate:"min=1"`
		C *string `validate:"min=1"`
		D string  `validate:"omitempty,min=1"`
		E string  `validate:"max=5"`
		F int     `validate:"min=1" default:"5"`
		G *string `validate:"required_without=H"`
		H *string
		I string `validate:"eqfield=A"`
	}
	want := map[string]bool{"A": true, "B": true, "C": true}
	for f := range strict.Fields(reflect.TypeFor[fields]()) {
		if strict.Required(f) != want[f.Name] {
			t.Errorf("%s: %t", f.Name, strict.Required(f))
		}
	}
}

func TestCurrenciesAndCountriesAreListed(t *testing.T) {
	t.Parallel()
	type place struct {
		Currency string `json:"currency" validate:"required,iso4217"`
		Country  string `json:"country,omitempty" validate:"omitempty,iso3166_1_alpha2"`
	}

	schema, err := strict.Schema(place{}, strict.In)
	if err != nil {
		t.Fatal(err)
	}
	var described struct {
		Properties struct{ Currency, Country struct{ Enum []string } }
	}
	if err := json.Unmarshal(schema, &described); err != nil {
		t.Fatal(err)
	}

	for _, test := range []struct {
		codes      []string
		least      int
		known, not string
	}{
		{described.Properties.Currency.Enum, 150, "BRL", "ABC"},
		{described.Properties.Country.Enum, 240, "BR", "AA"},
	} {
		if len(test.codes) < test.least || !slices.Contains(test.codes, test.known) || slices.Contains(test.codes, test.not) || !slices.IsSorted(test.codes) {
			t.Errorf("the schema lists %v", test.codes)
		}
	}
	for text, want := range map[string]bool{
		`{"currency": "BRL"}`: true, `{"currency": "brl"}`: false, `{"currency": "ABC"}`: false, `{"currency": "EURO"}`: false,
		`{"currency": "BRL", "country": "BR"}`: true, `{"currency": "BRL", "country": "br"}`: false,
		`{"currency": "BRL", "country": "AA"}`: false, `{"currency": "BRL", "country": "BRA"}`: false,
	} {
		if err := strict.Decode([]byte(text), new(place)); (err == nil) != want {
			t.Errorf("%s is answered %v", text, err)
		}
	}
}
