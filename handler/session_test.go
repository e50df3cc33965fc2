package handler_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"example.com/app/handler"
	"example.com/app/lib/api"
	"example.com/app/lib/api/apitest"
	"example.com/app/lib/auth"
	"example.com/app/lib/cpu"
	"example.com/app/lib/pg"
	"example.com/app/lib/pg/pgtest"
	"example.com/app/lib/testenv"
	"example.com/app/models"
)

const password = "correct horse battery"

// guarded is an API that asks who they are. Each of its servers is a process of its own, over one database.
type guarded struct {
	client
	pool *cpu.Pool
	log  *bytes.Buffer
}

func newGuarded(t *testing.T) guarded {
	t.Helper()
	return serve(t, pgtest.New(t))
}

func serve(t *testing.T, db *pg.DB) guarded {
	t.Helper()
	sessions := models.NewSessions(db)
	gate := auth.NewGate(auth.NewTokens(auth.TokenOptions{Service: "test", Secret: strings.Repeat("secret", 6)}),
		func(ctx context.Context, id uuid.UUID) (auth.Identity, error) {
			who, err := sessions.Find(ctx, id)
			if errors.Is(err, models.ErrNotFound) {
				return who, auth.ErrToken
			}
			return who, err
		})
	var log bytes.Buffer
	pool := cpu.NewPool(0)
	root := api.New(api.Options{
		Title: "Students", Version: "test", Prefix: "/api/v1", Errors: handler.Errors(), DB: db,
		Logger: slog.New(slog.NewTextHandler(&log, nil)), AccessLog: true, Authenticate: gate.Authenticate,
	})
	handler.Routes(root, db, pool, gate, auth.NewBrake(nil), handler.Upstreams{})
	return guarded{client{t: t, db: db, api: apitest.Handler(t, root)}, pool, &log}
}

// add makes a user the way the command line does.
func (g guarded) add(email string, role auth.Role) models.User {
	g.t.Helper()
	hash, err := auth.NewPasswords(g.pool).Hash(g.t.Context(), password)
	if err != nil {
		g.t.Fatal(err)
	}
	row, err := models.NewUsers(g.db).Create(g.t.Context(), models.UserDraft{Email: email, PasswordHash: hash, Role: role})
	if err != nil {
		g.t.Fatal(err)
	}
	return row
}

// tokens are what a log-in and a refresh answer.
type tokens struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
	Type    string `json:"token_type"`
	Expires int    `json:"expires_in"`
}

func credentials(email, password string) string {
	return fmt.Sprintf(`{"email": %q, "password": %q}`, email, password)
}

func (g guarded) logIn(email string) tokens {
	g.t.Helper()
	return g.tokens(http.StatusCreated, g.do(http.MethodPost, "/api/v1/sessions", credentials(email, password)))
}

func (g guarded) tokens(status int, w *httptest.ResponseRecorder) tokens {
	g.t.Helper()
	var out tokens
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil || w.Code != status || out.Type != "Bearer" || out.Expires != 900 ||
		w.Header().Get("Cache-Control") != "no-store" {
		g.t.Fatalf("%d %s %v, %v", w.Code, w.Body, w.Header(), err)
	}
	return out
}

func (g guarded) refresh(token string) *httptest.ResponseRecorder {
	g.t.Helper()
	return g.do(http.MethodPost, "/api/v1/sessions/refresh", fmt.Sprintf(`{"refresh_token": %q}`, token))
}

func bearer(token string) header { return header{"Authorization", "Bearer " + token} }

// me is the status of asking who one is.
func (g guarded) me(token string) int {
	g.t.Helper()
	return g.do(http.MethodGet, "/api/v1/me", "", bearer(token)).Code
}

