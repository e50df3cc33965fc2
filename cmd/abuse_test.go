//go:build unix

package cmd_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"example.com/app/lib/pg/pgtest"
	"example.com/app/lib/testenv"
)

const secret = "0123456789abcdefghijklmnopqrstuv"

// besieged is `app run` under attack, with a client beside that means well.
type besieged struct {
	*testing.T
	settings
	token  string // an editor's
	served atomic.Int64
}

func besiege(t *testing.T) *besieged {
	t.Helper()
	s := freePorts(t).With(settings{
		"DATABASE_URL": pgtest.URL(t), "AMQP_URL": "amqp://127.0.0.1:1/", "AUTH": "on", "JWT_SECRET": secret, "ACCESS_LOG": "off", "LOG_LEVEL": "error",
	})
	for _, user := range []string{"editor@example.com", "other@example.com"} {
		if said, status := typed(t, password, s, "user", "create", user, "--role", "editor"); status != 0 {
			t.Fatalf("app user create ended with %d and said %s", status, said)
		}
	}
	start(t, t.TempDir(), s, "run")
	testenv.Ready(t, s.URL("OPS_PORT", "/readyz"))

	b := &besieged{T: t, settings: s, token: logIn(t, s, "editor@example.com", password)}
	ended := make(chan struct{})
	t.Cleanup(func() { <-ended })
	go func() {
		defer close(ended)
		b.meanWell(t.Context())
	}()
	return b
}

// meanWell reads and writes all the time; no answer may be anything but what it asked for.
func (b *besieged) meanWell(ctx context.Context) {
	client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 1}, Timeout: testenv.Patience}
	for i := 0; ctx.Err() == nil; i++ {
		method, body, want := http.MethodGet, "", http.StatusOK
		if i%4 == 0 {
			method, body, want = http.MethodPost, `{"name": "Welcome"}`, http.StatusCreated
		}
		r, err := http.NewRequestWithContext(ctx, method, b.URL("API_PORT", "/api/v1/students"), strings.NewReader(body))
		if err != nil {
			b.Error(err)
			return
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+b.token)
		answer, err := client.Do(r)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			b.Errorf("who means well is not answered: %v", err)
			return
		}
		_, _ = io.Copy(io.Discard, answer.Body)
		_ = answer.Body.Close()
		if answer.StatusCode != want {
			b.Errorf("who means well is answered %s", answer.Status)
		}
		b.served.Add(1)
	}
}

// beside runs an attack. Afterwards the client that means well has been served, and goes on.
func (b *besieged) beside(name string, attack func(t *testing.T)) {
	b.Run(name, func(t *testing.T) {
		before := b.served.Load()
		attack(t)
		testenv.Eventually(t, "others are served", func() bool { return b.served.Load() > before+1 })
	})
}

// reply is an answer that was read.
type reply struct {
	status int
	header http.Header
	text   string
}

// send makes a request as the editor, unless a header says who else asks. Headers come in pairs.
func (b *besieged) send(t *testing.T, method, path, body string, headers ...string) reply {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, b.URL("API_PORT", path), strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+b.token)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{answer.StatusCode, answer.Header, string(text)}
}

func TestAbuseIsRefusedWhileOthersAreServed(t *testing.T) {
	t.Parallel()
	b := besiege(t)
	b.connections()
	b.beside("documents that are none", b.documents)
	b.beside("wishes that nobody may have", b.wishes)
	b.beside("a bomb of gzip", b.bomb)
	b.beside("a cursor of another list", b.cursors)
	b.beside("tokens that nobody gave", b.tokens)
	b.beside("another user's Idempotency-Key", b.keys)
}

// refused expects a problem document of that status, whose text has the word.
func (b *besieged) refused(t *testing.T, status int, word, method, path, body string, headers ...string) {
	t.Helper()
	got := b.send(t, method, path, body, headers...)
	if got.status != status || got.header.Get("Content-Type") != "application/problem+json" || !strings.Contains(got.text, word) {
		t.Errorf("%s %s %.100q is answered %d %.500s, want %d about %s", method, path, body, got.status, got.text, status, word)
	}
}

