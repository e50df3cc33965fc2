package embedded

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// owner is another user than this one, which is never needed here.
type owner struct{}

func serverUser() (*owner, error)               { return nil, nil }
func (*owner) give(...string) error             { return nil }
func (o *owner) of(string) *owner               { return o }
func (*owner) drop(*exec.Cmd)                   {}
func (*owner) reach(dir string) (string, error) { return makeFolder(dir) }
func deathSignal(bool) syscall.Signal           { return 0 }

func (s *Server) fast()      { s.control("fast") }
func (s *Server) immediate() { s.control("immediate") }

func (s *Server) control(mode string) {
	_ = exec.Command(filepath.Join(s.binDir, "pg_ctl"), "stop", "-D", s.home.data(), "-m", mode, "-W").Run()
}

func isPostgres(ctx context.Context, pid int) bool {
	out, err := exec.CommandContext(ctx, "tasklist", "/NH", "/FI", fmt.Sprintf("PID eq %d", pid)).Output()
	return err != nil || strings.Contains(string(out), "postgres")
}
