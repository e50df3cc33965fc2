package strict_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"example.com/app/lib/strict"
)

type person struct {
	Name   string            `json:"name" validate:"required,max=5" mod:"trim"`
	Age    *int8             `json:"age,omitempty" validate:"omitempty,min=18"`
	Score  *float64          `json:"score"`
	Born   time.Time         `json:"born,omitzero"`
	Key    uuid.UUID         `json:"key,omitzero"`
	Homes  []home            `json:"homes,omitempty" validate:"max=2,dive"`
	Friend map[string]person `json:"friend,omitempty" validate:"dive"`
	Pair   [2]int            `json:"pair,omitzero"`
	Notes  []string          `json:"notes,omitempty" validate:"unique,dive,min=2" mod:"trim"`
	Extra  any               `json:"extra,omitempty"`
	Raw    json.RawMessage   `json:"raw,omitempty"`
	Counts map[int]bool      `json:"counts,omitempty"`
	Data   []byte            `json:"data,omitempty"`
	base
	Hidden int `json:"-"`
	Plain  int
}

type home struct {
	City string `json:"city" validate:"required"`
	Kind string `json:"kind,omitempty" validate:"omitempty,oneof=flat house"`
}

type base struct {
	Mail string   `json:"mail/~,omitempty" validate:"omitempty,email"`
	_    struct{} `minProperties:"1"`
}

// verdict writes what Decode says as "/pointer code".
func verdict(err error) []string {
	if e, ok := errors.AsType[*strict.SyntaxError](err); ok {
		return []string{"! " + e.Pointer + " " + e.Code}
	}
	problems, _ := errors.AsType[strict.Problems](err)
	var all []string
	for _, p := range problems {
		all = append(all, p.Pointer+" "+p.Code)
	}
	slices.Sort(all)
	return all
}

