package pg

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

var notInName = regexp.MustCompile(`[^a-z0-9]+`)

const emptyMigration = `-- +goose Up

-- +goose Down
`

// Create writes an empty migration file into dir, numbered after the last there, and returns its path.
func Create(dir, name string) (path string, err error) {
	slug := strings.Trim(notInName.ReplaceAllString(strings.ToLower(name), "_"), "_")
	if slug == "" {
		return "", fmt.Errorf("create migration %q: the name needs a letter or a digit", name)
	}
	if _, err := os.Stat(dir); err != nil {
		return "", fmt.Errorf("create migration %s: %w", slug, err)
	}
	last, err := newest(os.DirFS(dir))
	if err != nil {
		return "", fmt.Errorf("create migration %s: %w", slug, err)
	}

	path = filepath.Join(dir, fmt.Sprintf("%05d_%s.sql", last+1, slug))
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return "", fmt.Errorf("create migration %s: %w", slug, err)
	}
	_, err = file.WriteString(emptyMigration)
	return path, errors.Join(err, file.Close())
}
