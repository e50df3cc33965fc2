package cmd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"example.com/app/amqp"
	"example.com/app/lib/broker"
	"example.com/app/lib/broker/memory"
	"example.com/app/lib/broker/rabbit"
	"example.com/app/lib/ops"
	"example.com/app/lib/pg"
	"example.com/app/migrations"
)

// Deps is what the modes share. It stops here: below cmd a package gets what it uses as arguments.
type Deps struct {
	Settings Settings
	Log      *slog.Logger
	DB       *pg.DB
	Brokers  map[broker.Connection]broker.Driver
}

// Open connects to what the mode needs and waits for servers that are not up yet, at most STARTUP_TIMEOUT.
// On an error nothing stays open.
func Open(ctx context.Context, m mode, s Settings, log *slog.Logger) (*Deps, error) {
	ctx, cancel := context.WithTimeout(ctx, s.StartupTimeout)
	defer cancel()

	d := &Deps{Settings: s, Log: log, Brokers: map[broker.Connection]broker.Driver{}}
	if err := d.open(ctx, m); err != nil {
		d.Close(context.WithoutCancel(ctx))
		return nil, err
	}
	return d, nil
}

func (d *Deps) open(ctx context.Context, m mode) error {
	if err := d.openBrokers(m); err != nil { // they dial in the background
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

func (d *Deps) openDatabase(ctx context.Context, m mode) error {
	o := pg.Options{
		URL:               d.Settings.DatabaseURL,
		Name:              "app " + m.name,
		Max:               int32(d.Settings.DBMaxConnections),
		Min:               int32(d.Settings.DBMinConnections),
		IdleInTransaction: d.Settings.AMQPHandlerTimeout + 5*time.Second,
	}
	return await(ctx, d.Log, "Postgres", "DATABASE_URL", func(ctx context.Context) (err error) {
		d.DB, err = pg.Open(ctx, o)
		return err
	})
}

func (d *Deps) openBrokers(m mode) error {
	if m.needsBroker && d.Settings.AMQPURL == "" {
		return errors.New("open RabbitMQ: set AMQP_URL, for instance to amqp://USER:PASSWORD@HOST:5672/VHOST")
	}

	for name, url := range d.Settings.brokers() {
		driver, err := openBroker(name, url, m, d.Log)
		if err != nil {
			return err
		}
		d.Brokers[name] = driver
	}
	return nil
}

func openBroker(name broker.Connection, url string, m mode, log *slog.Logger) (broker.Driver, error) {
	if url == inMemory {
		return memory.New(log), nil
	}

	driver, err := rabbit.Open(rabbit.Options{Name: string(name), URL: url, ConnectionName: "app " + m.name, Log: log})
	if err != nil {
		return nil, fmt.Errorf("open RabbitMQ: %w: check %s", err, urlSetting(name))
	}
	return driver, nil
}

// inMemory stands for AMQP_URL where nobody has set it and messages need not survive.
const inMemory = "memory"

// brokers are the connections that have a URL.
func (s *Settings) brokers() map[broker.Connection]string {
	urls := map[broker.Connection]string{}
	if s.AMQPURL != "" {
		urls[amqp.Example] = s.AMQPURL
	}
	for name, url := range s.AMQPURLs {
		urls[broker.Connection(name)] = url
	}
	return urls
}

func urlSetting(name broker.Connection) string {
	if name == amqp.Example {
		return "AMQP_URL"
	}
	return "AMQP_URL_" + strings.ToUpper(string(name))
}

func (d *Deps) awaitBrokers(ctx context.Context) error {
	for name, driver := range d.Brokers {
		if driver.State().Connected {
			continue
		}
		d.Log.Info("waiting for a server", "server", "RabbitMQ "+string(name))
		if err := driver.Ready(ctx); err != nil {
			return fmt.Errorf("wait for RabbitMQ %s: %w; check %s", name, err, urlSetting(name))
		}
	}
	return nil
}

// Close is the end of a stop: the broker first, with its open confirms, then the database. It tolerates
// what was never opened.
func (d *Deps) Close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()

	for name, driver := range d.Brokers {
		if err := driver.Close(ctx); err != nil {
			d.Log.Warn("a connection to the broker closed with an error", "connection", name, "error", err)
		}
	}
	if d.DB != nil {
		d.DB.Close()
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

// checks are the questions of readiness, the same for every mode.
func (d *Deps) checks(m mode) []ops.Check {
	checks := []ops.Check{
		{Name: "database", Ask: d.pingDatabase, Needed: true},
		{Name: "migrations", Ask: d.askSchema, Needed: true},
	}
	for name, driver := range d.Brokers {
		checks = append(checks, ops.Check{
			Name: "broker " + string(name), Needed: m.needsBroker,
			Ask: func(context.Context) error { return connected(driver.State()) },
		})
	}
	return checks
}

// errNoAnswer stands for the server's own words, which name hosts and users.
var errNoAnswer = errors.New("the database does not answer")

func (d *Deps) pingDatabase(ctx context.Context) error {
	if err := d.DB.Ping(ctx); err != nil {
		return errNoAnswer
	}
	return nil
}

func (d *Deps) askSchema(ctx context.Context) error {
	err := checkSchema(ctx, d.DB)
	if err == nil || errors.Is(err, errBehind) {
		return err
	}
	return errNoAnswer
}

func connected(s broker.State) error {
	switch {
	case !s.Connected:
		return errors.New("not connected")
	case s.Blocked != "":
		return errors.New("takes no messages now: " + s.Blocked)
	}
	return nil
}

// withDatabase is for commands that need the database for a moment.
func (f *flags) withDatabase(c *cobra.Command, name string, do func(d *Deps) error) error {
	s, _, err := f.load(c)
	if err != nil {
		return err
	}

	s.AMQPURL, s.AMQPURLs = "", nil
	d, err := Open(c.Context(), mode{name: name}, s, newLogger(s))
	if err != nil {
		return err
	}
	defer d.Close(context.WithoutCancel(c.Context()))
	return do(d)
}
