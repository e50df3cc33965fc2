package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"example.com/app/lib/pg"
	"example.com/app/migrations"
)

// migrationsFolder is where `app migrate create` writes, in a checkout of the program.
const migrationsFolder = "migrations"

func migrateCommand(f *flags) *cobra.Command {
	return group("migrate", "Bring the database's schema up to date, or one step back",
		migrateStepsCommand(f, "up", "Apply every migration that the database lacks; several processes may do so at once", (*pg.Migrator).Up),
		migrateStepsCommand(f, "down", "Take the newest migration back; what it drops is gone", (*pg.Migrator).Down),
		migrateStepsCommand(f, "redo", "Take the newest migration back and apply it again; what it drops is gone", (*pg.Migrator).Redo),
		migrateStatusCommand(f),
		migrateCreateCommand(),
	)
}

func migrateStepsCommand(f *flags, use, short string, do func(*pg.Migrator, context.Context) ([]pg.Step, error)) *cobra.Command {
	return &cobra.Command{
		Use:     use,
		Short:   short,
		Example: "  app migrate " + use,
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return f.migrate(c, func(ctx context.Context, m *pg.Migrator) error {
				steps, err := do(m, ctx)
				if len(steps) == 0 && err != nil {
					return err
				}
				return errors.Join(showSteps(c, steps), err)
			})
		},
	}
}

func showSteps(c *cobra.Command, steps []pg.Step) error {
	if len(steps) == 0 && !asJSON(c) {
		fmt.Fprintln(c.OutOrStdout(), "the schema is up to date")
		return nil
	}
	return show(c, []string{"FILE", "DIRECTION", "TIME"}, steps, func(s pg.Step) []any {
		return []any{s.Name, s.Direction, s.Duration.Round(time.Millisecond)}
	})
}

func migrateStatusCommand(f *flags) *cobra.Command {
	return &cobra.Command{
		Use:     "status",
		Short:   "List the migrations and when the database took them",
		Example: "  app migrate status\n  app migrate status --output json",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return f.migrate(c, func(ctx context.Context, m *pg.Migrator) error {
				all, err := m.Status(ctx)
				if err != nil {
					return err
				}
				return show(c, []string{"VERSION", "FILE", "APPLIED AT"}, all, func(m pg.Migration) []any {
					return []any{m.Version, cmp.Or(m.Name, "of a newer program"), appliedAt(m)}
				})
			})
		},
	}
}

func appliedAt(m pg.Migration) string {
	if m.AppliedAt.IsZero() {
		return "not yet"
	}
	return m.AppliedAt.UTC().Format(time.RFC3339)
}

func migrateCreateCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "create NAME",
		Short:   "Write an empty migration with the next number into " + migrationsFolder,
		Example: "  app migrate create add_student_email",
		Args:    exactly("NAME"),
		RunE: func(c *cobra.Command, args []string) error {
			path, err := pg.Create(migrationsFolder, args[0])
			if errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("%w: call it in a checkout of the program", err)
			}
			if err != nil {
				return err
			}
			fmt.Fprintln(c.OutOrStdout(), path)
			return nil
		},
	}
}

// migrate opens the database of the settings for do.
func (f *flags) migrate(c *cobra.Command, do func(context.Context, *pg.Migrator) error) error {
	s, report, err := f.load(c)
	if err != nil {
		return err
	}
	v, err := newVoice(c.Context(), s, "migrate")
	if err != nil {
		return err
	}
	defer v.close()
	warnOf(report, v.log)
	return withMigrator(c.Context(), s, v.log, do)
}

// migrateUp applies what the database lacks.
func migrateUp(ctx context.Context, s Settings, log *slog.Logger) error {
	return withMigrator(ctx, s, log, func(ctx context.Context, m *pg.Migrator) error {
		_, err := m.Up(ctx)
		return err
	})
}

// withMigrator waits for a server that is not up yet, at most STARTUP_TIMEOUT; do may take as long as it needs.
func withMigrator(ctx context.Context, s Settings, log *slog.Logger, do func(context.Context, *pg.Migrator) error) error {
	m, err := pg.NewMigrator(s.DatabaseURL, migrations.FS, log)
	if err != nil {
		return err
	}
	defer func() { _ = m.Close() }()

	starting, cancel := context.WithTimeout(ctx, s.StartupTimeout)
	defer cancel()
	if err := await(starting, log, "Postgres", "DATABASE_URL", m.Ping); err != nil {
		return err
	}
	return do(ctx, m)
}
