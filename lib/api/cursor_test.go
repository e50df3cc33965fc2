package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"example.com/app/lib/api"
)

func word[K any](t testing.TB, key K) []byte {
	t.Helper()
	text, err := api.Cursor[K]{Key: key}.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestCursorComesBackAsItWent(t *testing.T) {
	t.Parallel()
	for _, key := range []int64{0, 1, -1, 1 << 62} {
		var c api.Cursor[int64]
		if err := c.UnmarshalText(word(t, key)); err != nil || c.Key != key {
			t.Errorf("%d became %d: %v", key, c.Key, err)
		}
	}
	var c api.Cursor[struct {
		At string `json:"at"`
	}]
	c.Key.At = "noon"
	text := word(t, c.Key)
	c.Key.At = ""
	if err := c.UnmarshalText(text); err != nil || c.Key.At != "noon" {
		t.Errorf("%+v: %v", c, err)
	}
}

func TestCursorOfAnotherMakeIsForeign(t *testing.T) {
	t.Parallel()
	ours := string(word(t, int64(5)))
	for _, text := range []string{"", "5", "NQ", ours + "A", ours[1:], ours + "=", string(word(t, "5")), string(word(t, int32(5)))} {
		if err := new(api.Cursor[int64]).UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
}

func TestCursorIsGoodForTheListThatGaveItOnly(t *testing.T) {
	t.Parallel()
	s := sample(t)
	next := func(path string) string {
		w := s.do(t, "GET", path, "")
		var text struct{ Next string }
		if err := json.Unmarshal(w.Body.Bytes(), &text); err != nil {
			t.Fatalf("%s: %d %s, %v", path, w.Code, w.Body, err)
		}
		return text.Next
	}
	lists := []string{"/api/v1/notes", "/api/v1/shelves/a/notes", "/api/v1/shelves/b/notes", "/api/v1/attic/a/notes"}

	for _, from := range lists {
		cursor := next(from)
		if to := strings.Replace(from, "/a/", "/A/", 1); s.do(t, "GET", to+"?after="+cursor, "").Code != http.StatusOK {
			t.Errorf("%s refuses the cursor of %s, which names the same by an id in small letters", to, from)
		}
		for _, to := range lists {
			for _, filter := range []string{"", "&kind=long&limit=7"} {
				w := s.do(t, "GET", to+"?after="+cursor+filter, "")
				switch {
				case from == to && w.Code != http.StatusOK:
					t.Errorf("%s refuses its own cursor: %d %s", to, w.Code, w.Body)
				case from != to && (w.Code != http.StatusBadRequest || problem(t, w).Errors[0].Pointer != "/query/after"):
					t.Errorf("%s answers the cursor of %s with %d %s", to, from, w.Code, w.Body)
				}
			}
		}
	}
}

func FuzzCursor(f *testing.F) {
	f.Add(string(word(f, int64(5))))
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		var c api.Cursor[int64]
		if c.UnmarshalText([]byte(text)) != nil {
			return
		}
		if again := string(word(t, c.Key)); again != text {
			t.Errorf("%q is a second spelling of %q", text, again)
		}
	})
}
