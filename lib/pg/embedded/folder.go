package embedded

import (
	"fmt"
	"os"
	"path/filepath"
)

// makeFolder makes dir and returns its path without symbolic links.
func makeFolder(dir string) (string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("make the folder of postgres: %w", err)
	}
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return "", fmt.Errorf("follow the links of the folder of postgres: %w", err)
	}
	return filepath.Abs(dir)
}

// rename gives a finished draft its name; another process that was faster has made the same.
func rename(draft, dir string) error {
	err := os.Rename(draft, dir)
	if _, exists := os.Stat(dir); exists == nil {
		return nil
	}
	return err
}
