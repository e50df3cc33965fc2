package cmd

import (
	"cmp"
	"fmt"
	"log/slog"
	"net/netip"
	"runtime"
	"time"

	"example.com/app/lib/api"
	"example.com/app/lib/broker"
	"example.com/app/lib/config"
	"example.com/app/lib/config/consul"
	"example.com/app/lib/outgoing"
	"example.com/app/schedule"
)

// Settings are all there are. The order here is that of `app config print` and of .env.example.
type Settings struct {
	Env          string `name:"ENV" default:"local" validate:"oneof=local test staging production" help:"local, test, staging or production"`
	Host         string `name:"HOST" default:"127.0.0.1" validate:"ip|hostname_rfc1123" help:"address that every listener binds"`
	APIPort      int    `name:"API_PORT" default:"8090" validate:"min=0,max=65535" help:"run, dev: the API; 0 takes a free port"`
	OpsPort      int    `name:"OPS_PORT" default:"8093" validate:"min=0,max=65535" help:"run, dev: probes, metrics, profiles"`
	AMQPort      int    `name:"AMQ_PORT" default:"8091" validate:"min=0,max=65535" help:"consume: probes, metrics, profiles"`
	SchedulePort int    `name:"SCHEDULE_PORT" default:"8092" validate:"min=0,max=65535" help:"schedule: probes, metrics, profiles"`

	Debug     bool       `name:"DEBUG" default:"false" help:"serves the API documentation pages; never in production"`
	LogLevel  slog.Level `name:"LOG_LEVEL" reload:"true" default:"info" help:"debug, info, warn or error"`
	LogFormat string     `name:"LOG_FORMAT" default:"json" validate:"oneof=json text" help:"json, or text for people"`
	AccessLog bool       `name:"ACCESS_LOG" default:"on" help:"on logs each HTTP request"`
	Metrics   bool       `name:"METRICS" default:"on" help:"on serves /metrics on the port for probes"`
	Workers   int        `name:"WORKERS" validate:"min=1,max=10000" help:"handlers at once per queue; unset: 8 for each CPU"`

	DatabaseURL      string `name:"DATABASE_URL" validate:"scheme=postgres postgresql" help:"Postgres 15 or newer; has a default only in local and test"`
	DBMaxConnections int    `name:"DB_MAX_CONNECTIONS" default:"10" validate:"min=1,max=10000" help:"most connections to Postgres, per process"`
	DBMinConnections int    `name:"DB_MIN_CONNECTIONS" default:"0" validate:"min=0,max=10000" help:"connections that are kept open when idle"`

	DatabaseURLReplica      string `name:"DATABASE_URL_REPLICA" validate:"scheme=postgres postgresql" help:"a server that follows the one of DATABASE_URL, for lists, which may lag then; unset: none"`
	DBMaxConnectionsReplica int    `name:"DB_MAX_CONNECTIONS_REPLICA" validate:"min=1,max=10000" help:"most connections to it, per process; unset: DB_MAX_CONNECTIONS"`
	DBMinConnectionsReplica int    `name:"DB_MIN_CONNECTIONS_REPLICA" validate:"min=0,max=10000" help:"connections to it that are kept open when idle; unset: 0"`

	AMQPURL            string            `name:"AMQP_URL" validate:"scheme=amqp amqps" help:"RabbitMQ 3.10 or newer, connection example; has a default only in local and test"`
	AMQPURLs           map[string]string `name:"AMQP_URL_*" validate:"scheme=amqp amqps" help:"each further connection: AMQP_URL_BILLING is called billing"`
	AMQPRetryDelays    []time.Duration   `name:"AMQP_RETRY_DELAYS" default:"5s,1m,10m" validate:"min=1,dive,min=1ms,max=1000h" help:"waits between the attempts at a message, each longer than the one before"`
	AMQPPrefetch       int               `name:"AMQP_PREFETCH" validate:"min=1,max=65535" help:"unacknowledged messages per queue; unset: 2 for each worker"`
	AMQPHandlerTimeout time.Duration     `name:"AMQP_HANDLER_TIMEOUT" default:"20s" validate:"min=1ms" help:"longest time for one message, shorter than SHUTDOWN_TIMEOUT"`

	schedule.Times

	RedisURL string `name:"REDIS_URL" validate:"scheme=redis rediss" help:"where processes share what they have fetched, and what counts for RATE_LIMIT and log-in; unset: each has its own"`

	Auth              bool           `name:"AUTH" default:"on" help:"off lets everybody do everything; never in production"`
	JWTSecret         string         `name:"JWT_SECRET" secret:"true" help:"signs access tokens, 32 bytes or more; unset in local and test: one that ends with the process"`
	JWTSecretPrevious string         `name:"JWT_SECRET_PREVIOUS" secret:"true" help:"still verifies what it has signed, so that a new secret logs nobody out"`
	RateLimit         api.Rate       `name:"RATE_LIMIT" reload:"true" default:"off" help:"requests of each client and each user, as 100/s; off for none"`
	CORSOrigins       []string       `name:"CORS_ORIGINS" reload:"true" validate:"dive,scheme=http https" help:"web origins whose pages may call the API, as https://example.com; unset: none"`
	TrustedProxies    []netip.Prefix `name:"TRUSTED_PROXIES" help:"networks of proxies whose X-Forwarded-For names the client, as 10.0.0.0/8; unset: none"`

	OpsToken string `name:"OPS_TOKEN" secret:"true" help:"asked of who wants metrics, profiles or the desk; unset: profiles and the desk are for this host alone"`

	SentryDSN    string `name:"SENTRY_DSN" secret:"true" validate:"scheme=http https" help:"where errors are reported; unset: nowhere"`
	OTLPEndpoint string `name:"OTEL_EXPORTER_OTLP_ENDPOINT" validate:"scheme=http https" help:"where traces go, as OTLP over HTTP: http://collector:4318; unset: nowhere"`

	ConsulAddr   string `name:"CONSUL_HTTP_ADDR" reload:"true" remote:"false" help:"settings are read from Consul, too, as http://127.0.0.1:8500; unset: they are not"`
	ConsulToken  string `name:"CONSUL_HTTP_TOKEN" reload:"true" remote:"false" secret:"true" help:"may read there"`
	ConsulPrefix string `name:"CONSUL_PREFIX" reload:"true" remote:"false" default:"app" help:"the folder there: app/LOG_LEVEL is LOG_LEVEL"`

	IBGEURL   string        `name:"IBGE_URL" default:"https://servicodados.ibge.gov.br/api/v1/localidades" validate:"scheme=http https" help:"where states, cities and districts come from"`
	StatesTTL time.Duration `name:"STATES_TTL" reload:"true" default:"24h" validate:"min=1s" help:"how long they count as fresh"`

	WorldTimeURL string `name:"WORLDTIME_URL" validate:"scheme=http https" help:"a service that tells the time in a zone as worldtimeapi.org/api does; unset: the program's own data does"`

	PagesURL string `name:"PAGES_URL" validate:"scheme=http https" help:"a service that tells which posts a store features: GET PAGES_URL/featured?store=google_play&country=BR; unset: that route answers 503"`

	StartupTimeout  time.Duration `name:"STARTUP_TIMEOUT" default:"60s" validate:"min=0s" help:"how long to wait for servers that are not up yet"`
	DrainDelay      time.Duration `name:"DRAIN_DELAY" default:"0s" validate:"min=0s" help:"from not ready to no new work, for load balancers to see it"`
	ShutdownTimeout time.Duration `name:"SHUTDOWN_TIMEOUT" default:"25s" validate:"min=1ms" help:"how long what runs may take to finish at a stop"`
	PGBinDir        string        `name:"PG_BINDIR" help:"dev and tests: where Postgres binaries are"`
}