func TestDecodeSaysEverythingThatIsWrong(t *testing.T) {
	t.Parallel()
	tests := map[string][]string{
		`{"name":"Ada"}`:              nil,
		` {"name" : "Ada"} ` + "\n":   nil,
		`{"name":"Ada","score":null}`: nil,
		`{"name":"   Ada\t\n"}`:       nil,
		`{"name":"12345"}`:            nil,
		`{"name":"ÄÖÜẞ😀"}`:            nil,
		`{"name":"Ada","friend":{"b":{"name":"Bob"}},"homes":[{"city":"Rome"}],"pair":[1,2],"counts":{"1":true},"data":"aGk="}`: nil,
		`{"name":"Ada","extra":{"a":[null,"x"]},"raw":{"a":1,"A":2},"born":"2020-01-02T03:04:05Z"}`:                             nil,

		``:                           {"!  empty"},
		"\n":                         {"!  empty"},
		`{`:                          {"!  syntax"},
		`{"name":"Ada"`:              {"!  syntax"},
		`{"name":"Ada",}`:            {"!  syntax"},
		`{'name':'Ada'}`:             {"!  syntax"},
		`{"name":NaN}`:               {"! /name syntax"},
		`{"score":1e}`:               {"! /score syntax"},
		`{"score":01}`:               {"!  syntax"},
		"{\"name\":\"\xff\"}":        {"! /name syntax"},
		`{"name":"\ud800"}`:          {"! /name syntax"},
		"{\"name\":\"a\nb\"}":        {"! /name syntax"},
		"\xef\xbb\xbf{}":             {"!  syntax"},
		`{"name":"a","name":"a"}`:    {"! /name duplicate"},
		`{"extra":{"a":1,"a":2}}`:    {"! /extra/a duplicate"},
		`{"x":{"a":1,"a":2}}`:        {"! /x/a duplicate"},
		`{"name":"a","n\u0061me":1}`: {"! /name duplicate"},
		`{"name":"a"} {"name":"b"}`:  {"!  trailing"},
		`{"name":"a"}]`:              {"!  trailing"},
		`{"name":"a"},`:              {"!  trailing"},

		`[]`:   {" type"},
		`null`: {" type"},
		`"a"`:  {" type"},
		`{}`:   {" min_properties", "/name required"},

		`{"Name":"a"}`: {" min_properties", "/Name unknown", "/name required"},
		`{"name":"a","Plain":1,"Hidden":2,"-":3,"base":{}}`:                                           {"/- unknown", "/Hidden unknown", "/Plain unknown", "/base unknown"},
		`{"name":"123456","age":17,"mail/~":"x"}`:                                                     {"/age min", "/mail~1~0 email", "/name max"},
		`{"name":1,"age":"x","score":"1","born":"today","key":"1","homes":{},"friend":[],"data":"*"}`: {"/age type", "/born type", "/data type", "/friend type", "/homes type", "/key type", "/name type", "/score type"},
		`{"name":null,"age":null,"born":null,"homes":null,"friend":null}`:                             {"/age type", "/born type", "/friend type", "/homes type", "/name type"},
		`{"name":"a","age":300}`:                                                                      {"/age range"},
		`{"name":"a","age":1.0}`:                                                                      {"/age type"},
		`{"name":"a","homes":[{"city":1},{},{"zip":1,"city":"x","kind":"tent"}]}`:                     {"/homes max", "/homes/0/city type", "/homes/2/zip unknown"},
		`{"name":"a","homes":[{"city":"x","kind":"tent"},{}]}`:                                        {"/homes/0/kind oneof", "/homes/1/city required"},
		`{"name":"a","friend":{"a.b":{"name":""},"c[d]":{"x":1},"e/~":{"name":"toolong"}}}`:           {"/friend/a.b/name required", "/friend/c[d] min_properties", "/friend/c[d]/name required", "/friend/c[d]/x unknown", "/friend/e~1~0/name max"},
		`{"name":"a","pair":[1]}`:                                                                     {"/pair len"},
		`{"name":"a","pair":[1,2,3]}`:                                                                 {"/pair len"},
		`{"name":"a","notes":["a "]}`:                                                                 {"/notes/0 min"},
		`{"name":"a","notes":["aa","aa"]}`:                                                            {"/notes unique"},
		`{"name":"a","counts":{"x":true}}`:                                                            {"/counts type"},
		`{"name":"a\u0000"}`:                                                                          {"/name nul"},
		`{"name":"a\\u0000"}`:                                                                         {"/name max"},
		`{"name":"a","extra":{"b":["\u0000"]}}`:                                                       {"/extra nul"},
		`{"name":"a","raw":{"\u0000":1}}`:                                                             {"/raw nul"},
		`{"name":"a","friend":{"\u0000":{}}}`:                                                         {"/friend/\x00 nul"},
	}
	for body, want := range tests {
		var p person
		if got := verdict(strict.Decode([]byte(body), &p)); !slices.Equal(got, want) {
			t.Errorf("%s\n got %q\nwant %q", body, got, want)
		}
	}
}

func TestDepthIsBounded(t *testing.T) {
	t.Parallel()
	nested := func(n int) string {
		return `{"name":"a","extra":` + strings.Repeat("[", n) + strings.Repeat("]", n) + `}`
	}
	friends := func(n int) string {
		return strings.Repeat(`{"name":"a","friend":{"b":`, n) + `{"name":"a"}` + strings.Repeat("}}", n)
	}
	for body, want := range map[string][]string{
		nested(63):    nil,
		nested(64):    {"/extra depth"},
		nested(9_000): {"/extra depth"},
		friends(31):   nil,
		friends(32):   {strings.Repeat("/friend/b", 32) + " depth"},
	} {
		if got := verdict(strict.Decode([]byte(body), new(person))); !slices.Equal(got, want) {
			t.Errorf("%.80s…: %.200q", body, got)
		}
	}
}

func TestDocumentTooDeepToReadIsNoSyntaxError(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000)
	objects := strings.Repeat(`{"a/":`, 20_000) + "1" + strings.Repeat("}", 20_000)
	for _, body := range []string{`{"extra":` + deep + `}`, `{"x":` + deep + `}`, `{"name":` + deep + `}`, deep, `{"raw":` + objects + `}`, objects} {
		problems, ok := errors.AsType[strict.Problems](strict.Decode([]byte(body), new(person)))
		if !ok || !slices.ContainsFunc(problems, func(p strict.Problem) bool { return p.Code == "depth" }) {
			t.Errorf("%.20s…: %.200v", body, problems)
		}
		for _, p := range problems {
			if len(p.Pointer) > 600 {
				t.Errorf("%.20s…: a pointer of %d bytes", body, len(p.Pointer))
			}
		}
	}
}

