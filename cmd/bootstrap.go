package cmd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/spf13/cobra"

	"example.com/app/lib/broker"
	"example.com/app/lib/cache"
	"example.com/app/lib/config"
	"example.com/app/lib/cpu"
	"example.com/app/lib/pg"
	"example.com/app/lib/pg/embedded"
	"example.com/app/lib/telemetry"
	"example.com/app/migrations"
)

// Deps is what the modes share. It stops here: below cmd a package gets what it uses as arguments.
type Deps struct {
	Settings Settings
	Log      *slog.Logger
	Level    *slog.LevelVar    // of Log
	Tracer   *telemetry.Tracer // nil: nobody looks
	Metrics  *prometheus.Registry
	Ops      *http.ServeMux // what the ops port has besides probes, metrics and profiles
	DB       *pg.DB
	CPU      *cpu.Pool // for what burns the processor for long
	Brokers  map[broker.Connection]broker.Driver
	Cache    cache.Cache
	Redis    *cache.Redis // Cache, when others share it; nil: it is in this process
}

func newDeps(s Settings, v voice) *Deps {
	metrics, pool := prometheus.NewRegistry(), cpu.NewPool(0)
	metrics.MustRegister(
		newGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		newBuildInfo(readVersion()), cpu.NewCollector(pool),
	)
	return &Deps{
		Settings: s, Log: v.log, Level: v.level, Tracer: v.tracer, Metrics: metrics, Ops: http.NewServeMux(),
		CPU: pool, Brokers: map[broker.Connection]broker.Driver{}, Cache: cache.NewMemory(),
	}
}

// Open connects to what the mode needs and waits for servers that are not up yet, at most STARTUP_TIMEOUT.
// On an error nothing stays open.
func (d *Deps) Open(ctx context.Context, m mode) error {
	ctx, cancel := context.WithTimeout(ctx, d.Settings.StartupTimeout)
	defer cancel()

	err := d.open(ctx, m)
	if err != nil {
		d.Close(context.WithoutCancel(ctx))
	}
	return err
}

func (d *Deps) open(ctx context.Context, m mode) error {
	if err := d.openBrokers(m); err != nil { // they dial in the background
		return err
	}
	if err := d.openCache(m); err != nil { // likewise, when it is asked for something
		return err
	}
	if err := d.openDatabase(ctx, m); err != nil {
		return err
	}
	if err := checkSchema(ctx, d.DB); err != nil {
		return err
	}
	if m.needsBroker {
		return d.awaitBrokers(ctx)
	}
	return nil
}

func (d *Deps) openCache(m mode) (err error) {
	if d.Settings.RedisURL == "" {
		return nil
	}
	d.Redis, err = cache.OpenRedis(cache.Options{
		URL: d.Settings.RedisURL, Name: service + "-" + m.name, Prefix: service + ":", Log: d.Log, Metrics: d.Metrics, Tracer: d.Tracer,
	})
	if err != nil {
		return fmt.Errorf("%w: check REDIS_URL", err)
	}
	d.Cache = d.Redis
	return nil
}

func (d *Deps) openDatabase(ctx context.Context, m mode) error {
	o := pg.Options{
		URL:               d.Settings.DatabaseURL,
		Name:              "app " + m.name,
		Max:               int32(d.Settings.DBMaxConnections),
		Min:               int32(d.Settings.DBMinConnections),
		Replica:           d.replica(),
		IdleInTransaction: d.Settings.AMQPHandlerTimeout + 5*time.Second,
		Tracer:            d.Tracer,
	}
	return await(ctx, d.Log, "Postgres", "DATABASE_URL", func(ctx context.Context) (err error) {
		d.DB, err = pg.Open(ctx, o)
		return err
	})
}

func (d *Deps) replica() pg.Replica {
	return pg.Replica{
		URL: d.Settings.DatabaseURLReplica,
		Max: int32(d.Settings.DBMaxConnectionsReplica), Min: int32(d.Settings.DBMinConnectionsReplica),
	}
}

// Close is the end of a stop: the broker first, with its open confirms, then the cache and the database. It tolerates
// what was never opened.
func (d *Deps) Close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()

	for name, driver := range d.Brokers {
		if err := driver.Close(ctx); err != nil {
			d.Log.Warn("a connection to the broker closed with an error", "connection", name, "error", err)
		}
	}
	if d.Redis != nil {
		if err := d.Redis.Close(); err != nil {
			d.Log.Warn("the cache closed with an error", "error", err)
		}
	}
	if d.DB != nil {
		d.DB.Close(ctx)
	}
}

var errBehind = errors.New("the database lacks migrations")

// checkSchema refuses a database that lacks migrations; one that is ahead is fine, as during a deploy.
func checkSchema(ctx context.Context, db *pg.DB) error {
	have, want, err := pg.Behind(ctx, db, migrations.FS)
	if err != nil {
		return err
	}
	if have < want {
		return fmt.Errorf("%w: it is at %d and this program needs %d: run app migrate up", errBehind, have, want)
	}
	return nil
}

// besideDev names the database of an app dev that runs in this folder, where nobody has set DATABASE_URL.
func besideDev(ctx context.Context, s Settings, r *config.Report, log *slog.Logger) (Settings, error) {
	if r.Origin("DATABASE_URL") != config.Default {
		return s, nil
	}
	url, err := embedded.Running(ctx, devFolder, devDatabase)
	switch {
	case errors.Is(err, embedded.ErrIdle):
		return s, nil
	case err != nil:
		return s, fmt.Errorf("look for the database of app dev: %w: or set DATABASE_URL", err)
	}
	log.Info("this is the database of app dev, since DATABASE_URL is not set", "folder", devFolder)
	s.DatabaseURL, s.DatabaseURLReplica = url, ""
	return s, nil
}

// withDatabase is for commands that need the database for a moment.
func (f *flags) withDatabase(c *cobra.Command, name string, do func(d *Deps) error) error {
	s, report, err := f.load(c)
	if err != nil {
		return err
	}

	v, err := newVoice(c.Context(), s, name)
	if err != nil {
		return err
	}
	defer v.close()
	warnOf(report, v.log)

	s.AMQPURL, s.AMQPURLs = "", nil
	if s, err = besideDev(c.Context(), s, report, v.log); err != nil {
		return err
	}
	d := newDeps(s, v)
	if err := d.Open(c.Context(), mode{name: name}); err != nil {
		return err
	}
	defer d.Close(context.WithoutCancel(c.Context()))
	return do(d)
}
