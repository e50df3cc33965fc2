package explore_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"example.com/app/lib/api/apitest"
	"example.com/app/lib/auth"
	"example.com/app/lib/cpu"
	"example.com/app/lib/ibge/ibgetest"
	"example.com/app/lib/pages/pagestest"
	"example.com/app/lib/pg"
	"example.com/app/lib/pg/pgtest"
	"example.com/app/lib/testenv"
	"example.com/app/models"
)

// world is the service, with an administrator.
type world struct {
	*testing.T
	settings testenv.Settings
	document []byte

	once sync.Once
	warm int64 // bytes of memory after a quarter of a full run
}

const (
	email    = "explorer@example.com"
	password = "correct horse battery staple"
)

func newWorld(t *testing.T) *world {
	t.Helper()
	s := testenv.Ports(t, "API_PORT", "OPS_PORT").With(testenv.Settings{
		"DATABASE_URL": pgtest.URL(t), "AMQP_URL": "amqp://127.0.0.1:1/", "DEBUG": "true", "ACCESS_LOG": "off", "LOG_LEVEL": "error",
		"JWT_SECRET": strings.Repeat("0123456789abcdef", 2), "TRUSTED_PROXIES": "127.0.0.0/8",
		"IBGE_URL": ibgetest.NewSmall(t).URL, "PAGES_URL": pagestest.New(t),
	})
	addAdministrator(t, s["DATABASE_URL"])
	testenv.StartProgram(t, os.Args[0], t.TempDir(), s, "run")
	testenv.Ready(t, s.URL("OPS_PORT", "/readyz"))
	_, document := testenv.Request(t, http.MethodGet, s.URL("API_PORT", "/openapi.json"), "")
	return &world{T: t, settings: s, document: []byte(document)}
}

func addAdministrator(t *testing.T, database string) {
	t.Helper()
	db, err := pg.Open(t.Context(), pg.Options{URL: database, Name: "explore", Max: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(t.Context())
	hash, err := auth.NewPasswords(cpu.NewPool(1)).Hash(t.Context(), password)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := models.NewUsers(db).Create(t.Context(), models.UserDraft{Email: email, PasswordHash: hash, Role: auth.Admin}); err != nil {
		t.Fatal(err)
	}
}

// ask is one client.
func (w *world) ask(seed uint64) map[string]int {
	e, err := apitest.NewExplorer(apitest.ExplorerOptions{
		Document: w.document, URL: w.settings.URL("API_PORT", ""), Seed: seed, Token: w.logIn,
	})
	if err != nil {
		w.Error(err)
		return nil
	}

	wrong := 0
	for i := range amount() {
		if err := e.Step(w.Context()); err != nil {
			w.Error(err)
			wrong++
		}
		if wrong == 20 {
			w.Error("that is enough")
			break
		}
		if full() && i == amount()/4 {
			w.once.Do(func() { w.warm = w.memory() })
		}
	}
	return e.Tally()
}

// logIn comes from an address of its own each time, for whoever guesses passwords from here is slowed down.
func (w *world) logIn(ctx context.Context) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.settings.URL("API_PORT", "/api/v1/sessions"),
		strings.NewReader(fmt.Sprintf(`{"email": %q, "password": %q}`, email, password)))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Forwarded-For", fmt.Sprintf("172.16.%d.%d", rand.IntN(256), rand.IntN(256)))
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusCreated {
		return "", fmt.Errorf("the log-in is answered %s %s: %w", response.Status, body, err)
	}
	var session struct {
		AccessToken string `json:"access_token"`
	}
	return session.AccessToken, json.Unmarshal(body, &session)
}

// memory is what the service takes, in bytes, as it says itself.
func (w *world) memory() int64 {
	_, metrics := testenv.Request(w, http.MethodGet, w.settings.URL("OPS_PORT", "/metrics"), "")
	for line := range strings.Lines(metrics) {
		if value, ok := strings.CutPrefix(line, "process_resident_memory_bytes "); ok {
			bytes, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			if err == nil {
				return int64(bytes)
			}
		}
	}
	w.Error("the metrics do not tell how much memory is taken")
	return 0
}
