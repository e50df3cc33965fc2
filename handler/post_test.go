package handler_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
)

const posts = "/api/v1/posts"

type post struct {
	ID             uuid.UUID       `json:"id"`
	Title          string          `json:"title"`
	Content        string          `json:"content"`
	AdditionalData json.RawMessage `json:"additional_data"`
	Features       []struct {
		ID          uuid.UUID `json:"id"`
		FeatureName string    `json:"feature_name"`
		IsActive    bool      `json:"is_active"`
	} `json:"features"`
}

func (p post) features() string {
	var names []string
	for _, f := range p.Features {
		names = append(names, f.FeatureName)
	}
	return strings.Join(names, " ")
}

// post gives the path of a new post.
func (c client) post(body string) string {
	c.t.Helper()
	w := c.do(http.MethodPost, posts, body)
	if w.Code != http.StatusCreated {
		c.t.Fatalf("posting %.200s answers %d %s", body, w.Code, w.Body)
	}
	if shown := c.do(http.MethodGet, w.Header().Get("Location")+"?inactive_features=true", ""); shown.Body.String() != w.Body.String() {
		c.t.Errorf("answered %.200s, then shown as %.200s", w.Body, shown.Body)
	}
	return w.Header().Get("Location")
}

func TestPostIsShownWithItsActiveFeaturesOrAll(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	location := c.post(`{"title": " News ", "content": " all of it\n", "features": [
		{"feature_name": "comments"}, {"feature_name": "likes", "is_active": false}, {"feature_name": "share", "is_active": true}]}`)
	c.post(`{"title": "other", "content": "x", "features": [{"feature_name": "elsewhere"}]}`)

	for query, want := range map[string]string{"": "comments share", "?inactive_features=false": "comments share", "?inactive_features=true": "comments likes share"} {
		w := c.do(http.MethodGet, location+query, "")
		got := read[post](t, w)
		if got.Title != "News" || got.Content != " all of it\n" || got.features() != want || string(got.AdditionalData) != "{}" || location != posts+"/"+got.ID.String() {
			t.Errorf("%q shows %d %s", query, w.Code, w.Body)
		}
		if w := c.do(http.MethodGet, location+query, "", header{"If-None-Match", w.Header().Get("ETag")}); w.Code != http.StatusNotModified {
			t.Errorf("an unchanged post answers %d", w.Code)
		}
	}
	if w := c.do(http.MethodGet, location+"?inactive_features=maybe", ""); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("maybe answers %d %s", w.Code, w.Body)
	}
}

func TestPostWithoutFeaturesHasAnEmptyList(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	if w := c.do(http.MethodGet, c.post(`{"title": "a", "content": "b"}`), ""); !strings.Contains(w.Body.String(), `"features":[]`) {
		t.Errorf("shown as %s", w.Body)
	}
	for _, path := range []string{"/" + uuid.Nil.String(), "/7", "/x", "/%00", "/" + uuid.Nil.String() + "?inactive_features=true"} {
		if w := c.do(http.MethodGet, posts+path, ""); w.Code != http.StatusNotFound {
			t.Errorf("%s answers %d %s", path, w.Code, w.Body)
		}
	}
}

func TestAdditionalDataComesBackToTheLastDigit(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	for sent, want := range map[string]string{
		`{"n": 123456789012345678901234567890.123456789012345678901234567890}`: `{"n":123456789012345678901234567890.123456789012345678901234567890}`,
		`{"price": 1.10, "big": 9007199254740993, "small": 1E-10}`:             `{"big":9007199254740993,"price":1.10,"small":0.0000000001}`,
		`{"a": 1e400}`: `{"a":1` + strings.Repeat("0", 400) + `}`,
		`{"é": ["\u00e9", null, true, {"": []}], "a": {}}`: `{"a":{},"é":["é",null,true,{"":[]}]}`,
		`{"a": 1e16000}`:  `{"a":1` + strings.Repeat("0", 16000) + `}`,
		`{"a": 1e-16000}`: `{"a":0.` + strings.Repeat("0", 15999) + `1}`,
	} {
		w := c.do(http.MethodGet, c.post(`{"title": "a", "content": "b", "additional_data": `+sent+`}`), "")
		if got := read[post](t, w); string(got.AdditionalData) != want {
			t.Errorf("%.99s comes back as %.99s, want %.99s", sent, got.AdditionalData, want)
		}
	}
}

