package testenv_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/app/lib/testenv"
)

func TestNothingOutlivesAKilledTestProcess(t *testing.T) {
	t.Parallel()

	if os.Getenv("TESTENV_TEST_VICTIM") != "" {
		victim(t)
	}

	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), "TESTENV_TEST_VICTIM=yes", "TEST_DATABASE_URL=", "TEST_AMQP_URL=", "TEST_AMQP_MANAGEMENT_URL=")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("the victim says %q, %v", line, err)
	}
	family := descendants(t, cmd.Process.Pid)
	if all := fmt.Sprint(family); !strings.Contains(all, "beam.smp") || !strings.Contains(all, "epmd") || !strings.Contains(all, "postgres") {
		t.Fatalf("the victim's family is %s", all)
	}

	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	for deadline := time.Now().Add(testenv.Patience); ; time.Sleep(50 * time.Millisecond) {
		left := living(t, family)
		if len(left) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("outlive their parent: %v", left)
		}
	}
}

// victim has servers of every kind, one of them paused, and waits for its end.
func victim(t *testing.T) {
	testenv.Postgres(t)
	testenv.Broker(t)
	testenv.NewPostgres(t).Pause()
	fmt.Println("ready")
	select {}
}

// descendants of process root, by their number, with their names.
func descendants(t *testing.T, root int) map[int]string {
	t.Helper()

	family, names := map[int]string{root: "root"}, map[int]string{}
	for grown := true; grown; {
		grown = false
		for _, p := range processes(t) {
			if _, known := family[p.pid]; !known && family[p.parent] != "" {
				family[p.pid], names[p.pid], grown = p.name, p.name, true
			}
		}
	}
	return names
}

func living(t *testing.T, family map[int]string) []process {
	t.Helper()

	var left []process
	for _, p := range processes(t) {
		if family[p.pid] == p.name && !strings.HasPrefix(p.state, "Z") {
			left = append(left, p)
		}
	}
	return left
}

type process struct {
	pid, parent int
	state, name string
}

func processes(t *testing.T) []process {
	t.Helper()

	out, err := exec.CommandContext(t.Context(), "ps", "-A", "-o", "pid=,ppid=,stat=,comm=").Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []process
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		if len(words) < 4 {
			continue
		}
		pid, _ := strconv.Atoi(words[0])
		parent, _ := strconv.Atoi(words[1])
		all = append(all, process{pid, parent, words[2], words[3]})
	}
	return all
}
