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
	"github.com/pressly/goose/v3/lock"
)

// Migrator brings a database's schema to the state of the migration files, one process at a time.
type Migrator struct {
	provider *goose.Provider
	log      *slog.Logger
}

// Migration is one file and when this database took it; AppliedAt is zero while it has not.
type Migration struct {
	Version   int64
	Name      string
	AppliedAt time.Time
}

// NewMigrator reads the names in files; the database is asked for nothing yet.
func NewMigrator(url string, files fs.FS, log *slog.Logger) (*Migrator, error) {
	c, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("read the database URL: %w", err)
	}
	c.RuntimeParams["application_name"] = "migrate"
	c.RuntimeParams["lock_timeout"] = "5s" // a migration that waits for a lock holds up everybody behind it

	db := stdlib.OpenDB(*c)
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files,
		goose.WithSessionLocker(sessionLock{}), goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read the migrations: %w", err), db.Close())
	}
	return &Migrator{provider: provider, log: log}, nil
}

// Close ends the connections to the database.
func (m *Migrator) Close() error { return m.provider.Close() }

// Up applies every file that the database has not taken. Each is a transaction of its own: after an error
// those before it stay. Several processes may call it at once; the others wait for the first.
func (m *Migrator) Up(ctx context.Context) ([]Migration, error) {
	results, err := m.provider.Up(ctx)
	if err != nil {
		return nil, fmt.Errorf("migrate up: %w", err)
	}
	return m.report(results), nil
}

// Down takes back the newest migration: what it deletes is gone. None is left: ErrNoMigration.
func (m *Migrator) Down(ctx context.Context) (Migration, error) {
	result, err := m.provider.Down(ctx)
	if errors.Is(err, goose.ErrNoNextVersion) {
		return Migration{}, ErrNoMigration
	}
	if err != nil {
		return Migration{}, fmt.Errorf("migrate down: %w", err)
	}
	return m.report([]*goose.MigrationResult{result})[0], nil
}

// Redo takes the newest migration back and applies it again: what it deletes is gone.
func (m *Migrator) Redo(ctx context.Context) (Migration, error) {
	down, err := m.Down(ctx)
	if err != nil {
		return Migration{}, err
	}
	result, err := m.provider.ApplyVersion(ctx, down.Version, true)
	if err != nil {
		return Migration{}, fmt.Errorf("migrate %s up again: %w", down.Name, err)
	}
	return m.report([]*goose.MigrationResult{result})[0], nil
}

// ErrNoMigration is a database that has taken no migration, so that none can be taken back.
var ErrNoMigration = errors.New("no migration is applied")

func (m *Migrator) report(results []*goose.MigrationResult) []Migration {
	all := make([]Migration, len(results))
	for i, r := range results {
		all[i] = Migration{Version: r.Source.Version, Name: filepath.Base(r.Source.Path)}
		m.log.Info("migrated", "file", all[i].Name, "direction", r.Direction, "duration", r.Duration)
	}
	return all
}

// sessionLock is PostgreSQL's advisory lock under goose's number, so that its command line tool waits too.
// It asks again and again: a session that waits inside pg_advisory_lock would block CREATE INDEX CONCURRENTLY.
type sessionLock struct{}

func (sessionLock) SessionLock(ctx context.Context, conn *sql.Conn) error {
	for {
		var locked bool
		err := conn.QueryRowContext(ctx, "SELECT pg_try_advisory_lock($1)", int64(lock.DefaultLockID)).Scan(&locked)
		if err != nil || locked {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for another process that migrates: %w", ctx.Err())
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (sessionLock) SessionUnlock(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, "SELECT pg_advisory_unlock($1)", int64(lock.DefaultLockID))
	return err
}
