package pg

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"example.com/app/lib/telemetry"
)

// ErrNoMigration is a database that has taken no migration, so that none can be taken back.
var ErrNoMigration = errors.New("no migration is applied")

// Migrator brings a database's schema to the state of the migration files, one process at a time.
type Migrator struct {
	db       *sql.DB
	provider *goose.Provider
	log      *slog.Logger
}

// Step is one file, applied ("up") or taken back ("down").
type Step struct {
	Version   int64         `json:"version"`
	Name      string        `json:"name"`
	Direction string        `json:"direction"`
	Duration  time.Duration `json:"duration_ns"`
}

// NewMigrator reads the names of files; the database is not asked for anything yet.
func NewMigrator(url string, files fs.FS, log *slog.Logger) (*Migrator, error) {
	c, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("read the database URL: %w", err)
	}
	c.RuntimeParams["application_name"] = "app migrate"
	c.RuntimeParams["lock_timeout"] = "5s" // whoever waits for a table holds up everybody behind it
	c.RuntimeParams["timezone"] = "UTC"

	db := stdlib.OpenDB(*c)
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files,
		goose.WithSessionLocker(sessionLock{}), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read the migrations: %w", err), db.Close())
	}
	return &Migrator{db: db, provider: provider, log: log}, nil
}

// Close ends the connections to the database.
func (m *Migrator) Close() error { return m.db.Close() }

// Ping asks the server for an answer.
func (m *Migrator) Ping(ctx context.Context) error { return mark(m.db.PingContext(ctx)) }

// Up applies every file that the database has not taken, each in a transaction of its own: after an error
// those before it stay and are returned too. Of several processes the first works and the others wait.
func (m *Migrator) Up(ctx context.Context) ([]Step, error) {
	results, err := m.provider.Up(ctx)
	if e, ok := errors.AsType[*goose.PartialError](err); ok {
		return m.steps(e.Applied...), fmt.Errorf("apply migration %s: %w", fileOf(e.Failed), mark(e.Err))
	}
	if err != nil {
		return nil, fmt.Errorf("apply the migrations: %w", mark(err))
	}
	return m.steps(results...), nil
}

// Down takes the newest migration back: what its file drops is gone. When none is left: ErrNoMigration.
func (m *Migrator) Down(ctx context.Context) ([]Step, error) {
	result, err := m.provider.Down(ctx)
	if errors.Is(err, goose.ErrNoNextVersion) {
		return nil, ErrNoMigration
	}
	if e, ok := errors.AsType[*goose.PartialError](err); ok {
		return nil, fmt.Errorf("take migration %s back: %w", fileOf(e.Failed), mark(e.Err))
	}
	if err != nil {
		return nil, fmt.Errorf("take a migration back: %w", mark(err))
	}
	return m.steps(result), nil
}

// Redo takes the newest migration back and applies it again: what its file drops is gone. It gives up the lock in
// between; when another process is first to apply the file, that is as good.
func (m *Migrator) Redo(ctx context.Context) ([]Step, error) {
	down, err := m.Down(ctx)
	if err != nil {
		return nil, err
	}
	result, err := m.provider.ApplyVersion(ctx, down[0].Version, true)
	if errors.Is(err, goose.ErrAlreadyApplied) {
		return down, nil
	}
	if err != nil {
		return down, fmt.Errorf("apply migration %s again: %w", down[0].Name, mark(err))
	}
	return append(down, m.steps(result)...), nil
}

func (m *Migrator) steps(results ...*goose.MigrationResult) []Step {
	steps := make([]Step, len(results))
	for i, r := range results {
		steps[i] = Step{Version: r.Source.Version, Name: fileOf(r), Direction: r.Direction, Duration: r.Duration}
		m.log.Debug("migrated", "file", steps[i].Name, "direction", r.Direction, "duration_ms", telemetry.Millis(r.Duration))
	}
	return steps
}

func fileOf(r *goose.MigrationResult) string { return filepath.Base(r.Source.Path) }
