package testenv

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
)

// process is one that runs; a dead one that nobody has waited for is none.
type process struct{ pid, parent int }

func processes(ctx context.Context) ([]process, error) {
	out, err := exec.CommandContext(ctx, "ps", "-A", "-o", "pid=,ppid=,stat=").Output()
	if err != nil {
		return nil, fmt.Errorf("list the processes: %w", err)
	}
	var all []process
	for line := range strings.Lines(string(out)) {
		var p process
		var state string
		if n, _ := fmt.Sscan(line, &p.pid, &p.parent, &state); n == 3 && !strings.HasPrefix(state, "Z") {
			all = append(all, p)
		}
	}
	return all, nil
}
