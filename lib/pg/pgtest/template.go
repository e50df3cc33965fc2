package pgtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"sync"

	"example.com/app/lib/pg"
	"example.com/app/migrations"

	"github.com/jackc/pgx/v5"
)

const templateLock = 725001 // any number that nothing else on a test server locks

// ready has the templates that this process knows to be complete, by the server's URL.
var ready sync.Map

// template is the name of a database with every migration applied. Packages are tested by processes
// of their own: the first that comes builds it, the others wait.
func template(ctx context.Context, server string) (string, error) {
	if name, ok := ready.Load(server); ok {
		return name.(string), nil
	}
	hash, err := hash(migrations.FS)
	if err != nil {
		return "", err
	}
	name := "template_" + hash

	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx) // and with it the lock
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", templateLock); err != nil {
		return "", err
	}

	var exists bool
	err = conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1 AND datistemplate)", name).Scan(&exists)
	if err != nil {
		return "", err
	}
	if !exists {
		if err := build(ctx, conn, databaseURL(server, name), name); err != nil {
			return "", err
		}
	}
	ready.Store(server, name)
	return name, nil
}

func build(ctx context.Context, conn *pgx.Conn, url, name string) error {
	for _, sql := range []string{"DROP DATABASE IF EXISTS " + name + " WITH (FORCE)", "CREATE DATABASE " + name} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return err
		}
	}
	if err := migrate(ctx, url); err != nil {
		return err
	}
	_, err := conn.Exec(ctx, "ALTER DATABASE "+name+" IS_TEMPLATE true ALLOW_CONNECTIONS false")
	return err
}

func migrate(ctx context.Context, url string) error {
	m, err := pg.NewMigrator(url, migrations.FS, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer func() { _ = m.Close() }()

	_, err = m.Up(ctx)
	return err
}

func hash(files fs.FS) (string, error) {
	sum := sha256.New()
	err := fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := fs.ReadFile(files, path)
		fmt.Fprintf(sum, "%s %d %s", path, len(content), content)
		return err
	})
	return hex.EncodeToString(sum.Sum(nil)[:8]), err
}

func databaseURL(server, name string) string {
	u, err := url.Parse(server)
	if err != nil {
		return server
	}
	u.Path = "/" + name
	return u.String()
}
