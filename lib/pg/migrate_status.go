package pg

import (
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"time"

	"github.com/pressly/goose/v3"
)

// Migration is one file, and when this database took it.
type Migration struct {
	Version   int64     `json:"version"`
	Name      string    `json:"name,omitempty"`      // empty: the database took it from a newer program
	AppliedAt time.Time `json:"applied_at,omitzero"` // zero: not yet
}

const (
	gooseTableExists = "SELECT to_regclass('goose_db_version') IS NOT NULL"
	gooseVersion     = "SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied"
	gooseApplied     = "SELECT version_id, max(tstamp) FROM goose_db_version WHERE is_applied AND version_id > 0 GROUP BY version_id"
)

// Status lists the files and what else the database has taken, by version. It changes nothing.
func (m *Migrator) Status(ctx context.Context) ([]Migration, error) {
	applied, err := m.applied(ctx)
	if err != nil {
		return nil, fmt.Errorf("read which migrations are applied: %w", mark(err))
	}

	var all []Migration
	for _, source := range m.provider.ListSources() {
		all = append(all, Migration{source.Version, filepath.Base(source.Path), applied[source.Version]})
		delete(applied, source.Version)
	}
	for version, at := range applied {
		all = append(all, Migration{Version: version, AppliedAt: at})
	}
	slices.SortFunc(all, func(a, b Migration) int { return int(a.Version - b.Version) })
	return all, nil
}

func (m *Migrator) applied(ctx context.Context) (map[int64]time.Time, error) {
	var exists bool
	if err := m.db.QueryRowContext(ctx, gooseTableExists).Scan(&exists); err != nil || !exists {
		return nil, err
	}
	rows, err := m.db.QueryContext(ctx, gooseApplied)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()

	applied := map[int64]time.Time{}
	for rows.Next() {
		var version int64
		var at time.Time
		if err := rows.Scan(&version, &at); err != nil {
			return nil, err
		}
		applied[version] = at
	}
	return applied, rows.Err()
}

// Behind compares the newest migration of the database with the newest of files: have < want is a database
// that lacks some; have > want, one that a newer program has migrated. It changes nothing.
func Behind(ctx context.Context, db *DB, files fs.FS) (have, want int64, err error) {
	if want, err = newest(files); err != nil {
		return 0, 0, fmt.Errorf("read the migrations: %w", err)
	}
	var exists bool
	if err := db.QueryRow(ctx, gooseTableExists).Scan(&exists); err != nil {
		return 0, 0, fmt.Errorf("look for the table of migrations: %w", err)
	}
	if !exists {
		return 0, want, nil
	}
	if err := db.QueryRow(ctx, gooseVersion).Scan(&have); err != nil {
		return 0, 0, fmt.Errorf("read the version of the schema: %w", err)
	}
	return have, want, nil
}

func newest(files fs.FS) (int64, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return 0, err
	}
	var last int64
	for _, name := range names {
		version, err := goose.NumericComponent(name)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", name, err)
		}
		last = max(last, version)
	}
	return last, nil
}
