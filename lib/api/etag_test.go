package api_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"example.com/app/lib/api"
)

func TestVersionTravelsAsAStrongTag(t *testing.T) {
	t.Parallel()
	s := sample(t)
	w := s.do(t, "GET", "/api/v1/notes/5", "")
	if w.Code != http.StatusOK || w.Header().Get("ETag") != `"3"` {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	w = s.do(t, "POST", "/api/v1/notes", `{"title":" a "}`)
	if w.Code != http.StatusCreated || w.Header().Get("Location") != "/api/v1/notes/7" || w.Header().Get("ETag") != `"1"` {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}

func TestClientWithTheNewestVersionIsSentNoBody(t *testing.T) {
	t.Parallel()
	s := sample(t)
	for header, want := range map[string]int{
		`"3"`: 304, `W/"3"`: 304, `*`: 304, `"1", "3"`: 304, `"1",W/"3"`: 304, `"a,b", "3"`: 304,
		`"4"`: 200, `3`: 200, ``: 200, `"03"`: 200, `"`: 200,
	} {
		w := s.do(t, "GET", "/api/v1/notes/5", "", "If-None-Match", header)
		if w.Code != want || w.Header().Get("ETag") != `"3"` {
			t.Errorf("%s: %d %v", header, w.Code, w.Header())
		}
	}
	w := s.do(t, "PATCH", "/api/v1/notes/5", `{"done":true}`, "If-None-Match", `"4"`)
	if w.Code != http.StatusOK {
		t.Errorf("a change: %d", w.Code)
	}
}

func TestIfMatchNamesTheVersionsThatMayChange(t *testing.T) {
	t.Parallel()
	tests := map[string][]int64{
		`*`: nil, `"3"`: {3}, `"3", "4"`: {3, 4}, `"3","4",`: {3, 4},
		`W/"3"`: {}, `"x"`: {}, `"03", "+3", "4"`: {4}, `"3, 4"`: {}, `""`: {},
	}
	for header, want := range tests {
		var m api.IfMatch
		if err := m.UnmarshalText([]byte(header)); err != nil {
			t.Errorf("%s: %v", header, err)
		}
		if got := m.Versions(); !slices.Equal(got, want) || (got == nil) != (want == nil) {
			t.Errorf("%s: %v", header, got)
		}
	}
	for _, header := range []string{"", "3", `"3`, `"3" "4"`, `'3'`, `w/"3"`} {
		if err := new(api.IfMatch).UnmarshalText([]byte(header)); err == nil {
			t.Errorf("%s was taken", header)
		}
	}
	if got := new(api.IfMatch).Versions(); got != nil {
		t.Errorf("without the header: %v", got)
	}
}

func TestIfMatchReachesTheHandler(t *testing.T) {
	t.Parallel()
	s := sample(t)
	for header, want := range map[string]string{"": "[]", `"3", "4"`: "[3 4]"} {
		w := s.do(t, "PATCH", "/api/v1/notes/5", `{"done":true}`, slices.DeleteFunc([]string{"If-Match", header}, func(string) bool { return header == "" })...)
		if body := w.Body.String(); w.Code != http.StatusOK || !strings.Contains(body, fmt.Sprintf(`"title":%q`, want)) {
			t.Errorf("%s: %d %s", header, w.Code, body)
		}
	}
}

func FuzzIfMatch(f *testing.F) {
	for _, seed := range []string{`*`, `"3", W/"4"`, `"a,b"`, `,`, `"`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		var m, again api.IfMatch
		if m.UnmarshalText([]byte(header)) != nil || len(m.Versions()) == 0 {
			return
		}
		text, err := m.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		if err := again.UnmarshalText(text); err != nil || !slices.Equal(again.Versions(), m.Versions()) {
			t.Errorf("%s became %s: %v", header, text, err)
		}
	})
}
