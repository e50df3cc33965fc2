// Package private has what a private server needs: a process that ends with this one, a port and a folder.
package private

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
)

// Process is a child of this process, in a process group of its own.
type Process struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error
}

// Start runs cmd. A terminal's Ctrl-C does not reach it. When this process dies, even by SIGKILL,
// the kernel sends death to the child; on Linux only, elsewhere the child outlives a SIGKILL.
func Start(cmd *exec.Cmd, death syscall.Signal) (*Process, error) {
	detach(cmd, death)
	p := &Process{cmd: cmd, done: make(chan struct{})}
	started := make(chan error)

	go func() {
		runtime.LockOSThread() // the kernel takes the death of the thread that forked for the death of the parent
		defer runtime.UnlockOSThread()

		err := cmd.Start()
		started <- err
		if err == nil {
			p.err = cmd.Wait()
			close(p.done)
		}
	}()

	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", filepath.Base(cmd.Path), err)
	}
	return p, nil
}

// Done is closed when the process has ended and been waited for.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err is how the process ended: nil for status 0. It must not be called before Done is closed.
func (p *Process) Err() error { return p.err }

// PID is the process's number, which may be another's once Done is closed.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Signal sends sig to the process alone; one that has ended is os.ErrProcessDone.
func (p *Process) Signal(sig os.Signal) error { return p.cmd.Process.Signal(sig) }

// Kill ends the process and its group at once and waits for it.
func (p *Process) Kill() {
	killGroup(p.cmd.Process)
	<-p.done
}
