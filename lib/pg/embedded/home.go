package embedded

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"example.com/app/lib/private"
)

// home is the folder of one major version: the data directory, its password and the server's log.
type home struct {
	dir   string
	owner *owner
}

func (h home) data() string     { return filepath.Join(h.dir, "data") }
func (h home) password() string { return filepath.Join(h.dir, "password") }
func (h home) log() string      { return filepath.Join(h.dir, "log") }

// prepare fills the folder when it is not there and returns the password.
func (h home) prepare(ctx context.Context, binDir string, trust bool) (string, error) {
	if _, err := os.Stat(h.dir); errors.Is(err, fs.ErrNotExist) {
		if err := h.create(ctx, binDir, trust); err != nil {
			return "", fmt.Errorf("create the data directory %s: %w", h.data(), err)
		}
	}
	if trust {
		return "", nil
	}
	return h.readPassword()
}

func (h home) readPassword() (string, error) {
	password, err := os.ReadFile(h.password())
	if err != nil {
		return "", fmt.Errorf("read the password of the database: %w", err)
	}
	return strings.TrimSpace(string(password)), nil
}

// create works beside the folder and renames at the end: a folder is complete or absent.
func (h home) create(ctx context.Context, binDir string, trust bool) error {
	draft, err := private.FolderIn(filepath.Dir(h.dir), "new")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(draft) }()

	if err := (home{dir: draft, owner: h.owner}).initialize(ctx, binDir, trust); err != nil {
		return err
	}
	return rename(draft, h.dir)
}

func (h home) initialize(ctx context.Context, binDir string, trust bool) error {
	if err := os.Mkdir(h.data(), 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(h.password(), []byte(rand.Text()+"\n"), 0o600); err != nil {
		return err
	}
	if err := h.owner.give(h.data(), h.password()); err != nil {
		return err
	}

	access := "scram-sha-256"
	if trust {
		access = "trust"
	}
	cmd := exec.CommandContext(ctx, filepath.Join(binDir, "initdb"), "-D", h.data(), "-U", "postgres",
		"-A", access, "--pwfile="+h.password(), "--no-sync", "-E", "UTF8", "--locale=C")
	cmd.Dir = h.data()
	h.owner.drop(cmd)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("run initdb: %w\n%s", err, out)
	}
	return nil
}
