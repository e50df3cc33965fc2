package strict_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"example.com/app/lib/strict"
)

// FuzzDecode holds what is taken to the standard library's lenient reading, and what is refused to a pointer that
// can be written down.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"name":"Ada","homes":[{"city":"Rome"}]}`, `{"name":" a ","friend":{"b":{"name":"c"}}}`, `{"extra":[1,{"a":null}]}`,
		`{"name":"\u0000"}`, `{"name":"a","name":"b"}`, `[`, ``, `{"pair":[1,2,3],"counts":{"1":true}}`, `{"a/~":1}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		before := bytes.Clone(body)
		var p person
		err := strict.Decode(body, &p)
		if !bytes.Equal(before, body) {
			t.Fatal("the body was changed")
		}

		problems, isProblems := errors.AsType[strict.Problems](err)
		_, isSyntax := errors.AsType[*strict.SyntaxError](err)
		switch {
		case err == nil:
			taken(t, body, p)
		case isProblems == isSyntax:
			t.Fatalf("%T: %v", err, err)
		case isSyntax && json.Valid(body) && utf8.Valid(body) && !suspicious(err):
			t.Fatalf("a document was refused: %v", err)
		case isProblems && !json.Valid(body):
			t.Fatalf("this is no document: %v", err)
		}
		for _, one := range problems {
			if one.Pointer != "" && one.Pointer[0] != '/' || one.Code == "" || one.Detail == "" || !utf8.ValidString(one.Pointer) {
				t.Errorf("%+v", one)
			}
		}
		if _, err := strict.Marshal(problems); err != nil {
			t.Error(err)
		}
	})
}

func taken(t *testing.T, body []byte, p person) {
	t.Helper()
	var lenient person
	if err := json.Unmarshal(body, &lenient); err != nil {
		t.Fatalf("%s is no document: %v", body, err)
	}
	if strings.TrimSpace(lenient.Name) != p.Name || p.Name == "" || len(lenient.Homes) != len(p.Homes) {
		t.Fatalf("%s was read as %+v", body, p)
	}
	if strings.ContainsRune(p.Name, 0) {
		t.Fatal("U+0000 came through")
	}
}

// suspicious are documents for encoding/json that are none for us.
func suspicious(err error) bool {
	e, _ := errors.AsType[*strict.SyntaxError](err)
	return e.Code == "duplicate" || strings.Contains(e.Detail, "byte")
}
