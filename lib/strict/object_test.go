package strict_test

import (
	"encoding/json"
	"strings"
	"testing"

	"example.com/app/lib/strict"
)

type parcel struct {
	Data strict.Object `json:"data"`
}

func TestObjectIsKeptAsItCame(t *testing.T) {
	t.Parallel()
	for _, data := range []string{
		`{}`, `{"n":123456789012345678901234567890.10,"e":1e400,"z":-0.0}`, `{"b":1,"a":[{"c":null}],"é":"\u00e9😀"}`,
		`{"a":"` + strings.Repeat("x", 16<<10-20) + `"}`, `{"a":1e16000}`, `{"a":1E-16000}`,
	} {
		var p parcel
		if err := strict.Decode([]byte(`{"data":`+data+`}`), &p); err != nil || string(p.Data) != data {
			t.Errorf("%.40s becomes %.40s, %v", data, p.Data, err)
		}
	}
	if body, err := strict.Marshal(parcel{}); string(body) != `{"data":{}}` || err != nil {
		t.Errorf("nothing is written as %s, %v", body, err)
	}
}

func TestWhatIsNoObjectOrTooLargeIsRefused(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`{"a":`, 64) + "1" + strings.Repeat("}", 64)
	for data, want := range map[string]string{
		`null`: "/data type", `[]`: "/data type", `"{}"`: "/data type", `7`: "/data type",
		deep:                     "/data depth",
		`{"a":"\u0000"}`:         "/data nul",
		`{"\u0000":1}`:           "/data nul",
		`{"a":{"b":1,"b":2}}`:    "! /data/a/b duplicate",
		`{"a":"\ud800"}`:         "! /data/a syntax",
		`{"a":1e17000}`:          "/data max",
		`{"a":1e-17000}`:         "/data max",
		`{"a":1e99999999999999}`: "/data max",
		`{"a":[` + strings.Repeat("1e300,", 100) + `1]}`:  "/data max",
		`{"a":"` + strings.Repeat("x", 16<<10) + `"}`:     "/data max",
		`{"a":"` + strings.Repeat(`\u0001`, 3<<10) + `"}`: "/data max",
	} {
		var p parcel
		if got := strings.Join(verdict(strict.Decode([]byte(`{"data":`+data+`}`), &p)), ", "); got != want {
			t.Errorf("%.40s answers %s, want %s", data, got, want)
		}
	}
}

func TestSchemaOfAnObjectTakesEveryMember(t *testing.T) {
	t.Parallel()
	for _, use := range []strict.Use{strict.In, strict.Out} {
		s := compiled(t, parcel{}, use)
		for body, want := range map[string]bool{`{"data":{"a":{"b":[1]}}}`: true, `{"data":[]}`: false, `{"data":null}`: false} {
			var document any
			if err := json.Unmarshal([]byte(body), &document); err != nil {
				t.Fatal(err)
			}
			if err := s.Validate(document); (err == nil) != want {
				t.Errorf("%s: %v", body, err)
			}
		}
	}
}
