package cmd_test

import (
	"strings"
	"testing"

	"example.com/app/cmd"
	"example.com/app/lib/config"
)

func TestSecretsThatAnybodyCouldGuessAreRefused(t *testing.T) {
	t.Parallel()

	const guess = `must be hard to guess when ENV is production`
	const password = `must have a password of its own when ENV is production`
	for _, c := range []struct {
		given []string
		want  string
	}{
		{[]string{production, database, jwtSecret, "AUTH=off"}, `AUTH is "off" (environment): must be on when ENV is production`},
		{[]string{production, database}, `JWT_SECRET is not set: must be set when AUTH is on and ENV is production`},
		{[]string{"ENV=staging", database}, `JWT_SECRET is not set: must be set when AUTH is on and ENV is staging`},
		{[]string{"JWT_SECRET=thirty-one-bytes-are-too-few-xx"}, `JWT_SECRET is "xxxxx" (environment): must have 32 bytes or more`},
		{[]string{"JWT_SECRET_PREVIOUS=short"}, `JWT_SECRET_PREVIOUS is "xxxxx" (environment): must have 32 bytes or more`},
		{[]string{production, database, "JWT_SECRET=" + strings.Repeat("hush", 8)}, `JWT_SECRET is "xxxxx" (environment): ` + guess},
		{[]string{production, database, "JWT_SECRET=my-Secret-of-many-different-bytes"}, `JWT_SECRET is "xxxxx" (environment): ` + guess},
		{[]string{production, database, jwtSecret, "JWT_SECRET_PREVIOUS=change-me-to-some-thing-of-32-bytes"}, `JWT_SECRET_PREVIOUS is "xxxxx" (environment): ` + guess},
		{[]string{production, database, jwtSecret, "OPS_TOKEN=hhhhhhhhhhhhhhhh"}, `OPS_TOKEN is "xxxxx" (environment): ` + guess},
		{[]string{production, jwtSecret, "DATABASE_URL=postgres://app:app@db/app"}, `DATABASE_URL is "postgres://app:xxxxx@db/app" (environment): ` + password},
		{[]string{production, jwtSecret, "DATABASE_URL=postgres://app:Postgres@db/app"}, `DATABASE_URL is "postgres://app:xxxxx@db/app" (environment): ` + password},
		{[]string{production, jwtSecret, "DATABASE_URL=postgres://ada:ada@db/app"}, `DATABASE_URL is "postgres://ada:xxxxx@db/app" (environment): ` + password},
		{[]string{production, jwtSecret, "DATABASE_URL=postgres://nobody-has-a-passfile-for@db.invalid/app"}, `DATABASE_URL is "postgres://nobody-has-a-passfile-for@db.invalid/app" (environment): ` + password},
		{[]string{production, jwtSecret, database, "DATABASE_URL_REPLICA=postgres://app:app@db2/app"}, `DATABASE_URL_REPLICA is "postgres://app:xxxxx@db2/app" (environment): ` + password},
		{[]string{production, jwtSecret, database, "AMQP_URL=amqp://mq/"}, `AMQP_URL is "amqp://mq/" (environment): ` + password},
		{[]string{production, jwtSecret, database, "AMQP_URL=amqp://app@mq/"}, `AMQP_URL is "amqp://app@mq/" (environment): ` + password},
		{[]string{production, jwtSecret, database, "REDIS_URL=redis://cache/0"}, `REDIS_URL is "redis://cache/0" (environment): ` + password},
		{[]string{production, jwtSecret, database, "AMQP_URL_BILLING=amqp://billing:billing@mq/"}, `AMQP_URL_BILLING is "amqp://billing:xxxxx@mq/" (environment): ` + password},
	} {
		_, err := config.Load(new(cmd.Settings), config.Options{Environ: c.given})
		if len(config.MistakesOf(err)) != 1 || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%v: got\n%v\nwant\n%s", c.given, err, c.want)
		}
	}
}

func TestWellKnownPasswordsAreGoodEnoughOutsideProduction(t *testing.T) {
	t.Parallel()

	for _, env := range []string{"local", "test", "staging"} {
		load(t, "ENV="+env, jwtSecret, "DATABASE_URL=postgres://app:app@db/app", "AMQP_URL=amqp://mq/", "OPS_TOKEN=x")
	}
	load(t, "ENV=staging", database, "AUTH=off")
}

func TestURLsAreReadAsWhoOpensThemReadsThem(t *testing.T) {
	t.Parallel()

	for given, want := range map[string]string{
		"DATABASE_URL=postgres://app:hush@h/app?sslmode=never":         `DATABASE_URL is "postgres://app:xxxxx@h/app?sslmode=never" (environment): cannot be used: `,
		"DATABASE_URL=postgres://app:hush@h/app?connect_timeout=x":     `DATABASE_URL is "postgres://app:xxxxx@h/app?connect_timeout=x" (environment): cannot be used: invalid connect_timeout`,
		"DATABASE_URL=postgres://app:hush@h:99999/app":                 `DATABASE_URL is "postgres://app:xxxxx@h:99999/app" (environment): cannot be used: invalid port`,
		"DATABASE_URL_REPLICA=postgres://app:hush@h/app?sslmode=never": `DATABASE_URL_REPLICA is "postgres://app:xxxxx@h/app?sslmode=never" (environment): cannot be used: `,
		"AMQP_URL=amqp://app:hush@h: 5672/":                            `AMQP_URL is "amqp://xxxxx@h: 5672/" (environment): must be a URL`,
		"AMQP_URL_EAST=amqp://app:hush@h/a b":                          `AMQP_URL_EAST is "amqp://app:xxxxx@h/a%20b" (environment): cannot be used: want amqp://`,
		"REDIS_URL=redis://:hush@h/zero":                               `REDIS_URL is "redis://:xxxxx@h/zero" (environment): cannot be used: want redis://`,
		"CORS_ORIGINS=https://a.example,b.example":                     `CORS_ORIGINS is "https://a.example,b.example" (environment): must be a comma-separated list, each value a URL that begins with http:// or https://`,
	} {
		_, err := config.Load(new(cmd.Settings), config.Options{Environ: []string{given}})
		if len(config.MistakesOf(err)) != 1 || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got\n%v\nwant\n%s", given, err, want)
		}
	}
	load(t, "CORS_ORIGINS=https://a.example,http://localhost:3000")
}
