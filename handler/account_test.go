package handler_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
)

const accounts = "/api/v1/accounts"

type account struct {
	ID        uuid.UUID `json:"id"`
	Name      string    `json:"name"`
	CreatedAt string    `json:"created_at"`
}

// open gives the path of a new account.
func (c client) open(name string) string {
	c.t.Helper()
	w := c.do(http.MethodPost, accounts, `{"name": "`+name+`"}`)
	if w.Code != http.StatusCreated {
		c.t.Fatalf("opening %s answers %d %s", name, w.Code, w.Body)
	}
	return w.Header().Get("Location")
}

// walk follows a list from page to page and gives the ids on it.
func (c client) walk(path, query string) (ids []string) {
	c.t.Helper()
	for after := ""; ; {
		p := read[struct {
			Items []struct{ ID string }
			Next  *string
		}](c.t, c.do(http.MethodGet, path+"?"+query+after, ""))
		for _, item := range p.Items {
			ids = append(ids, item.ID)
		}
		if p.Next == nil {
			return ids
		}
		after = "&after=" + *p.Next
	}
}

func TestOpenedAccountIsShownWhereLocationSays(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	location := c.open(" Ada ")

	w := c.do(http.MethodGet, location, "")

	got := read[account](t, w)
	if got.Name != "Ada" || got.ID.Version() != 7 || location != accounts+"/"+got.ID.String() || !strings.HasSuffix(got.CreatedAt, "Z") {
		t.Errorf("%s shows %s", location, w.Body)
	}
	tag := w.Header().Get("ETag")
	if w := c.do(http.MethodGet, location, "", header{"If-None-Match", tag}); tag == "" || w.Code != http.StatusNotModified {
		t.Errorf("an unchanged account answers %d with the tag %s", w.Code, tag)
	}
	if w := c.do(http.MethodGet, accounts+"/"+strings.ToUpper(got.ID.String()), ""); w.Code != http.StatusOK {
		t.Errorf("the id in capital letters answers %d", w.Code)
	}
}

func TestWhatCannotNameAnAccountIs404(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	id := strings.TrimPrefix(c.open("Ada"), accounts+"/")

	for _, path := range []string{
		uuid.Nil.String(), "7", "x", "{" + id + "}", "urn:uuid:" + id, strings.ReplaceAll(id, "-", ""), id + "0", "%00", id + "%00",
	} {
		for _, below := range []string{"", "/orders", "/orders/" + uuid.Nil.String()} {
			if w := c.do(http.MethodGet, accounts+"/"+path+below, ""); w.Code != http.StatusNotFound {
				t.Errorf("%s answers %d %s", path+below, w.Code, w.Body)
			}
		}
	}
}

func TestAccountsArePagedInTheOrderOfCreation(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	var want []string
	for range 7 {
		want = append(want, strings.TrimPrefix(c.open("Ada"), accounts+"/"))
	}

	for _, query := range []string{"limit=1", "limit=3", "limit=7", "limit=200", ""} {
		if got := c.walk(accounts, query); strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("with %q the pages hold\n%v, want\n%v", query, got, want)
		}
	}
}

func TestAccountsNameIsJudged(t *testing.T) {
	t.Parallel()
	c := newClient(t)

	for body, code := range map[string]string{
		`{}`: "required", `{"name": " "}`: "required", `{"name": 7}`: "type", `{"name": "a\u0000b"}`: "nul",
		`{"name": "` + strings.Repeat("é", 256) + `"}`: "max",
	} {
		w := c.do(http.MethodPost, accounts, body)
		if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), `"pointer":"/name","code":"`+code+`"`) {
			t.Errorf("%.20s answers %d %s, want the code %s", body, w.Code, w.Body, code)
		}
	}
}

func TestRepeatedRequestOpensOneAccount(t *testing.T) {
	t.Parallel()
	c := newClient(t)

	first := c.do(http.MethodPost, accounts, `{"name": "Ada"}`, key("k"))
	again := c.do(http.MethodPost, accounts, `{"name": "Ada"}`, key("k"))

	if first.Body.String() != again.Body.String() || again.Header().Get("Idempotency-Replayed") != "true" {
		t.Errorf("answered %s, then %s", first.Body, again.Body)
	}
	if n := count(t, c.db, "SELECT count(*) FROM account"); n != 1 {
		t.Errorf("%d accounts", n)
	}
}
