//go:build unix

package embedded

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// owner is the user that the server runs as when this process is root, which postgres refuses to be; nil: this one.
type owner struct{ uid, gid uint32 }

// serverUser is a user of this machine that is not root.
func serverUser() (*owner, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
		return &owner{uint32(uid), uint32(gid)}, errors.Join(uidErr, gidErr)
	}
	return nil, errors.New("run postgres as root, which it refuses: there is no user postgres or nobody instead")
}

// of is whoever owns path already, unless that is root; o when there is no path.
func (o *owner) of(path string) *owner {
	info, err := os.Stat(path)
	if o == nil || err != nil {
		return o
	}
	if s, ok := info.Sys().(*syscall.Stat_t); ok && s.Uid != 0 {
		return &owner{s.Uid, s.Gid}
	}
	return o
}

func (o *owner) give(paths ...string) error {
	if o == nil {
		return nil
	}
	for _, path := range paths {
		if err := os.Chown(path, int(o.uid), int(o.gid)); err != nil {
			return err
		}
	}
	return nil
}

func (o *owner) drop(cmd *exec.Cmd) {
	if o != nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: o.uid, Gid: o.gid}}
	}
}

// reach makes dir and returns it without symbolic links. Where the owner cannot get to it,
// it makes a folder below /var/tmp instead, always the same for dir.
func (o *owner) reach(dir string) (string, error) {
	dir, err := makeFolder(dir)
	if err != nil || o == nil || o.enters(dir) {
		return dir, err
	}

	sum := sha256.Sum256([]byte(dir))
	other := fmt.Sprintf("/var/tmp/postgres-%x", sum[:8])
	if err := os.Mkdir(other, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("make a folder that postgres can reach: %w", err)
	}
	info, err := os.Lstat(other)
	if err != nil {
		return "", fmt.Errorf("look at %s: %w", other, err)
	}
	if s, ok := info.Sys().(*syscall.Stat_t); !ok || !info.IsDir() || s.Uid != 0 || info.Mode().Perm()&0o022 != 0 {
		return "", fmt.Errorf("use %s for the data of postgres: it is not root's alone", other)
	}
	if err := os.Chmod(other, 0o711); err != nil {
		return "", fmt.Errorf("open %s for postgres: %w", other, err)
	}
	return other, nil
}

// enters tells whether every folder on the way to dir lets the owner through.
func (o *owner) enters(dir string) bool {
	for {
		info, err := os.Stat(dir)
		if err != nil || !o.passes(info) {
			return false
		}
		if dir == filepath.Dir(dir) {
			return true
		}
		dir = filepath.Dir(dir)
	}
}

func (o *owner) passes(info fs.FileInfo) bool {
	s, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !ok:
		return false
	case s.Uid == o.uid:
		return info.Mode().Perm()&0o100 != 0
	case s.Gid == o.gid:
		return info.Mode().Perm()&0o010 != 0
	}
	return info.Mode().Perm()&0o001 != 0
}

func (s *Server) fast()      { _ = s.process.Signal(syscall.SIGINT) }
func (s *Server) immediate() { _ = s.process.Signal(syscall.SIGQUIT) }

// deathSignal asks for an orderly end, or for one that needs nothing of sessions that may be stopped.
func deathSignal(test bool) syscall.Signal {
	if test {
		return syscall.SIGQUIT
	}
	return syscall.SIGINT
}

// isPostgres tells whether process pid is a living postgres; where ps cannot tell, it might be.
func isPostgres(ctx context.Context, pid int) bool {
	out, err := exec.CommandContext(ctx, "ps", "-p", strconv.Itoa(pid), "-o", "stat=,comm=").Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && (!ok || exit.ExitCode() != 1 || len(exit.Stderr) > 0) {
		return true
	}
	state := strings.TrimSpace(string(out))
	return !strings.HasPrefix(state, "Z") && strings.Contains(state, "postgres")
}