func TestPointersAreBounded(t *testing.T) {
	t.Parallel()
	name := strings.Repeat("~é", 100_000)
	for _, body := range []string{
		`{"name":"a","` + name + `":1}`, `{"name":"a","friend":{"` + name + `":{"name":""}}}`, `{"` + name + `":1,"` + name + `":2}`,
		`{"extra":` + strings.Repeat("[", 9_000),
	} {
		err := strict.Decode([]byte(body), new(person))
		if err == nil || len(err.Error()) > 1_000 || !utf8.ValidString(err.Error()) {
			t.Errorf("%.20s…: %.2000v", body, err)
		}
	}
}

func TestProblemsEndAtAHundred(t *testing.T) {
	t.Parallel()
	var body strings.Builder
	body.WriteString(`{"name":"too long"`)
	for i := range 500 {
		fmt.Fprintf(&body, `,"x%d":1`, i)
	}
	if got := verdict(strict.Decode([]byte(body.String()), new(person))); !slices.Equal(got, []string{"!  syntax"}) {
		t.Errorf("a document that breaks off after many problems: %q", got)
	}
	body.WriteString("}")
	if got := verdict(strict.Decode([]byte(body.String()), new(person))); len(got) != 100 {
		t.Errorf("%d problems", len(got))
	}
}

func TestDecodeKeepsWhatWasRight(t *testing.T) {
	t.Parallel()
	var p person
	err := strict.Unmarshal([]byte(`{"name":" Ada ","age":"x","homes":[{"city":"Rome"}],"notes":[" a "],"friend":{}}`), &p)
	if len(verdict(err)) != 1 || p.Name != "Ada" || p.Homes[0].City != "Rome" || p.Notes[0] != "a" || p.Friend == nil {
		t.Errorf("%+v: %v", p, err)
	}
}

func TestEmptyListsAreWrittenAsLists(t *testing.T) {
	t.Parallel()
	got, err := strict.Marshal(struct {
		A []int          `json:"a"`
		B map[string]int `json:"b"`
		C map[string]int `json:"c"`
	}{C: map[string]int{"z": 1, "a": 2}})
	if err != nil || string(got) != `{"a":[],"b":{},"c":{"a":2,"z":1}}` {
		t.Errorf("%s %v", got, err)
	}
}

func TestMemberThatMustBeGivenMayHoldAnything(t *testing.T) {
	t.Parallel()
	type flags struct {
		On    bool `json:"on" validate:"given"`
		Count int  `json:"count" validate:"given,max=5"`
		Off   bool `json:"off"`
	}
	type both struct {
		One  flags   `json:"one"`
		More []flags `json:"more"`
	}
	for body, want := range map[string][]string{
		`{"one": {"on": false, "count": 0}}`:                            nil,
		`{"one": {"on": true, "count": 6}}`:                             {"/one/count max"},
		`{"one": {"off": true}}`:                                        {"/one/count required", "/one/on required"},
		`{"one": {"on": null, "count": 0}}`:                             {"/one/on type"},
		`{"one": {"on": true, "count": 0}, "more": [{}, {"count": 1}]}`: {"/more/0/count required", "/more/0/on required", "/more/1/on required"},
	} {
		if got := verdict(strict.Decode([]byte(body), new(both))); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
}

func TestWhatWasUnreadableIsNotJudgedAsWell(t *testing.T) {
	t.Parallel()
	read := strict.Problems{{Pointer: "/a/b", Code: "type"}, {Pointer: "/c", Code: "type"}}
	merged := read.Merge(strict.Problems{
		{Pointer: "/a", Code: "required"}, {Pointer: "/c/d", Code: "min"}, {Pointer: "/cd", Code: "min"}, {Pointer: "/query/x", Code: "min"},
	})
	if got := verdict(merged); !slices.Equal(got, []string{"/a/b type", "/c type", "/cd min", "/query/x min"}) {
		t.Error(got)
	}
}

func TestFieldsOfEmbeddedStructsAreTheStructsOwn(t *testing.T) {
	t.Parallel()
	var names []string
	for f := range strict.Fields(reflect.TypeFor[person]()) {
		names = append(names, f.Name)
	}
	if !slices.Contains(names, "Mail") || slices.Contains(names, "base") {
		t.Error(names)
	}
}
