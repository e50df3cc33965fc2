package pages_test

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/app/lib/outgoing"
	"example.com/app/lib/pages"
	"example.com/app/lib/pages/pagestest"
)

// asking is a client of a service that answers with h, and for which it waits no longer than patience.
func asking(t *testing.T, h http.HandlerFunc, patience time.Duration) *pages.Client {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	o := pages.Options(server.URL + "/v1")
	o.Log, o.Timeout = slog.New(slog.DiscardHandler), min(o.Timeout, patience)
	upstream, err := outgoing.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return pages.NewClient(upstream)
}

// saying is a client of a service that always answers body.
func saying(t *testing.T, body string) *pages.Client {
	t.Helper()
	return asking(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }, time.Minute)
}

func TestFeaturedPostsAreThoseOfTheStoreAndCountryInTheServicesOrder(t *testing.T) {
	t.Parallel()
	c := asking(t, pagestest.Answer, time.Minute)
	for country, query := range map[string]string{"BR": "country=BR&store=app_store", "": "store=app_store"} {
		want := []pages.Post{
			{Title: "First", Subtitle: query, URL: "https://example.com/First", PreviewImage: "http://example.com/First.png"},
			{Title: "Second", Subtitle: query, URL: "https://example.com/Second", PreviewImage: "http://example.com/Second.png"},
		}
		if got, err := c.Featured(t.Context(), "app_store", country); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q features %+v, %v", country, got, err)
		}
	}
	if got, err := c.Featured(t.Context(), "app_store", pagestest.Unknown); !errors.Is(err, outgoing.ErrNotFound) {
		t.Errorf("a country that the service does not know features %+v, %v", got, err)
	}
	if err := c.Ping(t.Context()); err != nil {
		t.Errorf("%v", err)
	}
	if err := asking(t, http.NotFound, time.Minute).Ping(t.Context()); !errors.Is(err, outgoing.ErrFault) {
		t.Errorf("a service that knows no store is %v", err)
	}
	if got, err := saying(t, `{"items": []}`).Featured(t.Context(), "app_store", ""); err != nil || len(got) != 0 {
		t.Errorf("nothing is %+v, %v", got, err)
	}
}

// item is a post in the service's words, with one member written anew; nothing leaves it out.
func item(name, value string) string {
	members := map[string]string{"title": `"a"`, "subtitle": `""`, "url": `"https://h/"`, "preview_image": `"http://h/i.png"`}
	members[name] = value
	var written []string
	for name, value := range members {
		if value != "" {
			written = append(written, `"`+name+`": `+value)
		}
	}
	return "{" + strings.Join(written, ", ") + "}"
}

func TestAnswerThatLacksSomethingOrLeadsElsewhereIsTheServicesFault(t *testing.T) {
	t.Parallel()
	answers := []string{
		"", "null", "<html>", "[]", "7", "{}", `{"items": null}`, `{"items": {}}`, `{"items": [null]}`, `{"items": [7]}`, `{"items": [{}]}`,
		`{"items": []} x`, `{"items": [`, `{"items": [` + item("title", `""`) + `]}`,
	}
	for _, name := range []string{"title", "subtitle", "url", "preview_image"} {
		for _, value := range []string{"", "null", "7", `["a"]`} {
			answers = append(answers, `{"items": [`+item("", "")+`, `+item(name, value)+`]}`)
		}
	}
	for _, name := range []string{"url", "preview_image"} {
		for _, address := range []string{
			"", "example.com", "//example.com/a", "/a", "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "ftp://h/a", "https:", "https://",
			"https:///a", "http://:80/", "https:example.com", " https://h/", "https://h/a b", "https://h/?q=a b", `https://h/\u0000`, "https://h:x/", "https://[h/",
			"https://h/%zz",
		} {
			answers = append(answers, `{"items": [`+item(name, `"`+address+`"`)+`]}`)
		}
	}
	for _, body := range answers {
		if got, err := saying(t, body).Featured(t.Context(), "google_play", "BR"); !errors.Is(err, outgoing.ErrFault) || got != nil {
			t.Errorf("%s is %+v, %v", body, got, err)
		}
	}
}

func TestAddressesAreThoseThatABrowserFollows(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"https://example.com", "http://127.0.0.1:8080/a?b=c&d=%20#e", "HTTPS://EXAMPLE.com/", "https://[::1]/", "https://münchen.example/ü",
	} {
		got, err := saying(t, `{"items": [`+item("url", `"`+address+`"`)+`]}`).Featured(t.Context(), "google_play", "BR")
		if err != nil || got[0].URL != address {
			t.Errorf("%s is %+v, %v", address, got, err)
		}
	}
}

func TestServiceThatDoesNotAnswerAsItShouldSaysHow(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		want   error
	}{
		"500": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }, outgoing.ErrFault},
		"404": {http.NotFound, outgoing.ErrNotFound},
		"503": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "60")
			w.WriteHeader(http.StatusServiceUnavailable)
		}, outgoing.ErrUnavailable},
		"too large": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"items": [`+item("title", `"`+strings.Repeat("a", 1<<20)+`"`)+`]}`)
		}, outgoing.ErrFault},
		"elsewhere": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://localhost:1/v1/featured", http.StatusFound)
		}, outgoing.ErrFault},
	} {
		if got, err := asking(t, test.answer, time.Minute).Featured(t.Context(), "google_play", "BR"); !errors.Is(err, test.want) || got != nil {
			t.Errorf("%s is %+v, %v", name, got, err)
		}
	}
	if got, err := asking(t, pagestest.Drip, 100*time.Millisecond).Featured(t.Context(), "google_play", "BR"); !errors.Is(err, outgoing.ErrTimeout) {
		t.Errorf("a byte now and then is %+v, %v", got, err)
	}
}
