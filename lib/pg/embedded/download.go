package embedded

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"example.com/app/lib/private"

	embeddedpostgres "github.com/fergusstrange/embedded-postgres"
)

const version = embeddedpostgres.V18 // the newest that the library knows

// Download returns the binaries of cache, "" for a folder below os.UserCacheDir; when they are not there
// it fetches about 30 MB from a Maven repository, "" for the central one. Several processes may do so at once.
// When it is impossible the error is ErrAbsent.
func Download(ctx context.Context, cache, repository string) (Binaries, error) {
	cache, err := cacheFolder(cache)
	if err != nil {
		return Binaries{}, fmt.Errorf("%w: %w", ErrAbsent, err)
	}

	dir := filepath.Join(cache, fmt.Sprintf("%s-%s-%s", version, runtime.GOOS, runtime.GOARCH))
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		if err := fill(ctx, cache, dir, repository); err != nil {
			return Binaries{}, fmt.Errorf("%w: %w", ErrAbsent, err)
		}
	}
	return inspect(ctx, filepath.Join(dir, "bin"))
}

// cacheFolder is where the user that the server runs as can get to it.
func cacheFolder(named string) (string, error) {
	if named == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return "", err
		}
		named = filepath.Join(user, "embedded-postgres")
	}
	owner, err := serverUser()
	if err != nil {
		return "", err
	}
	return owner.reach(named)
}

// fill works beside dir and renames at the end: dir is complete or absent.
func fill(ctx context.Context, cache, dir, repository string) error {
	draft, err := private.FolderIn(cache, "new")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(draft) }()

	unpacked := filepath.Join(draft, "unpacked")
	fetched := make(chan error, 1)
	go func() { fetched <- fetch(draft, unpacked, repository) }()
	select {
	case <-ctx.Done():
		return fmt.Errorf("download PostgreSQL: %w", ctx.Err())
	case err := <-fetched:
		if err != nil {
			return fmt.Errorf("download PostgreSQL: %w", err)
		}
	}
	return rename(unpacked, dir)
}

// fetch has the library download and unpack, and nothing else: after that it clears its data directory,
// whose name no system accepts, and gives up. As a runner it would delete data of another version
// and leave its server behind.
func fetch(cache, unpacked, repository string) error {
	c := embeddedpostgres.DefaultConfig().Version(version).Port(0).Logger(io.Discard).
		CachePath(cache).BinariesPath(unpacked).RuntimePath(filepath.Join(cache, "run")).DataPath("\x00")
	if repository != "" {
		c = c.BinaryRepositoryURL(repository)
	}

	err := embeddedpostgres.NewDatabase(c).Start()
	if _, missing := os.Stat(filepath.Join(unpacked, "bin", executable("postgres"))); missing != nil {
		return cmp.Or(err, missing)
	}
	return nil
}
