package embedded

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// ErrAbsent is a machine without a PostgreSQL server.
var ErrAbsent = errors.New("find PostgreSQL: install it, or set PG_BINDIR or DATABASE_URL")

// Binaries is a folder with postgres and initdb of one major version.
type Binaries struct{ Dir, Major string }

// Find lists the servers of this machine: the one on PATH, the one of pg_config,
// then those of the usual folders, the newest first.
func Find(ctx context.Context) []Binaries {
	usual := inspectAll(ctx, usualFolders())
	slices.SortStableFunc(usual, func(a, b Binaries) int { return cmp.Compare(number(b.Major), number(a.Major)) })
	return append(inspectAll(ctx, namedFolders(ctx)), usual...)
}

func inspectAll(ctx context.Context, dirs []string) []Binaries {
	var found []Binaries
	for _, dir := range dirs {
		if b, err := inspect(ctx, dir); err == nil {
			found = append(found, b)
		}
	}
	return found
}

func namedFolders(ctx context.Context) []string {
	var dirs []string
	if path, err := exec.LookPath("postgres"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			dirs = append(dirs, filepath.Dir(path))
		}
	}
	if out, err := exec.CommandContext(ctx, "pg_config", "--bindir").Output(); err == nil {
		dirs = append(dirs, strings.TrimSpace(string(out)))
	}
	return dirs
}

func usualFolders() []string {
	var dirs []string
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/libexec/postgresql*", "/usr/local/pgsql/bin",
		"/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin", "/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
		"/opt/local/lib/postgresql*/bin", "/Applications/Postgres.app/Contents/Versions/*/bin",
		filepath.Join(os.Getenv("ProgramFiles"), "PostgreSQL", "*", "bin"),
	} {
		matches, _ := filepath.Glob(pattern)
		dirs = append(dirs, matches...)
	}
	return dirs
}

// inspect asks the binaries in dir for their version: "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)".
func inspect(ctx context.Context, dir string) (Binaries, error) {
	if _, err := os.Stat(filepath.Join(dir, executable("initdb"))); err != nil {
		return Binaries{}, fmt.Errorf("look for initdb: %w", err)
	}
	out, err := exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		return Binaries{}, fmt.Errorf("ask %s for its version: %w", filepath.Join(dir, "postgres"), err)
	}
	words := strings.Fields(string(out))
	if len(words) < 3 {
		return Binaries{}, fmt.Errorf("read the version of PostgreSQL in %s: %q", dir, out)
	}
	major, _, _ := strings.Cut(words[2], ".")
	return Binaries{Dir: dir, Major: major}, nil
}

// choose takes the named folder; else, of those found, the first that has data in dir already, or the first;
// else a download.
func choose(ctx context.Context, o Options, dir string) (Binaries, error) {
	if o.BinDir != "" {
		return inspect(ctx, o.BinDir)
	}
	found := Find(ctx)
	if err := ctx.Err(); err != nil { // what was found is not all
		return Binaries{}, fmt.Errorf("find PostgreSQL: %w", err)
	}
	if len(found) > 0 {
		used := slices.IndexFunc(found, func(b Binaries) bool {
			_, err := os.Stat(filepath.Join(dir, b.Major))
			return err == nil
		})
		return found[max(used, 0)], nil
	}
	if o.Test {
		return Binaries{}, ErrAbsent
	}
	o.Log.Info("there is no PostgreSQL on this machine: taking that of the cache, or downloading it")
	return Download(ctx, o.Cache, "")
}

func executable(name string) string {
	if runtime.GOOS == "windows" {
		return name + ".exe"
	}
	return name
}

func number(major string) int {
	n, _ := strconv.Atoi(major)
	return n
}
