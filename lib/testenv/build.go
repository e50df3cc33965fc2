package testenv

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Build compiles the program whose main package is in the folder dir, once for all tests of this process, as it is
// shipped: without the race detector, under which each start takes seconds of a processor, and from what `make build`
// has left in Go's cache.
func Build(t testing.TB, dir string) string {
	t.Helper()
	b, err := built.get(func(ctx context.Context) (*build, error) { return compile(ctx, dir) })
	if err != nil {
		t.Fatal(err)
	}
	return b.path
}

var built shared[*build]

// build is a compiled program in a folder of its own.
type build struct{ path string }

func compile(ctx context.Context, dir string) (*build, error) {
	folder, err := os.MkdirTemp("", "app-*")
	if err != nil {
		return nil, err
	}
	b := &build{filepath.Join(folder, "app")}
	c := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", b.path, ".")
	c.Dir, c.Env = dir, append(os.Environ(), "CGO_ENABLED=0")
	if said, err := c.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build the program in %s: %w: %s", dir, err, said)
	}
	return b, nil
}

// Stop removes the program.
func (b *build) Stop() error { return os.RemoveAll(filepath.Dir(b.path)) }