func (b *besieged) documents(t *testing.T) {
	const students = "/api/v1/students"
	for body, want := range map[string]struct {
		status int
		word   string
	}{
		strings.Repeat("[", 500_000): {422, `"depth"`},
		strings.Repeat(`{"name":`, 100_000) + "1" + strings.Repeat("}", 100_000): {422, `"depth"`},
		"{\"name\": \"\xff\xfe\"}":                            {400, "malformed"},
		`{"name": "\ud800"}`:                                  {400, "malformed"},
		`{"name": "Robert\u0000"}`:                            {422, "/name"},
		`{"name": 1e999999}`:                                  {422, "/name"},
		`{"name": ` + strings.Repeat("9", 1<<19) + `}`:        {422, "/name"},
		`{"name": "a", "name": "b"}`:                          {400, "malformed"},
		`{"name": "` + strings.Repeat("a", 2<<20) + `"}`:      {413, "too_large"},
		`{"name": "` + strings.Repeat("a", 256) + `"}`:        {422, "/name"},
		`{"name": "a", "__proto__": {}, "is_admin": true}`:    {422, "/is_admin"},
		`{"name": {"$gt": ""}}`:                               {422, "/name"},
		strings.Repeat(" ", 1<<19) + `{"name": "a"} trailing`: {400, "malformed"},
	} {
		b.refused(t, want.status, want.word, http.MethodPost, students, body)
	}
}

func (b *besieged) wishes(t *testing.T) {
	for query, word := range map[string]string{
		"limit=-1": "/query/limit", "limit=0": "/query/limit", "limit=99999999999999999999": "/query/limit", "limit=1e9": "/query/limit",
		"limit=1&limit=2": "/query/limit", "name=%00": "/query/name", "name=%ff": "/query/name", "name=" + strings.Repeat("a", 300): "/query/name",
		"limt=5": "/query/limt", "%zz": "/query",
	} {
		b.refused(t, http.StatusUnprocessableEntity, word, http.MethodGet, "/api/v1/students?"+query, "")
	}
	for _, id := range []string{"-1", "0", "9223372036854775808", "1e3", "%00", "..%2f..%2fetc%2fpasswd", "1;DROP", strings.Repeat("9", 5000)} {
		b.refused(t, http.StatusNotFound, "not_found", http.MethodGet, "/api/v1/students/"+id, "")
	}
}

// bomb is 16 MiB in 16 KiB, three times over.
func (b *besieged) bomb(t *testing.T) {
	body := bytes.Repeat([]byte(" "), 16<<20)
	for range 3 {
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		_, _ = w.Write(body)
		_ = w.Close()
		body = packed.Bytes()
		b.refused(t, http.StatusUnsupportedMediaType, "media_type", http.MethodPost, "/api/v1/students", string(body), "Content-Encoding", "gzip")
		b.refused(t, http.StatusUnsupportedMediaType, "media_type", http.MethodPost, "/api/v1/students/imports", string(body),
			"Content-Encoding", "gzip", "Content-Type", "application/x-ndjson")
	}
}

func (b *besieged) cursors(t *testing.T) {
	for range 2 {
		b.send(t, http.MethodPost, "/api/v1/students", `{"name": "Two pages"}`)
	}
	got := b.send(t, http.MethodGet, "/api/v1/students?limit=1", "")
	var page struct{ Next string }
	if err := json.Unmarshal([]byte(got.text), &page); err != nil || page.Next == "" {
		t.Fatalf("the list is answered %d %s, %v", got.status, got.text, err)
	}

	b.refused(t, http.StatusBadRequest, "/query/after", http.MethodGet, "/api/v1/students/1/events?after="+page.Next, "")
	last := page.Next[len(page.Next)-1:]
	other := map[bool]string{true: "B", false: "A"}[last == "A"]
	b.refused(t, http.StatusBadRequest, "/query/after", http.MethodGet, "/api/v1/students?after="+strings.TrimSuffix(page.Next, last)+other, "")
}

