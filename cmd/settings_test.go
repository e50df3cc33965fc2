package cmd_test

import (
	"bufio"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/app/cmd"
	"example.com/app/lib/config"
)

const (
	production = "ENV=production"
	database   = "DATABASE_URL=postgres://app:hush@db.internal/app"
	jwtSecret  = "JWT_SECRET=9QnXw2bVtL0sR7uYc4fHkZ1mJd8pGa6e"
)

func load(t *testing.T, environ ...string) (cmd.Settings, *config.Report) {
	t.Helper()
	var s cmd.Settings
	report, err := config.Load(&s, config.Options{Environ: environ})
	if err != nil {
		t.Fatal(err)
	}
	return s, report
}

func TestDefaultsNeedNothingSet(t *testing.T) {
	t.Parallel()

	s, report := load(t)
	if s.Env != "local" || s.Debug || !s.AccessLog || s.ShutdownTimeout != 25*time.Second {
		t.Errorf("got %+v", s)
	}
	if s.DatabaseURL == "" || s.AMQPURL == "" {
		t.Error("local has no default for the servers")
	}
	if s.Workers != 8*runtime.GOMAXPROCS(0) || s.AMQPPrefetch != 2*s.Workers {
		t.Errorf("got %d workers and a prefetch of %d", s.Workers, s.AMQPPrefetch)
	}
	for _, one := range report.Settings() {
		if one.Origin != config.Default || one.Help == "" {
			t.Errorf("%s comes from %q, helped by %q", one.Name, one.Origin, one.Help)
		}
	}
}

func TestPrefetchFollowsWorkers(t *testing.T) {
	t.Parallel()

	if s, _ := load(t, "WORKERS=3"); s.AMQPPrefetch != 6 {
		t.Errorf("got %d", s.AMQPPrefetch)
	}
	if s, _ := load(t, "WORKERS=3", "AMQP_PREFETCH=1"); s.AMQPPrefetch != 1 {
		t.Errorf("got %d", s.AMQPPrefetch)
	}
}

func TestProductionUsesNoWellKnownPassword(t *testing.T) {
	t.Parallel()

	if s, _ := load(t, production, database, jwtSecret); s.AMQPURL != "" {
		t.Errorf("AMQP_URL is %s though nobody has set it", s.AMQPURL)
	}
	if s, _ := load(t, "ENV=test"); s.DatabaseURL == "" || s.AMQPURL == "" {
		t.Error("test has no default for the servers")
	}
}

func TestFurtherConnectionsAreNamedInLowerCase(t *testing.T) {
	t.Parallel()

	s, _ := load(t, "AMQP_URL_BILLING=amqp://billing/b", "AMQP_URL=amqp://main/")
	if len(s.AMQPURLs) != 1 || s.AMQPURLs["billing"] != "amqp://billing/b" || s.AMQPURL != "amqp://main/" {
		t.Errorf("got %v and %s", s.AMQPURLs, s.AMQPURL)
	}
}