func TestLogInTellsWhoAsks(t *testing.T) {
	t.Parallel()
	g := newGuarded(t)
	g.add("ada@example.com", auth.Editor)

	for _, email := range []string{"ada@example.com", " Ada@Example.COM "} {
		w := g.do(http.MethodGet, "/api/v1/me", "", bearer(g.logIn(email).Access))
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"email":"ada@example.com","role":"editor","active":true`) ||
			strings.Contains(w.Body.String(), "argon2") {
			t.Errorf("%d %s %v", w.Code, w.Body, w.Header())
		}
	}
}

func TestEveryRouteAsksForItsRole(t *testing.T) {
	t.Parallel()
	g := newGuarded(t)
	who := map[auth.Role]string{"": ""}
	for _, role := range auth.Roles() {
		g.add(string(role)+"@example.com", role)
		who[role] = g.logIn(string(role) + "@example.com").Access
	}

	for request, needed := range map[string]auth.Role{
		"GET /api/v1/students":           auth.Reader,
		"POST /api/v1/students":          auth.Editor,
		"GET /api/v1/students/1":         auth.Reader,
		"HEAD /api/v1/students/1":        auth.Reader,
		"PATCH /api/v1/students/1":       auth.Editor,
		"DELETE /api/v1/students/1":      auth.Editor,
		"GET /api/v1/students/1/events":  auth.Reader,
		"POST /api/v1/students/imports":  auth.Editor,
		"GET /api/v1/students/imports/1": auth.Reader,
		"POST /api/v1/users":             auth.Admin,
		"GET /api/v1/users/1":            auth.Admin,
		"GET /api/v1/me":                 auth.Reader,
	} {
		method, path, _ := strings.Cut(request, " ")
		for role, token := range who {
			var headers []header
			if token != "" {
				headers = append(headers, bearer(token))
			}
			w := g.do(method, path, "", headers...)
			refused, challenge := w.Code == http.StatusUnauthorized || w.Code == http.StatusForbidden, w.Header().Get("WWW-Authenticate")
			switch {
			case role == "" && (w.Code != http.StatusUnauthorized || challenge != "Bearer"):
				t.Errorf("%s answers nobody %d, %s", request, w.Code, challenge)
			case role != "" && role.Covers(needed) == refused:
				t.Errorf("%s answers %s %d %s", request, role, w.Code, w.Body)
			case role != "" && refused && challenge != `Bearer error="insufficient_scope", scope="`+string(needed)+`"`:
				t.Errorf("%s tells %s %s", request, role, challenge)
			}
		}
	}
}

func TestWhoFailsToLogInIsNotToldWhy(t *testing.T) {
	t.Parallel()
	g := newGuarded(t)
	g.add("ada@example.com", auth.Reader)
	g.add("gone@example.com", auth.Reader)
	if _, err := models.NewUsers(g.db).Disable(t.Context(), "gone@example.com"); err != nil {
		t.Fatal(err)
	}

	for what, body := range map[string]string{
		"an unknown user":  credentials("nobody@example.com", password),
		"a wrong password": credentials("ada@example.com", "wrong horse battery"),
		"a short password": credentials("ada@example.com", "x"),
		"a disabled user":  credentials("gone@example.com", password),
		"no address":       credentials("ada", password),
	} {
		w := g.do(http.MethodPost, "/api/v1/sessions", body, header{"X-Request-ID", "same"})
		want := `{"type":"/problems#credentials","title":"Unauthorized","status":401,"detail":"e-mail address and password do not belong together","instance":"/api/v1/sessions","request_id":"same"}`
		if w.Code != http.StatusUnauthorized || w.Body.String() != want || w.Header().Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%s is answered %d %s", what, w.Code, w.Body)
		}
	}
}

// busy fills the pool that hashes.
func (g guarded) busy(do func()) {
	g.t.Helper()
	held, done := make(chan struct{}), make(chan struct{})
	for running := 1; ; running++ {
		go func() {
			_ = g.pool.Do(g.t.Context(), func() error { <-held; return nil })
			done <- struct{}{}
		}()
		select {
		case <-done: // it is full
			do()
			close(held)
			for range running - 1 {
				<-done
			}
			return
		default:
		}
	}
}

func TestUnknownUserCostsAsMuchWorkAsAKnownOne(t *testing.T) {
	t.Parallel()
	g := newGuarded(t)
	g.add("ada@example.com", auth.Reader)
	g.busy(func() {
		for range 10 { // which also shows that these are no failures
			for _, email := range []string{"ada@example.com", "nobody@example.com"} {
				w := g.do(http.MethodPost, "/api/v1/sessions", credentials(email, password))
				if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "#busy") || w.Header().Get("Retry-After") == "" {
					t.Errorf("%s, whose password is not hashed, is answered %d %s", email, w.Code, w.Body)
				}
			}
		}
	})
	g.logIn("ada@example.com")
}

func TestWhoGuessesHasToWaitBeforeAnythingIsHashed(t *testing.T) {
	t.Parallel()
	g := newGuarded(t)
	g.add("ada@example.com", auth.Reader)
	guess := func(email, password string) *httptest.ResponseRecorder {
		return g.do(http.MethodPost, "/api/v1/sessions", credentials(email, password))
	}
	for range 5 {
		guess("ada@example.com", "wrong horse battery")
	}
	testenv.Eventually(t, "the guesser has to wait for longer than this machine takes", func() bool {
		guess("ada@example.com", "wrong horse battery")
		slowed := 0
		g.busy(func() {
			for _, email := range []string{"ada@example.com", "ADA@example.com "} {
				w := guess(email, password)
				if w.Code == http.StatusTooManyRequests && w.Header().Get("Retry-After") != "" && strings.Contains(w.Body.String(), "#too_many_attempts") {
					slowed++
				}
			}
		})
		return slowed == 2
	})
}

func TestRefreshTokenIsGoodOnce(t *testing.T) {
	t.Parallel()
	g := newGuarded(t)
	g.add("ada@example.com", auth.Reader)
	first := g.logIn("ada@example.com")
	second := g.tokens(http.StatusOK, g.refresh(first.Refresh))
	third := g.tokens(http.StatusOK, g.refresh(second.Refresh))
	bystander := g.logIn("ada@example.com")
	if first.Refresh == second.Refresh || g.me(first.Access) != http.StatusOK || g.me(third.Access) != http.StatusOK {
		t.Error("an access token of the session is refused")
	}

	for range 2 {
		w := g.refresh(first.Refresh)
		if w.Code != http.StatusUnauthorized || !strings.Contains(w.Body.String(), "#refresh_token") || w.Header().Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("a used token is answered %d %s", w.Code, w.Body)
		}
	}
	if w := g.refresh(third.Refresh); w.Code != http.StatusUnauthorized {
		t.Errorf("the newest token of the session is answered %d %s", w.Code, w.Body)
	}
	for _, access := range []string{first.Access, second.Access, third.Access} {
		if status := g.me(access); status != http.StatusUnauthorized {
			t.Errorf("an access token of the session is answered %d", status)
		}
	}
	if g.me(bystander.Access) != http.StatusOK {
		t.Error("another session of the user has ended, too")
	}
	if n := strings.Count(g.log.String(), "a refresh token came a second time"); n != 1 {
		t.Errorf("the log tells of it %d times:\n%s", n, g.log)
	}
}

func TestOfTwoRefreshesAtOnceOneIsTheSecond(t *testing.T) {
	t.Parallel()
	g := newGuarded(t)
	g.add("ada@example.com", auth.Reader)
	for range 5 {
		given := g.logIn("ada@example.com")
		statuses := make([]int, 4)
		var wg sync.WaitGroup
		for i := range statuses {
			wg.Go(func() { statuses[i] = g.refresh(given.Refresh).Code })
		}
		wg.Wait()
		good := 0
		for _, s := range statuses {
			if s == http.StatusOK {
				good++
			} else if s != http.StatusUnauthorized {
				t.Errorf("%v", statuses)
			}
		}
		if good != 1 || g.me(given.Access) != http.StatusUnauthorized {
			t.Errorf("%v, and the session goes on: %d", statuses, g.me(given.Access))
		}
	}
}

func TestLogOutEndsTheSessionAtOnce(t *testing.T) {
	t.Parallel()
	g := newGuarded(t)
	g.add("ada@example.com", auth.Reader)
	mine, other := g.logIn("ada@example.com"), g.logIn("ada@example.com")
	if g.me(mine.Access) != http.StatusOK { // the session is trusted from now on
		t.Fatal("the token is refused")
	}

	if w := g.do(http.MethodDelete, "/api/v1/sessions", "", bearer(mine.Access)); w.Code != http.StatusNoContent {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if me, again := g.me(mine.Access), g.refresh(mine.Refresh).Code; me != http.StatusUnauthorized || again != http.StatusUnauthorized {
		t.Errorf("afterwards the access token is answered %d, the refresh token %d", me, again)
	}
	if g.me(other.Access) != http.StatusOK {
		t.Error("another session of the user has ended, too")
	}
}

func TestDisabledUserIsOutEverywhere(t *testing.T) {
	t.Parallel()
	g := newGuarded(t)
	g.add("ada@example.com", auth.Admin)
	given := g.logIn("ada@example.com")
	if _, err := models.NewUsers(g.db).Disable(t.Context(), "ada@example.com"); err != nil {
		t.Fatal(err)
	}
	if me, again := g.me(given.Access), g.refresh(given.Refresh).Code; me != http.StatusUnauthorized || again != http.StatusUnauthorized {
		t.Errorf("the access token is answered %d, the refresh token %d", me, again)
	}
}

func TestSessionGoesOnInAnotherProcess(t *testing.T) {
	t.Parallel()
	g := newGuarded(t)
	g.add("ada@example.com", auth.Reader)
	given, elsewhere := g.logIn("ada@example.com"), serve(t, g.db)
	next := g.tokens(http.StatusOK, elsewhere.refresh(given.Refresh))
	if elsewhere.me(given.Access) != http.StatusOK || g.me(next.Access) != http.StatusOK {
		t.Error("a token of the session is refused")
	}
}

func TestBadTokensAreAnsweredAsRFC6750Says(t *testing.T) {
	t.Parallel()
	g := newGuarded(t)
	g.add("ada@example.com", auth.Reader)
	good := g.logIn("ada@example.com").Access
	for given, challenge := range map[string]string{
		"":                            `Bearer`,
		good:                          `Bearer`,
		"Basic YWRhOnNlY3JldA":        `Bearer`,
		"Bearer":                      `Bearer error="invalid_token"`,
		"Bearer x":                    `Bearer error="invalid_token"`,
		"Bearer " + good + "x":        `Bearer error="invalid_token"`,
		"Bearer " + good + "," + good: `Bearer error="invalid_token"`,
		"Bearer " + good:              ``,
		"bearer " + good:              ``,
	} {
		w := g.do(http.MethodGet, "/api/v1/me", "", header{"Authorization", given})
		if got := w.Header().Get("WWW-Authenticate"); got != challenge || (w.Code == http.StatusUnauthorized) != (challenge != "") {
			t.Errorf("%q is answered %d %s", given, w.Code, got)
		}
	}
}

func TestTokenBesideAnotherIsRefused(t *testing.T) {
	t.Parallel()
	g := newGuarded(t)
	g.add("ada@example.com", auth.Reader)
	given := "Bearer " + g.logIn("ada@example.com").Access
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/v1/me", http.NoBody)
	r.Header["Authorization"] = []string{given, given}
	w := httptest.NewRecorder()
	g.api.ServeHTTP(w, r)
	if w.Code != http.StatusUnauthorized {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestWeakHashIsMadeAnewAtLogIn(t *testing.T) {
	t.Parallel()
	g := newGuarded(t)
	user := g.add("ada@example.com", auth.Reader)
	const weak = "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$"
	if _, err := g.db.Exec(t.Context(), "UPDATE app_user SET password_hash = $1", weak+weakKey()); err != nil {
		t.Fatal(err)
	}
	g.logIn("ada@example.com")
	g.logIn("ada@example.com")
	row, err := models.NewUsers(g.db).Find(t.Context(), user.ID)
	if err != nil || !strings.HasPrefix(row.PasswordHash, "$argon2id$v=19$m=19456,t=2,p=1$") || row.Version != 1 {
		t.Errorf("the user is %+v, %v", row, err)
	}
}

func TestRightPasswordLogsInThoughItsHashCannotBeRenewed(t *testing.T) {
	t.Parallel()
	g := newGuarded(t)
	g.add("ada@example.com", auth.Reader)
	const weak = "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$"
	if _, err := g.db.Exec(t.Context(), "UPDATE app_user SET password_hash = $1", weak+weakKey()); err != nil {
		t.Fatal(err)
	}
	if _, err := g.db.Exec(t.Context(), "ALTER TABLE app_user ADD CHECK (password_hash LIKE '%m=64,%')"); err != nil {
		t.Fatal(err)
	}

	if g.me(g.logIn("ada@example.com").Access) != http.StatusOK {
		t.Error("who has logged in is refused")
	}
	if said := g.log.String(); strings.Count(said, "level=WARN") != 1 || strings.Contains(said, weakKey()) {
		t.Errorf("the log says %s", said)
	}
}

func TestSecretsAreNeitherLoggedNorEchoed(t *testing.T) {
	t.Parallel()
	g := newGuarded(t)
	g.add("root@example.com", auth.Admin)
	given := g.logIn("root@example.com")
	const long = "hushhushhushhushhushhushhushhushhushhushhushhushhushhushhushhushhushhushhushhushhushhushhushhushhushhushhushhushhushhushhushhushhush"
	var said strings.Builder
	for path, bodies := range map[string][]string{
		"/api/v1/sessions": {
			credentials("x@example.com", "hush"), credentials("x@example.com", long), `{"email": "x", "password": {"hush": "hush"}}`,
			`{"password": "hush", "password": "hush"}`, `{"password": "hush"`, `{"email": "hush`,
		},
		"/api/v1/sessions/refresh": {`{"refresh_token": "hush"}`, `{"refresh_token": "` + long + `"}`, `{"refresh_token": ["hush"]}`},
		"/api/v1/users": {
			credentials("x@example.com", "hush"), `{"email": "x@example.com", "password": "` + long + `", "role": "reader"}`,
			`{"email": "y@example.com", "password": "hush hush hush", "role": "reader"}`,
			`{"email": "y@example.com", "password": "hush hush hush", "role": "reader"}`,
		},
	} {
		for _, body := range bodies {
			w := g.do(http.MethodPost, path, body, bearer(given.Access))
			_, _ = io.Copy(&said, w.Body)
		}
	}
	g.refresh(given.Refresh)
	g.refresh(given.Refresh)
	said.Write(g.log.Bytes())
	for _, secret := range []string{"hush hush", long, `"hush"`, "=hush", password, given.Access, given.Refresh, "argon2id"} {
		if strings.Contains(said.String(), secret) {
			t.Errorf("%q is told in\n%s", secret, &said)
		}
	}
}
