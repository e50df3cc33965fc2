package embedded

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// Remove deletes the data of every version in dataDir, or wherever Start has put it for dataDir.
// While a server has some of it the error is a *RunningError and that data stays.
func Remove(ctx context.Context, dataDir string) error {
	dir, homes, err := homesIn(dataDir)
	if err != nil {
		return err
	}
	for _, h := range homes {
		if err := h.vacant(ctx); err != nil {
			return err
		}
		if err := os.RemoveAll(h.dir); err != nil {
			return fmt.Errorf("remove the data of postgres: %w", err)
		}
	}
	_ = os.Remove(dir) // when nothing else is in it
	return nil
}

// homesIn are the folders of all versions, and where they are.
func homesIn(dataDir string) (dir string, homes []home, err error) {
	owner, err := serverUser()
	if err != nil {
		return "", nil, err
	}
	if dir, err = owner.reach(dataDir); err != nil {
		return "", nil, err
	}
	found, err := filepath.Glob(filepath.Join(dir, "*", "data"))
	if err != nil {
		return "", nil, fmt.Errorf("look for data in %s: %w", dir, err)
	}
	for _, data := range found {
		homes = append(homes, home{dir: filepath.Dir(data)})
	}
	return dir, homes, nil
}
