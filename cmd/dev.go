package cmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"example.com/app/amqp"
	"example.com/app/lib/broker/desk"
	"example.com/app/lib/broker/outbox"
	"example.com/app/lib/config"
	"example.com/app/lib/ops"
	"example.com/app/lib/pg/embedded"
	"example.com/app/models"
)

const (
	devFolder   = ".dev" // keeps the data of `app dev`, below the folder that it was started in
	devDatabase = "app"
)

func devCommand(f *flags) *cobra.Command {
	var fresh bool
	c := &cobra.Command{
		Use:   "dev",
		Short: "Run the whole service in one process, on a database of its own",
		Long: "Run the whole service in one process: migrations, API, consumers and jobs.\n\n" +
			"Without DATABASE_URL it starts a Postgres of its own, whose data stays in " + devFolder + ".\n" +
			"Without AMQP_URL messages pass through memory; what was not handled is published again at the next start.",
		Example: "  app dev\n  app dev --fresh",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return f.dev(c, fresh)
		},
	}
	c.Flags().BoolVar(&fresh, "fresh", false, "start over with an empty database")
	return c
}

func (f *flags) dev(c *cobra.Command, fresh bool) error {
	r := f.newReloader(c)
	s, report, err := r.first()
	if s.Env == "production" {
		return errors.New("app dev is not for production: it shows the documentation and adds students; use app run")
	}
	if err != nil {
		return err
	}
	s = forDev(s, report)
	v, err := newVoice(c.Context(), s, "dev")
	if err != nil {
		return err
	}
	defer v.close()
	warnOf(report, v.log)

	origin := report.Origin("DATABASE_URL")
	if origin == config.Default {
		return withPostgres(c.Context(), s, fresh, v.log, func(server *embedded.Server) error {
			s.DatabaseURL, s.DatabaseURLReplica = server.URL(), "" // nothing follows it
			return liveDev(c, s, v, r, devData{where: server.Data(), own: true})
		})
	}
	if fresh {
		return fmt.Errorf("--fresh empties the database of app dev itself, and DATABASE_URL is set (%s): unset it", origin)
	}
	return liveDev(c, s, v, r, devData{where: "DATABASE_URL (" + origin + ")"})
}

// forDev changes defaults alone: what somebody has set stays.
func forDev(s Settings, r *config.Report) Settings {
	s.Debug = true
	if r.Origin("LOG_FORMAT") == config.Default {
		s.LogFormat = "text"
	}
	if r.Origin("AUTH") == config.Default {
		s.Auth = false
	}
	if r.Origin("AMQP_URL") == config.Default {
		s.AMQPURL = inMemory
	}
	return s
}

// withPostgres runs a server for as long as do takes. A signal while it starts is a stop like any other.
func withPostgres(ctx context.Context, s Settings, fresh bool, log *slog.Logger, do func(*embedded.Server) error) (err error) {
	if fresh {
		if err := embedded.Remove(ctx, devFolder); err != nil {
			return devFault(err, s)
		}
	}

	server, err := embedded.Start(ctx, embedded.Options{
		BinDir: s.PGBinDir, DataDir: devFolder, Database: devDatabase, Log: log,
	})
	if err != nil {
		return unlessStopped(ctx, devFault(err, s))
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	return do(server)
}

// devFault says what to do about a Postgres that does not start.
func devFault(err error, s Settings) error {
	switch _, running := errors.AsType[*embedded.RunningError](err); {
	case running:
		return fmt.Errorf("app dev runs here already: stop it first, or start in another folder: %w", err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: %s belongs to another user: remove it, or start in another folder", err, devFolder)
	case s.PGBinDir != "":
		return fmt.Errorf("%w; check PG_BINDIR", err)
	}
	return err
}

// devData is where the data of `app dev` is.
type devData struct {
	where string
	own   bool // nobody else uses it, so that users with a well-known password may be there
}

// liveDev tells in its summary where data is, and who can log in.
func liveDev(c *cobra.Command, s Settings, v voice, r *reloader, data devData) error {
	if err := migrateUp(c.Context(), s, v.log); err != nil {
		return unlessStopped(c.Context(), err)
	}
	return live(c.Context(), mode{
		name:        "dev",
		needsBroker: true,
		portSetting: "OPS_PORT",
		port:        func(s Settings) int { return s.OpsPort },
		parts: func(ctx context.Context, d *Deps, p *ops.Probes) ([]part, error) {
			if s.Auth && data.own {
				if err := addDemoUsers(ctx, d); err != nil {
					return nil, err
				}
			}
			return devParts(ctx, d, p, func() { fmt.Fprint(c.OutOrStdout(), devSummary(s, data)) })
		},
	}, s, v, r)
}

// devParts are those of every mode, and the summary.
func devParts(ctx context.Context, d *Deps, p *ops.Probes, summarize func()) ([]part, error) {
	if err := addDemoStudents(ctx, models.NewStudents(d.DB)); err != nil {
		return nil, err
	}
	if err := d.serveDesk(); err != nil {
		return nil, err
	}
	if err := d.republish(ctx); err != nil {
		return nil, err
	}

	served, err := apiParts(ctx, d, p)
	if err != nil {
		return nil, err
	}
	consumed, err := consumerParts(ctx, d, nil)
	if err != nil {
		return nil, err
	}
	scheduled, err := schedulerParts(ctx, d, p)
	if err != nil {
		return nil, err
	}

	summary := part{run: func(ctx context.Context) error {
		summarize()
		<-ctx.Done()
		return nil
	}}
	return slices.Concat(served, consumed, scheduled, []part{summary}), nil
}

// serveDesk lets `app queue` reach messages that are in this process alone.
func (d *Deps) serveDesk() error {
	if d.Settings.AMQPURL != inMemory {
		return nil
	}
	archive, err := filepath.Abs(filepath.Join(devFolder, defaultArchive))
	if err != nil {
		return err
	}
	d.Ops.Handle("/desk/", desk.Handler(d.desk(archive)))
	return nil
}

// republish makes up for a broker whose messages ended with the process before.
func (d *Deps) republish(ctx context.Context) error {
	if d.Settings.AMQPURL != inMemory {
		return nil
	}
	n, err := outbox.Republish(ctx, d.DB, amqp.Example)
	if n > 0 {
		d.Log.Info("messages that were not handled are published again", "messages", n)
	}
	return err
}

// addDemoStudents fills a table without students.
func addDemoStudents(ctx context.Context, students models.Students) error {
	if some, err := students.List(ctx, models.StudentFilter{}, 1); err != nil || len(some) > 0 {
		return err
	}
	for _, name := range []string{"Ada Lovelace", "Alan Turing", "Grace Hopper"} {
		if _, err := students.Create(ctx, name); err != nil {
			return err
		}
	}
	return nil
}
