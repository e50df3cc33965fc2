package speed_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.com/app/lib/private"
	"example.com/app/lib/testenv"
)

type settings = testenv.Settings

// shipped are the service and the floor as they ship, built once for all benchmarks.
var shipped binaries

type binaries struct {
	once   sync.Once
	folder string // empty: nobody has asked for them
	err    error
}

func (b *binaries) make() {
	if b.folder, b.err = private.Folder("speed"); b.err == nil {
		b.err = build(b.folder, ".", "./bench/floor")
	}
}

func (b *binaries) remove() { _ = os.RemoveAll(b.folder) }

func build(folder string, packages ...string) error {
	c := exec.CommandContext(context.Background(), "go",
		append([]string{"build", "-trimpath", "-ldflags=-s -w", "-o", folder + string(filepath.Separator)}, packages...)...)
	c.Dir = filepath.Join("..", "..")
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("build %v: %w: %s", packages, err, said)
	}
	return nil
}

// program runs until the test ends. What it says goes into a file, which costs this process nothing.
type program struct {
	*private.Process
	tb  testing.TB
	log string
}

func start(tb testing.TB, binary string, s settings, args ...string) program {
	tb.Helper()
	dir := tb.TempDir()
	log, err := os.Create(filepath.Join(dir, "log"))
	check(tb, err)
	defer log.Close()

	c := exec.CommandContext(context.WithoutCancel(tb.Context()), binary, args...)
	c.Dir, c.Stdout, c.Stderr = dir, log, log
	c.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "TZ=UTC", "GOGC=400", "GOMEMLIMIT=384MiB"}
	for _, name := range slices.Sorted(maps.Keys(s)) {
		c.Env = append(c.Env, name+"="+s[name])
	}
	process, err := private.Start(c, syscall.SIGKILL)
	check(tb, err)
	p := program{process, tb, log.Name()}
	tb.Cleanup(p.end)
	return p
}

// end stops the program and tells, when the test has failed, what it said last.
func (p program) end() {
	_ = p.Signal(syscall.SIGTERM)
	select {
	case <-p.Done():
	case <-time.After(testenv.Patience):
		p.Kill()
	}
	if said, err := os.ReadFile(p.log); p.tb.Failed() && err == nil {
		p.tb.Logf("it said:\n%s", said[max(0, len(said)-2000):])
	}
}

// ready returns once url answers 200.
func (p program) ready(url string) {
	p.tb.Helper()
	for give := time.Now().Add(testenv.Patience); ; time.Sleep(time.Millisecond) {
		if answer, err := http.Get(url); err == nil {
			_, _ = io.Copy(io.Discard, answer.Body)
			_ = answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-p.Done():
			p.tb.Fatalf("%s: the program ended: %v", url, p.Err())
		default:
		}
		if time.Now().After(give) {
			p.tb.Fatalf("%s never answered 200", url)
		}
	}
}

// built is the folder of the binaries. Call it before a clock runs: the first call takes long.
func built(b *testing.B) string {
	b.Helper()
	shipped.once.Do(shipped.make)
	check(b, shipped.err)
	return shipped.folder
}

// startFloor and startService run one of the two, as it ships.
func startFloor(b *testing.B, args ...string) program {
	b.Helper()
	return start(b, filepath.Join(built(b), "floor"), nil, args...)
}

func startService(b *testing.B, s settings, args ...string) program {
	b.Helper()
	return start(b, filepath.Join(built(b), "app"), s, args...)
}

// newSettings are the defaults on this database, at ports of their own.
func newSettings(tb testing.TB, database string) settings {
	tb.Helper()
	return testenv.Ports(tb, "API_PORT", "OPS_PORT", "AMQ_PORT", "SCHEDULE_PORT").With(settings{
		"DATABASE_URL": database, "AMQP_URL": "amqp://127.0.0.1:1/", "AUTH": "off",
	})
}

// address is a free one, and the URL of what listens there.
func address(tb testing.TB) (address, url string) {
	tb.Helper()
	s := testenv.Ports(tb, "PORT")
	return "127.0.0.1:" + s["PORT"], s.URL("PORT", "")
}
