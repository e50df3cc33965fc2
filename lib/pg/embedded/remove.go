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
	owner, err := serverUser()
	if err != nil {
		return err
	}
	dir, err := owner.reach(dataDir)
	if err != nil {
		return err
	}

	homes, err := filepath.Glob(filepath.Join(dir, "*", "data"))
	if err != nil {
		return fmt.Errorf("look for data in %s: %w", dir, err)
	}
	for _, data := range homes {
		h := home{dir: filepath.Dir(data)}
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
