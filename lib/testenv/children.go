package testenv

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
)

// children are the processes that process parent has started and that have not ended.
func children(ctx context.Context, parent int) ([]int, error) {
	out, err := exec.CommandContext(ctx, "ps", "-A", "-o", "ppid=,pid=").Output()
	if err != nil {
		return nil, fmt.Errorf("list the children of process %d: %w", parent, err)
	}
	var found []int
	for line := range strings.Lines(string(out)) {
		var ppid, pid int
		if n, _ := fmt.Sscan(line, &ppid, &pid); n == 2 && ppid == parent {
			found = append(found, pid)
		}
	}
	return found, nil
}
