package pg_test

import (
	"strings"
	"testing"

	"example.com/app/lib/pg"
)

func TestLoginIsReadWithoutConnecting(t *testing.T) {
	t.Parallel()

	login, err := pg.LoginOf("postgres://ada:hu%2Fsh@db.invalid:1/app?sslmode=disable&pool_max_conns=3")
	if err != nil {
		t.Fatal(err)
	}
	if password, _ := login.Password(); login.Username() != "ada" || password != "hu/sh" {
		t.Errorf("got %s", login)
	}
}

func TestURLThatOpenWouldRefuseIsToldWithoutItsPassword(t *testing.T) {
	t.Parallel()

	for address, want := range map[string]string{
		"postgres://app:hush@h/app?sslmode=never":            "sslmode is invalid",
		"postgres://app:hush@h/app?connect_timeout=soon":     "invalid connect_timeout",
		"postgres://app:hush@h/app?pool_max_conns=many":      "cannot parse pool_max_conns",
		"postgres://app:hush@h:99999/app":                    "invalid port",
		"postgres://app:hush@h/app?sslrootcert=/nowhere.pem": "/nowhere.pem",
		"postgres://app:1?sslmode=hush hush@h/app":           "percent-encoded",
	} {
		_, err := pg.LoginOf(address)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: got %v, want %s", address, err, want)
		}
	}
}