// local tells that this process serves only whoever started it, so that well-known passwords are good enough.
func (s *Settings) local() bool { return s.Env == "local" || s.Env == "test" }

// SetDefaults fills what depends on the machine and on other settings. Elsewhere AMQP_URL may stay empty: what needs it refuses to start.
func (s *Settings) SetDefaults() {
	s.Workers = cmp.Or(s.Workers, 8*runtime.GOMAXPROCS(0))
	s.AMQPPrefetch = cmp.Or(s.AMQPPrefetch, 2*s.Workers)
	s.DBMaxConnectionsReplica = cmp.Or(s.DBMaxConnectionsReplica, s.DBMaxConnections)
	if s.local() {
		s.DatabaseURL = cmp.Or(s.DatabaseURL, "postgres://app:app@127.0.0.1:5432/app")
		s.AMQPURL = cmp.Or(s.AMQPURL, "amqp://guest:guest@127.0.0.1:5672/")
	}
}

// Check holds the rules over several settings.
func (s *Settings) Check() []config.Mistake {
	var m []config.Mistake
	wrong := func(bad bool, name, rule string, args ...any) {
		if bad {
			m = append(m, config.Mistake{Name: name, Rule: fmt.Sprintf(rule, args...)})
		}
	}

	wrong(s.Env == "production" && s.Debug, "DEBUG", "must be false when ENV is production")
	wrong(s.DatabaseURL == "", "DATABASE_URL", "must be set when ENV is %s, to postgres://USER:PASSWORD@HOST:5432/DATABASE", s.Env)
	wrong(s.DBMinConnections > s.DBMaxConnections, "DB_MIN_CONNECTIONS",
		"must not be above DB_MAX_CONNECTIONS, which is %d", s.DBMaxConnections)
	wrong(s.DBMinConnectionsReplica > s.DBMaxConnectionsReplica, "DB_MIN_CONNECTIONS_REPLICA",
		"must not be above DB_MAX_CONNECTIONS_REPLICA, which is %d", s.DBMaxConnectionsReplica)
	wrong(!ascending(s.AMQPRetryDelays), "AMQP_RETRY_DELAYS", "must ascend, each longer than the one before by 1ms or more")
	wrong(broker.Outlast(s.AMQPRetryDelays), "AMQP_RETRY_DELAYS",
		"must sum up to less than %.0fh, for which it is known that a message was handled", broker.LongestRetries.Hours())
	wrong(s.AMQPHandlerTimeout >= s.ShutdownTimeout, "AMQP_HANDLER_TIMEOUT",
		"must be shorter than SHUTDOWN_TIMEOUT, which is %s, so that a stop can await a handler", s.ShutdownTimeout)
	if s.ConsulAddr != "" {
		err := consul.CheckAddress(s.ConsulAddr)
		wrong(err != nil, "CONSUL_HTTP_ADDR", "cannot be used: %v", err)
	}
	for _, u := range s.upstreams() {
		err := outgoing.CheckURL(u.options.URL)
		wrong(err != nil, u.setting, "%v", err)
	}
	s.checkSecrets(wrong)
	return m
}

// ascending counts in milliseconds, as the names of the queues behind the delays do.
func ascending(delays []time.Duration) bool {
	for i := 1; i < len(delays); i++ {
		if delays[i].Milliseconds() <= delays[i-1].Milliseconds() {
			return false
		}
	}
	return true
}
