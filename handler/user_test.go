package handler_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/crypto/argon2"

	"example.com/app/lib/auth"
)

// weakKey is what one round over 64 KiB makes of the password.
func weakKey() string {
	return base64.RawStdEncoding.EncodeToString(argon2.IDKey([]byte(password), []byte("saltsaltsaltsalt"), 1, 64, 1, 32))
}

func newUser(email, password, role string) string {
	return fmt.Sprintf(`{"email": %q, "password": %q, "role": %q}`, email, password, role)
}

func TestAdminCreatesUsersWhoCanLogIn(t *testing.T) {
	t.Parallel()
	g := newGuarded(t)
	g.add("root@example.com", auth.Admin)
	admin := bearer(g.logIn("root@example.com").Access)

	w := g.do(http.MethodPost, "/api/v1/users", newUser(" Ada@Example.com ", password, "editor"), admin)
	if w.Code != http.StatusCreated || w.Header().Get("Location") != "/api/v1/users/2" || w.Header().Get("ETag") != `"1"` {
		t.Fatalf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	shown := g.do(http.MethodGet, w.Header().Get("Location"), "", admin)
	if shown.Code != http.StatusOK || shown.Body.String() != w.Body.String() || !strings.Contains(shown.Body.String(), `{"id":2,"email":"ada@example.com","role":"editor","active":true,"created_at":`) {
		t.Errorf("%d %s", shown.Code, shown.Body)
	}
	if g.me(g.logIn("ada@example.com").Access) != http.StatusOK {
		t.Error("the new user is refused")
	}

	for _, email := range []string{"ada@example.com", "ADA@example.com"} {
		w := g.do(http.MethodPost, "/api/v1/users", newUser(email, password, "reader"), admin)
		if w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "#conflict") {
			t.Errorf("another %s is answered %d %s", email, w.Code, w.Body)
		}
	}
	if w := g.do(http.MethodGet, "/api/v1/users/99", "", admin); w.Code != http.StatusNotFound {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestNobodyIsToldThatHisPredecessorsCopyOfMeHolds(t *testing.T) {
	t.Parallel()
	g := newGuarded(t)
	g.add("ada@example.com", auth.Reader)
	g.add("eve@example.com", auth.Reader)
	ada, eve := bearer(g.logIn("ada@example.com").Access), bearer(g.logIn("eve@example.com").Access)

	first := g.do(http.MethodGet, "/api/v1/me", "", ada)
	if vary := first.Header().Get("Vary"); !strings.Contains(vary, "Authorization") {
		t.Errorf("a cache may answer whoever asks: Vary is %q", vary)
	}
	held := header{"If-None-Match", first.Header().Get("ETag")}
	if again := g.do(http.MethodGet, "/api/v1/me", "", ada, held); again.Code != http.StatusNotModified {
		t.Errorf("the same user is answered %d %s", again.Code, again.Body)
	}
	if other := g.do(http.MethodGet, "/api/v1/me", "", eve, held); other.Code != http.StatusOK || !strings.Contains(other.Body.String(), "eve@example.com") {
		t.Errorf("the next user is answered %d %s", other.Code, other.Body)
	}
}

func TestUsersKeepTheRules(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	for body, pointer := range map[string]string{
		newUser("ada", password, "reader"):                                                                   "/email",
		newUser("", password, "reader"):                                                                      "/email",
		newUser(strings.Repeat("a", 250)+"@example.com", password, "reader"):                                 "/email",
		newUser("ada@example.com", "elevenchars", "reader"):                                                  "/password",
		newUser("ada@example.com", strings.Repeat("é", 129), "reader"):                                       "/password",
		newUser("ada@example.com", password, "root"):                                                         "/role",
		newUser("ada@example.com", password, ""):                                                             "/role",
		`{"email": "ada@example.com", "password": "correct horse battery"}`:                                  "/role",
		`{"email": "a@example.com", "password": "correct horse battery", "role": "reader", "active": false}`: "/active",
	} {
		w := c.do(http.MethodPost, "/api/v1/users", body)
		if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), `"pointer":"`+pointer+`"`) {
			t.Errorf("%s is answered %d %s", body, w.Code, w.Body)
		}
	}
	for _, body := range []string{
		newUser("a@example.com", "elevenchars ", "reader"), newUser("b@example.com", strings.Repeat("é", 128), "reader"),
	} {
		if w := c.do(http.MethodPost, "/api/v1/users", body); w.Code != http.StatusCreated {
			t.Errorf("%s is answered %d %s", body, w.Code, w.Body)
		}
	}
}

func TestNobodyHasLoggedInWhereNobodyHasTo(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	for _, r := range [][2]string{{http.MethodGet, "/api/v1/me"}, {http.MethodDelete, "/api/v1/sessions"}} {
		if w := c.do(r[0], r[1], ""); w.Code != http.StatusUnauthorized || !strings.Contains(w.Body.String(), "nobody has logged in") {
			t.Errorf("%v is answered %d %s", r, w.Code, w.Body)
		}
	}
}