func TestSettingsThatCannotHoldAreRefused(t *testing.T) {
	t.Parallel()

	for _, c := range []struct {
		given []string
		want  string
	}{
		{[]string{"ENV=prod"}, `ENV is "prod" (environment): must be local, test, staging or production`},
		{[]string{production, database, jwtSecret, "DEBUG=true"}, `DEBUG is "true" (environment): must be false when ENV is production`},
		{[]string{production, database, jwtSecret, "OPS_TOKEN=fifteen-bytes-!"}, `OPS_TOKEN is "xxxxx" (environment): must have 16 bytes or more when ENV is production`},
		{[]string{"ENV=staging", jwtSecret}, "DATABASE_URL is not set: must be set when ENV is staging, to postgres://USER:PASSWORD@HOST:5432/DATABASE"},
		{[]string{"DATABASE_URL=mysql://app:hush@h/app"}, `DATABASE_URL is "mysql://app:xxxxx@h/app" (environment): must be a URL that begins with postgres://`},
		{[]string{"AMQP_URL_BILLING=billing"}, `AMQP_URL_BILLING is "billing" (environment): must be a URL that begins with amqp:// or amqps://`},
		{[]string{"API_PORT=65536"}, `API_PORT is "65536" (environment): must be a whole number from 0 to 65535`},
		{[]string{"HOST=0.0.0.0:80"}, `HOST is "0.0.0.0:80" (environment): must be a host name or an IP address`},
		{[]string{"LOG_LEVEL=trace"}, `LOG_LEVEL is "trace" (environment): must be debug, info, warn or error`},
		{[]string{"DB_MIN_CONNECTIONS=11"}, `DB_MIN_CONNECTIONS is "11" (environment): must not be above DB_MAX_CONNECTIONS, which is 10`},
		{[]string{"DB_MIN_CONNECTIONS_REPLICA=11"}, `DB_MIN_CONNECTIONS_REPLICA is "11" (environment): must not be above DB_MAX_CONNECTIONS_REPLICA, which is 10`},
		{[]string{"AMQP_RETRY_DELAYS=0s,1s"}, `AMQP_RETRY_DELAYS is "0s,1s" (environment): must be a comma-separated list, each value a duration`},
		{[]string{"AMQP_RETRY_DELAYS=1s,1s"}, `AMQP_RETRY_DELAYS is "1s,1s" (environment): must ascend`},
		{[]string{"AMQP_RETRY_DELAYS=300h,396h"}, `AMQP_RETRY_DELAYS is "300h,396h" (environment): must sum up to less than 696h, `},
		{[]string{"AMQP_RETRY_DELAYS=1ms,1.5ms"}, `AMQP_RETRY_DELAYS is "1ms,1.5ms" (environment): must ascend`},
		{[]string{"SHUTDOWN_TIMEOUT=20s"}, `AMQP_HANDLER_TIMEOUT is "20s" (default): must be shorter than SHUTDOWN_TIMEOUT, which is 20s`},
		{[]string{"IBGE_URL=http://"}, `IBGE_URL is "http://" (environment): must be http://HOST or https://HOST, perhaps with a path`},
		{[]string{"WORLDTIME_URL=https://h/x?y=1"}, `WORLDTIME_URL is "https://h/x?y=1" (environment): must be http://HOST or https://HOST`},
		{[]string{"PAGES_URL=http://:80"}, `PAGES_URL is "http://:80" (environment): must be http://HOST or https://HOST`},
		{[]string{"SCHEDULE_RENAME_STUDENTS=often"}, `SCHEDULE_RENAME_STUDENTS is "often" (environment): cannot be used: read schedule "often"`},
	} {
		_, err := config.Load(new(cmd.Settings), config.Options{Environ: c.given})
		if len(config.MistakesOf(err)) != 1 || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%v: got\n%v\nwant\n%s", c.given, err, c.want)
		}
	}
}

func TestEnvExampleHoldsEverySettingInOrder(t *testing.T) {
	t.Parallel()

	f, err := os.Open("../.env.example")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()

	var got []string // NAME: comment
	comment, named := "", regexp.MustCompile(`^(?:# )?([A-Z][A-Z_]*)=`)
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if m := named.FindStringSubmatch(lines.Text()); m != nil {
			got = append(got, m[1]+": "+comment)
		}
		comment = strings.TrimPrefix(lines.Text(), "# ")
	}

	_, report := load(t)
	want := make([]string, 0, len(report.Settings()))
	for _, s := range report.Settings() {
		want = append(want, strings.Replace(s.Name, "*", "BILLING", 1)+": "+s.Help)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestEnvExampleWorksUnchanged(t *testing.T) {
	t.Parallel()

	var s, defaults cmd.Settings
	report, err := config.Load(&s, config.Options{EnvFile: "../.env.example", EnvFileRequired: true})
	if err != nil {
		t.Fatal(err)
	}
	if unknown := report.Unknown(); len(unknown) > 0 {
		t.Errorf("unknown: %v", unknown)
	}
	if !s.Debug || s.Auth {
		t.Error("DEBUG is not true in it, or AUTH is not off")
	}

	was, err := config.Load(&defaults, config.Options{Set: []string{"DEBUG=true", "AUTH=off"}})
	if err != nil {
		t.Fatal(err)
	}
	for i, one := range report.Settings() {
		if want := was.Settings()[i].Value; one.Value != want {
			t.Errorf("%s is %q in it, and %q by default", one.Name, one.Value, want)
		}
	}
}
