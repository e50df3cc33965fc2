// Package testenv gives tests private servers, PostgreSQL, RabbitMQ and Redis from the binaries of this machine, and runs
// programs as processes beside them.
package testenv

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"
)

const install = "run `apt-get install postgresql rabbitmq-server` (Debian, Ubuntu) or `brew install postgresql rabbitmq` (macOS)"

const startTimeout = 2 * time.Minute // for one server, on a machine that is busy with tests

// atOnce is how many tests of a package run side by side unless -parallel says so: they wait for servers, for processes
// and for time more than they work.
const atOnce = "4"

// Main runs a package's tests and stops the servers that they started:
//
//	func TestMain(m *testing.M) { os.Exit(testenv.Main(m)) }
func Main(m *testing.M) int {
	_ = flag.Set("test.parallel", atOnce) // what the command line says comes later
	askAnew()
	code := m.Run()
	if err := errors.Join(postgres.stop(), rabbit.stop(), built.stop()); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	return code
}

// askAnew has http.DefaultClient open a connection for each request. One that it opened and did not need it would keep for
// another request, for which the server may have waited too long by then.
func askAnew() {
	if t, ok := http.DefaultTransport.(*http.Transport); ok {
		t.DisableKeepAlives = true
	}
}

// shared is a server that the tests of this process have in common, started for the first that asks.
type shared[S interface{ Stop() error }] struct {
	once   sync.Once
	server S
	err    error
	begun  bool
}

func (s *shared[S]) get(start func(ctx context.Context) (S, error)) (S, error) {
	s.once.Do(func() {
		s.server, s.err = start(context.Background())
		s.begun = s.err == nil
	})
	return s.server, s.err
}

func (s *shared[S]) stop() error {
	if !s.begun {
		return nil
	}
	return s.server.Stop()
}
