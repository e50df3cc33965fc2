package cmd

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"example.com/app/lib/broker"
	"example.com/app/lib/broker/rabbit"
	"example.com/app/lib/cache"
	"example.com/app/lib/pg"
)

const (
	minOpsToken  = 16 // bytes
	minJWTSecret = 32 // bytes: a key of HS256 is as long as its hash at least (RFC 7518, 3.2)
)

// wrong notes a mistake in a setting when bad.
type wrong func(bad bool, name, rule string, args ...any)

// checkSecrets refuses what anybody could guess, and leaves well-known passwords to whoever is not in production.
func (s *Settings) checkSecrets(wrong wrong) {
	production := s.Env == "production"

	wrong(production && !s.Auth, "AUTH", "must be on when ENV is production")
	wrong(s.Auth && s.JWTSecret == "" && !s.local(), "JWT_SECRET",
		"must be set when AUTH is on and ENV is %s: %d random bytes or more, as from openssl rand -base64 %d", s.Env, minJWTSecret, minJWTSecret)
	checkKey := func(name, secret string) {
		wrong(secret != "" && len(secret) < minJWTSecret, name, "must have %d bytes or more", minJWTSecret)
		wrong(production && weak(secret, minJWTSecret), name, unguessable)
	}
	checkKey("JWT_SECRET", s.JWTSecret)
	checkKey("JWT_SECRET_PREVIOUS", s.JWTSecretPrevious)

	wrong(production && s.OpsToken != "" && len(s.OpsToken) < minOpsToken, "OPS_TOKEN",
		"must have %d bytes or more when ENV is production", minOpsToken)
	wrong(production && weak(s.OpsToken, minOpsToken), "OPS_TOKEN", unguessable)
	s.checkLogins(wrong)
}

const unguessable = "must be hard to guess when ENV is production, without well-known words and of many different characters: " +
	"as from openssl rand -base64 32"

// checkLogins reads the servers' URLs the way they are read when they are opened.
func (s *Settings) checkLogins(wrong wrong) {
	check := func(name, address string, read func(string) (*url.Userinfo, error)) {
		login, err := read(address)
		wrong(err != nil, name, "cannot be used: %v", err)
		wrong(err == nil && s.Env == "production" && wellKnown(login), name,
			"must have a password of its own when ENV is production: not an empty or a well-known one, nor the user's name")
	}

	if s.DatabaseURL != "" {
		check("DATABASE_URL", s.DatabaseURL, pg.LoginOf)
	}
	if s.DatabaseURLReplica != "" {
		check("DATABASE_URL_REPLICA", s.DatabaseURLReplica, pg.LoginOf)
	}
	if s.RedisURL != "" {
		check("REDIS_URL", s.RedisURL, cache.LoginOf)
	}
	if s.AMQPURL != "" {
		check("AMQP_URL", s.AMQPURL, rabbit.LoginOf)
	}
	for _, name := range slices.Sorted(maps.Keys(s.AMQPURLs)) {
		check(urlSetting(broker.Connection(name)), s.AMQPURLs[name], rabbit.LoginOf)
	}
}

// weak is true for a well-known word amid the secret, and when a random one of so many bytes would have more different ones:
// even in hexadecimal 32 bytes have fewer than 8 only once in ten million times. An unset secret is not weak.
func weak(secret string, least int) bool {
	different := map[byte]bool{}
	for _, b := range []byte(secret) {
		different[b] = true
	}
	known := func(word string) bool { return strings.Contains(strings.ToLower(secret), word) }
	return secret != "" && (len(different) < least/4 || slices.ContainsFunc(guessable(), known))
}

// guessable are long enough not to be in a random text by chance.
func guessable() []string {
	return []string{
		"123456", "abcdef", "change", "example", "insecure", "jwt_secret", "letmein", "password", "qwerty", "replace", "secret",
	}
}

// wellKnown is true for the passwords of images, packages and tutorials.
func wellKnown(login *url.Userinfo) bool {
	password, _ := login.Password()
	return password == "" || password == login.Username() || slices.Contains([]string{
		"admin", "app", "changeme", "example", "guest", "password", "postgres", "rabbitmq", "root", "secret", "test",
	}, strings.ToLower(password))
}
