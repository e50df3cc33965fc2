package auth_test

import (
	"errors"
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"example.com/app/lib/auth"
)

const (
	secret = "0123456789abcdefghijklmnopqrstuv"
	newer  = "vutsrqponmlkjihgfedcba9876543210"
)

func tokens() *auth.Tokens { return auth.NewTokens(auth.TokenOptions{Service: "app", Secret: secret}) }

func somebody() auth.Identity {
	return auth.Identity{User: 7, Session: uuid.MustParse("5f0c3b2e-6a0e-4b43-8a55-0d2f4c9d1e11"), Role: auth.Editor}
}

func sign(t *testing.T, by *auth.Tokens) string {
	t.Helper()
	token, err := by.Sign(somebody())
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestTokenTellsWhoAsksForFifteenMinutes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		token := sign(t, tokens())
		for range 2 {
			who, until, err := tokens().Verify(token)
			if who != somebody() || err != nil || time.Until(until) <= 0 {
				t.Errorf("%v until %s, %v", who, until, err)
			}
			time.Sleep(auth.AccessTime)
		}
		if _, _, err := tokens().Verify(token); !errors.Is(err, auth.ErrToken) {
			t.Errorf("after half an hour: %v", err)
		}
	})
}

func TestPreviousSecretStillVerifiesAndDoesNotSign(t *testing.T) {
	t.Parallel()
	rotated := auth.NewTokens(auth.TokenOptions{Service: "app", Secret: newer, Previous: secret})
	if who, _, err := rotated.Verify(sign(t, tokens())); who != somebody() || err != nil {
		t.Errorf("a token of the previous secret: %v, %v", who, err)
	}
	if _, _, err := tokens().Verify(sign(t, rotated)); !errors.Is(err, auth.ErrToken) {
		t.Errorf("a token of the new secret, where nobody knows that: %v", err)
	}
	if who, _, err := rotated.Verify(sign(t, rotated)); who != somebody() || err != nil {
		t.Errorf("a token of the new secret: %v, %v", who, err)
	}
}

func TestOnlyOurTokensAreGood(t *testing.T) {
	t.Parallel()
	now := time.Now()
	good := jwt.MapClaims{
		"iss": "app", "aud": "app", "sub": "7", "sid": somebody().Session.String(), "role": "editor",
		"iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
	}
	forged := func(method jwt.SigningMethod, key any, change jwt.MapClaims) string {
		claims := maps.Clone(good)
		maps.Copy(claims, change)
		maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
		token, err := jwt.NewWithClaims(method, claims).SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	hs256 := func(change jwt.MapClaims) string { return forged(jwt.SigningMethodHS256, []byte(secret), change) }
	if who, _, err := tokens().Verify(hs256(nil)); who != somebody() || err != nil {
		t.Fatalf("%v, %v", who, err)
	}

	whole := hs256(nil)
	for name, token := range map[string]string{
		"nothing":             "",
		"no token":            "a.b.c",
		"unsigned":            forged(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil),
		"another algorithm":   forged(jwt.SigningMethodHS512, []byte(secret), nil),
		"another secret":      forged(jwt.SigningMethodHS256, []byte(newer), nil),
		"an empty secret":     forged(jwt.SigningMethodHS256, []byte{}, nil),
		"cut":                 whole[:len(whole)-1],
		"without a signature": whole[:strings.LastIndexByte(whole, '.')+1],
		"padded":              whole + "=",
		"expired":             hs256(jwt.MapClaims{"exp": now.Add(-time.Minute).Unix()}),
		"for ever":            hs256(jwt.MapClaims{"exp": nil}),
		"of the future":       hs256(jwt.MapClaims{"iat": now.Add(time.Minute).Unix()}),
		"not yet":             hs256(jwt.MapClaims{"nbf": now.Add(time.Minute).Unix()}),
		"of another issuer":   hs256(jwt.MapClaims{"iss": "other"}),
		"of no issuer":        hs256(jwt.MapClaims{"iss": nil}),
		"for another service": hs256(jwt.MapClaims{"aud": "other"}),
		"for nobody":          hs256(jwt.MapClaims{"aud": nil}),
		"of no user":          hs256(jwt.MapClaims{"sub": "ada"}),
		"of no session":       hs256(jwt.MapClaims{"sid": "x"}),
		"of no role":          hs256(jwt.MapClaims{"role": "root"}),
	} {
		if who, _, err := tokens().Verify(token); !errors.Is(err, auth.ErrToken) || who != (auth.Identity{}) {
			t.Errorf("%s: %v, %v", name, who, err)
		}
	}
}

func TestRefreshTokensAreKnownByTheirHash(t *testing.T) {
	t.Parallel()
	token, hash := auth.NewRefresh()
	other, _ := auth.NewRefresh()
	if len(token) != 43 || token == other || len(hash) != 32 || string(auth.HashRefresh(token)) != string(hash) {
		t.Errorf("%s, %s, %x", token, other, hash)
	}
}
