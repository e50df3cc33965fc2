package embedded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"example.com/app/lib/private"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	patience      = 10 * time.Second
	wrongPassword = "28P01"
)

// launch repeats a start while what another server left behind, or another's port, is in the way.
func (s *Server) launch(ctx context.Context, o Options) error {
	for deadline := time.Now().Add(patience); ; {
		if err := s.home.vacant(ctx); err != nil {
			return err
		}
		if s.port = o.Port; s.port == 0 {
			port, err := private.Port()
			if err != nil {
				return err
			}
			s.port = port
		}

		err := s.launchOnce(ctx, o.Test)
		if _, again := errors.AsType[*leftoverError](err); !again || time.Now().After(deadline) {
			return err
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
}

func (s *Server) launchOnce(ctx context.Context, test bool) error {
	log, err := os.OpenFile(s.home.log(), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("open the server's log: %w", err)
	}
	defer log.Close()

	cmd := exec.CommandContext(context.WithoutCancel(ctx), filepath.Join(s.binDir, "postgres"), s.arguments(test)...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.home.data(), log, log
	s.home.owner.drop(cmd)
	if s.process, err = private.Start(cmd, deathSignal(test)); err != nil {
		return err
	}
	return s.await(ctx)
}

func (s *Server) arguments(test bool) []string {
	settings := []string{"listen_addresses=127.0.0.1", "unix_socket_directories=", "log_min_messages=warning"}
	if test {
		settings = append(settings,
			"fsync=off", "synchronous_commit=off", "full_page_writes=off",
			"max_connections=300", "shared_buffers=32MB", "dynamic_shared_memory_type=mmap")
	}

	args := make([]string, 0, 4+2*len(settings))
	args = append(args, "-D", s.home.data(), "-p", strconv.Itoa(s.port))
	for _, setting := range settings {
		args = append(args, "-c", setting)
	}
	return args
}

func (s *Server) await(ctx context.Context) error {
	for {
		err := s.answer(ctx)
		if err == nil {
			return nil
		}
		if e, ok := errors.AsType[*pgconn.PgError](err); ok && e.Code == wrongPassword {
			return fmt.Errorf("log in to postgres with the password of %s: %w", s.home.password(), err)
		}
		select {
		case <-s.process.Done():
			return s.explain()
		case <-ctx.Done():
			return fmt.Errorf("wait for postgres to answer: %w: %w", ctx.Err(), err)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// answer is nil when it is this server that answers, and no other that has taken its port.
func (s *Server) answer(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, s.url("postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()

	var data string
	if err := conn.QueryRow(ctx, "SHOW data_directory").Scan(&data); err != nil {
		return err
	}
	if filepath.FromSlash(data) != s.home.data() {
		return fmt.Errorf("port %d is that of the server on %s", s.port, data)
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
