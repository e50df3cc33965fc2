// Command with runs a command beside one private PostgreSQL and one private RabbitMQ, and stops them after it:
//
//	go run ./lib/testenv/with go test -race ./...
//
// The command finds them by TEST_DATABASE_URL, TEST_AMQP_URL and TEST_AMQP_MANAGEMENT_URL.
// A server that the environment names already is not started. The exit status is the command's.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

const (
	wrongUse = 2
	bySignal = 128 // plus the signal's number: how a shell reports it
)

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	if len(args) == 0 {
		fmt.Fprintln(os.Stderr, "use: with COMMAND [ARGUMENT]…")
		return wrongUse
	}

	status, err := with(args)
	if err != nil {
		fmt.Fprintln(os.Stderr, "with:", err)
		return max(status, 1)
	}
	return status
}

func with(args []string) (status int, err error) {
	stopped, forget := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer forget()
	signals := make(chan os.Signal, 10)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)

	var s servers
	defer func() { err = errors.Join(err, s.stop()) }()
	if err := s.start(stopped); err != nil {
		return 1, err
	}
	return command(args, s.environ(), signals)
}

// command runs args, passes signals on and returns the exit status.
func command(args, environ []string, signals <-chan os.Signal) (int, error) {
	cmd := exec.CommandContext(context.Background(), args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = environ
	if err := cmd.Start(); err != nil {
		return 1, err
	}

	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case sig := <-signals:
			_ = cmd.Process.Signal(sig)
		case err := <-ended:
			return statusOf(err)
		}
	}
}

func statusOf(err error) (int, error) {
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		return 0, err
	}
	if w, ok := exit.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		return bySignal + int(w.Signal()), nil
	}
	return exit.ExitCode(), nil
}
