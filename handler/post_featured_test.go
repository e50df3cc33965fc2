package handler_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/app/handler"
	"example.com/app/lib/outgoing"
	"example.com/app/lib/pages"
	"example.com/app/lib/pages/pagestest"
	"example.com/app/lib/pg/pgtest"
)

const featuredPosts = posts + "/featured"

// featuring is an API whose service of pages answers with h.
func featuring(t *testing.T, h http.HandlerFunc) client {
	t.Helper()
	return abroad(t, handler.Upstreams{Pages: pages.NewClient(asking(t, pages.Options, h))})
}

type featuredPage struct {
	Items []struct {
		Title, Subtitle, URL string
		PreviewImage         string `json:"preview_image"`
	}
}

func TestFeaturedPostsAreShownInTheServicesOrder(t *testing.T) {
	t.Parallel()
	c := featuring(t, pagestest.Answer)
	for query, asked := range map[string]string{
		"?store=app_store&country=BR":   "country=BR&store=app_store",
		"?store=google_play&country=":   "store=google_play",
		"?country=DE":                   "country=DE&store=google_play",
		"":                              "store=google_play",
		"?store=app_gallery&country=UA": "country=UA&store=app_gallery",
	} {
		w := c.do(http.MethodGet, featuredPosts+query, "")
		got := read[featuredPage](t, w)
		if w.Code != http.StatusOK || len(got.Items) != 2 || got.Items[0].Title != "First" || got.Items[1].Title != "Second" ||
			got.Items[0].Subtitle != asked || got.Items[0].URL != "https://example.com/First" || got.Items[0].PreviewImage != "http://example.com/First.png" {
			t.Errorf("%q answers %d %s", query, w.Code, w.Body)
		}
		if w := c.do(http.MethodGet, featuredPosts+query, "", header{"If-None-Match", w.Header().Get("ETag")}); w.Code != http.StatusNotModified {
			t.Errorf("what is featured still answers %d", w.Code)
		}
	}
	if w := c.do(http.MethodGet, featuredPosts+"?country="+pagestest.Unknown, ""); w.Code != http.StatusNotFound {
		t.Errorf("a country that the service does not know answers %d %s", w.Code, w.Body)
	}
}

func TestStoresAndCountriesAreJudged(t *testing.T) {
	t.Parallel()
	c := featuring(t, pagestest.Answer)
	for query, want := range map[string]string{
		"store=": `"/query/store","code":"oneof"`, "store=corner_shop": `"/query/store","code":"oneof"`, "store=Google%20Play": `"/query/store","code":"oneof"`,
		"country=br": `"/query/country","code":"iso3166_1_alpha2"`, "country=BRA": `"/query/country","code":"iso3166_1_alpha2"`, "country=AA": `"/query/country","code":"iso3166_1_alpha2"`,
		"country=%00": `"/query/country","code":"type"`, "x=1": `"/query/x","code":"unknown"`, "country=BR&country=DE": `"/query/country","code":"duplicate"`,
	} {
		w := c.do(http.MethodGet, featuredPosts+"?"+query, "")
		if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), `"pointer":`+want) {
			t.Errorf("%s answers %d %s, want %s", query, w.Code, w.Body, want)
		}
	}
}

func TestFeaturedPostsWithoutAServiceNameTheSettingThatIsMissing(t *testing.T) {
	t.Parallel()
	w := abroad(t, handler.Upstreams{}).do(http.MethodGet, featuredPosts+"?store=google_play&country=BR", "")
	if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "/problems#not_configured") || !strings.Contains(w.Body.String(), "PAGES_URL") {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
}

func TestServiceOfPagesThatDoesNotAnswerAsItShouldSaysWhoseFaultItIs(t *testing.T) {
	t.Parallel()
	says := func(body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }
	}
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
	}
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		want   int
		code   string
	}{
		"garbage":       {says("<html>"), 502, "upstream_fault"},
		"half a post":   {says(`{"items": [{"title": "a", "subtitle": "", "url": "https://h/"}]}`), 502, "upstream_fault"},
		"a script":      {says(`{"items": [{"title": "a", "subtitle": "", "url": "javascript:alert(1)", "preview_image": "https://h/"}]}`), 502, "upstream_fault"},
		"a huge answer": {says(`{"items": [` + strings.Repeat(" ", 1<<20) + `]}`), 502, "upstream_fault"},
		"500":           {status(500), 502, "upstream_fault"},
		"404":           {status(404), 404, "not_found"},
		"503":           {status(503), 503, "upstream_unavailable"},
		"a redirect":    {http.RedirectHandler("http://localhost:1/", http.StatusFound).ServeHTTP, 502, "upstream_fault"},
		"nothing":       {says(`{"items": []}`), 200, ""},
	} {
		w := featuring(t, test.answer).do(http.MethodGet, featuredPosts, "")
		if w.Code != test.want || !strings.Contains(w.Body.String(), test.code) || strings.Contains(w.Body.String(), "127.0.0.1") {
			t.Errorf("%s becomes %d %s", name, w.Code, w.Body)
		}
	}
}

func TestServiceOfPagesThatTakesItsTimeIsNotAwaited(t *testing.T) {
	t.Parallel()
	hasty := func(url string) outgoing.Options {
		o := pages.Options(url)
		o.Timeout = 100 * time.Millisecond
		return o
	}
	w := abroad(t, handler.Upstreams{Pages: pages.NewClient(asking(t, hasty, pagestest.Drip))}).do(http.MethodGet, featuredPosts, "")
	if w.Code != http.StatusGatewayTimeout || !strings.Contains(w.Body.String(), "upstream_timeout") {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
}

func TestFeaturedPostsHideNoPost(t *testing.T) {
	t.Parallel()
	c := clientOf(t, pgtest.New(t), handler.Upstreams{Pages: pages.NewClient(asking(t, pages.Options, pagestest.Answer))})
	one := c.post(`{"title": "featured", "content": "x"}`)

	for path, want := range map[string]string{
		one: `"features":[]`, featuredPosts: `"preview_image"`, posts: `"next":null`, posts + "/featured/": "not_found", posts + "/Featured": "not_found",
	} {
		if w := c.do(http.MethodGet, path, ""); !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s answers %d %s", path, w.Code, w.Body)
		}
	}
	if w := c.do(http.MethodPost, featuredPosts, `{}`); w.Code != http.StatusMethodNotAllowed || !strings.Contains(w.Header().Get("Allow"), http.MethodGet) {
		t.Errorf("posting there answers %d %v", w.Code, w.Header())
	}
}