func (b *besieged) tokens(t *testing.T) {
	revoked := logIn(t, b.settings, "other@example.com", password)
	if got := b.send(t, http.MethodDelete, "/api/v1/sessions", "", "Authorization", "Bearer "+revoked); got.status != http.StatusNoContent {
		t.Fatalf("logging out is answered %d %s", got.status, got.text)
	}

	for name, token := range map[string]string{
		"revoked":        revoked,
		"unsigned":       b.forged(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil),
		"expired":        b.forged(t, jwt.SigningMethodHS256, []byte(secret), jwt.MapClaims{"exp": time.Now().Add(-time.Minute).Unix()}),
		"endless":        b.forged(t, jwt.SigningMethodHS256, []byte(secret), jwt.MapClaims{"exp": nil}),
		"foreign":        b.forged(t, jwt.SigningMethodHS256, []byte(strings.ToUpper(secret)), nil),
		"another alg":    b.forged(t, jwt.SigningMethodHS512, []byte(secret), nil),
		"another's":      b.forged(t, jwt.SigningMethodHS256, []byte(secret), jwt.MapClaims{"aud": "another service"}),
		"no session":     b.forged(t, jwt.SigningMethodHS256, []byte(secret), jwt.MapClaims{"sid": "00000000-0000-0000-0000-000000000000"}),
		"of the future":  b.forged(t, jwt.SigningMethodHS256, []byte(secret), jwt.MapClaims{"iat": time.Now().Add(time.Hour).Unix()}),
		"none":           "x",
		"endlessly long": strings.Repeat("a.", 20_000),
	} {
		got := b.send(t, http.MethodGet, "/api/v1/students", "", "Authorization", "Bearer "+token)
		if got.status != http.StatusUnauthorized || !strings.Contains(got.header.Get("WWW-Authenticate"), `error="invalid_token"`) {
			t.Errorf("the token that is %s is answered %d %v %s", name, got.status, got.header, got.text)
		}
	}

	promoted := b.forged(t, jwt.SigningMethodHS256, []byte(secret), jwt.MapClaims{"role": "admin"})
	if got := b.send(t, http.MethodGet, "/api/v1/users/1", "", "Authorization", "Bearer "+promoted); got.status < http.StatusBadRequest {
		t.Errorf("a role that the session does not have is answered %d %s", got.status, got.text)
	}
}

// forged is the editor's token with other claims, signed in another way. A claim that is nil is left out.
func (b *besieged) forged(t *testing.T, method jwt.SigningMethod, key any, changes jwt.MapClaims) string {
	t.Helper()
	claims := jwt.MapClaims{}
	if _, _, err := jwt.NewParser().ParseUnverified(b.token, claims); err != nil {
		t.Fatal(err)
	}
	for name, value := range changes {
		claims[name] = value
		if value == nil {
			delete(claims, name)
		}
	}
	token, err := jwt.NewWithClaims(method, claims).SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func (b *besieged) keys(t *testing.T) {
	const students, body = "/api/v1/students", `{"name": "Once"}`
	other := logIn(t, b.settings, "other@example.com", password)
	mine := b.send(t, http.MethodPost, students, body, "Idempotency-Key", "k")
	again := b.send(t, http.MethodPost, students, body, "Idempotency-Key", "k")
	theirs := b.send(t, http.MethodPost, students, body, "Idempotency-Key", "k", "Authorization", "Bearer "+other)
	if mine.status != http.StatusCreated || again.text != mine.text || again.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("the same key is answered %d %s, then %d %s", mine.status, mine.text, again.status, again.text)
	}
	if theirs.status != http.StatusCreated || theirs.text == mine.text || theirs.header.Get("Idempotency-Replayed") != "" {
		t.Errorf("another user's key is answered %d %s", theirs.status, theirs.text)
	}
	b.refused(t, http.StatusUnprocessableEntity, "/header/Idempotency-Key", http.MethodPost, students, `{"name": "Twice"}`, "Idempotency-Key", "k")
	b.refused(t, http.StatusUnprocessableEntity, "/header/Idempotency-Key", http.MethodPost, students, body, "Idempotency-Key", strings.Repeat("k", 256))
	if n := count(t, b.settings["DATABASE_URL"], "name = 'Once'"); n != 2 {
		t.Errorf("there are %d of them", n)
	}
}
