package embedded

import (
	"fmt"
	"os"
	"path/filepath"
)

// Remove deletes the data that servers keep in dir, of every major version; there may be none.
// A *RunningError says that one of them runs, and then nothing is deleted.
func Remove(dir string) error {
	owner, err := ownerOf(dir)
	if err != nil {
		return err
	}
	if dir, err = owner.reach(dir); err != nil {
		return err
	}
	directories, err := filepath.Glob(filepath.Join(dir, "*", "data"))
	if err != nil {
		return fmt.Errorf("look for data in %s: %w", dir, err)
	}

	for _, data := range directories {
		if err := (home{dir: filepath.Dir(data)}).vacant(); err != nil {
			return err
		}
	}
	for _, data := range directories {
		if err := os.RemoveAll(filepath.Dir(data)); err != nil {
			return fmt.Errorf("remove the data of the stopped server: %w", err)
		}
	}
	return nil
}