func TestPostsAreJudged(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	for member, want := range map[string]string{
		`"title": " "`: `"/title","code":"required"`,
		`"title": "` + strings.Repeat("é", 256) + `"`: `"/title","code":"max"`,
		`"content": ""`: `"/content","code":"required"`,
		`"content": "` + strings.Repeat("é", 20_001) + `"`:      `"/content","code":"max"`,
		`"additional_data": null`:                               `"/additional_data","code":"type"`,
		`"additional_data": []`:                                 `"/additional_data","code":"type"`,
		`"additional_data": {"a": "\u0000"}`:                    `"/additional_data","code":"nul"`,
		`"additional_data": {"a": 1e99999}`:                     `"/additional_data","code":"max"`,
		`"additional_data": ` + deep(64):                        `"/additional_data","code":"depth"`,
		`"features": null`:                                      `"/features","code":"type"`,
		`"features": [{}]`:                                      `"/features/0/feature_name","code":"required"`,
		`"features": [{"feature_name": "a", "is_active": "x"}]`: `"/features/0/is_active","code":"type"`,
		`"features": [` + strings.Repeat(`{"feature_name": "a"},`, 100) + `{"feature_name": "a"}]`: `"/features","code":"max"`,
		`"id": 1`: `"/id","code":"unknown"`,
	} {
		members := []string{member}
		for name, value := range map[string]string{"title": "a", "content": "b"} {
			if !strings.HasPrefix(member, `"`+name+`"`) {
				members = append(members, `"`+name+`": "`+value+`"`)
			}
		}
		w := c.do(http.MethodPost, posts, "{"+strings.Join(members, ", ")+"}")
		if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), `"pointer":`+want) {
			t.Errorf("%.60s answers %d %.300s, want %s", member, w.Code, w.Body, want)
		}
	}
	c.post(`{"title": "` + strings.Repeat("é", 255) + `", "content": "` + strings.Repeat("😀", 20_000) + `", "additional_data": ` + deep(62) + `}`)
	if n := count(t, c.db, "SELECT count(*) FROM post"); n != 1 {
		t.Errorf("%d posts", n)
	}
}

func deep(levels int) string {
	return strings.Repeat(`{"a":`, levels) + "1" + strings.Repeat("}", levels)
}

func TestPostsArePagedInTheOrderOfCreation(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	var want []string
	for range 5 {
		want = append(want, strings.TrimPrefix(c.post(`{"title": "a", "content": "b", "features": [{"feature_name": "f"}]}`), posts+"/"))
	}
	for _, query := range []string{"limit=1", "limit=2", "limit=5", ""} {
		if got := c.walk(posts, query); strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("with %q the pages hold\n%v, want\n%v", query, got, want)
		}
	}
	c.open("Ada")
	c.open("Alan")
	if w := c.do(http.MethodGet, posts+"?after="+c.cursor(accounts), ""); w.Code != http.StatusBadRequest {
		t.Errorf("a cursor of accounts answers %d %s", w.Code, w.Body)
	}
}

func TestPageOfLongPostsEndsBeforeItIsTooLong(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	id := func(i int) string { return fmt.Sprintf("00000000-0000-7000-8000-%012d", i) }
	var want []string
	for i := range 100 {
		want = append(want, id(i))
		_, err := c.db.Exec(t.Context(), "INSERT INTO post (id, title, content, additional_data) VALUES ($1, 't', $2, $3)",
			id(i), strings.Repeat("ä", 20_000), json.RawMessage(`{"x": "`+strings.Repeat("x", 16_000)+`"}`))
		if err != nil {
			t.Fatal(err)
		}
	}

	if got := c.walk(posts, "limit=200"); !slices.Equal(got, want) {
		t.Errorf("the pages hold\n%v, want\n%v", got, want)
	}
	if w := c.do(http.MethodGet, posts+"?limit=200", ""); w.Body.Len() < 1<<20 || w.Body.Len() > 2<<20+100<<10 {
		t.Errorf("a page has %d bytes, want about 2 MiB", w.Body.Len())
	}
}

func TestRepeatedRequestCreatesOnePost(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	body := `{"title": "a", "content": "b", "additional_data": {"n": 1.10}, "features": [{"feature_name": "f"}]}`

	first := c.do(http.MethodPost, posts, body, key("k"))
	again := c.do(http.MethodPost, posts, body, key("k"))

	if first.Body.String() != again.Body.String() || again.Header().Get("Idempotency-Replayed") != "true" {
		t.Errorf("answered %s, then %s", first.Body, again.Body)
	}
	if n := count(t, c.db, "SELECT count(*) FROM post_feature"); n != 1 {
		t.Errorf("%d features", n)
	}
}
