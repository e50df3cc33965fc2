package private

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

const enough = 1 << 30 // bytes that must be free in memory for a folder to be there

// Folder makes a temporary folder that any user may enter: in memory where 1 GiB of it is free.
// The caller removes it; those of processes that died before they could are removed here.
func Folder(name string) (string, error) {
	if free("/dev/shm") >= enough {
		return FolderIn("/dev/shm", name)
	}
	return FolderIn(os.TempDir(), name)
}

// FolderIn is Folder in a folder of the caller's choice.
func FolderIn(base, name string) (string, error) {
	sweep(base, name+"-")

	dir, err := os.MkdirTemp(base, fmt.Sprintf("%s-%d-", name, os.Getpid()))
	if err != nil {
		return "", fmt.Errorf("make a folder for %s: %w", name, err)
	}
	if err := os.Chmod(dir, 0o711); err != nil {
		return "", fmt.Errorf("open the folder %s: %w", dir, err)
	}
	return dir, nil
}

func sweep(base, prefix string) {
	dirs, _ := filepath.Glob(filepath.Join(base, prefix+"*"))
	for _, dir := range dirs {
		owner, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), prefix), "-")
		if pid, err := strconv.Atoi(owner); err == nil && !alive(pid) {
			_ = os.RemoveAll(dir)
		}
	}
}

func alive(pid int) bool {
	p, err := os.FindProcess(pid)
	return err == nil && !errors.Is(p.Signal(syscall.Signal(0)), os.ErrProcessDone)
}
