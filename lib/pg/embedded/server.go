// Package embedded runs private PostgreSQL servers from the binaries of this machine.
package embedded

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"example.com/app/lib/private"
)

// Options say where a server's binaries and data are. The zero value is a temporary server.
type Options struct {
	BinDir   string       // folder of postgres and initdb; "": what Find finds, else a download
	DataDir  string       // has one data directory per major version; "": a temporary one that Stop removes
	Database string       // made when absent, and the one that URL names; "": postgres
	Port     int          // 0: a free one
	Cache    string       // of Download
	Test     bool         // trust everybody, lose data in a crash and download nothing: for tests only
	Log      *slog.Logger // nil: slog.Default
}

// Server is a running PostgreSQL that listens on 127.0.0.1 alone.
type Server struct {
	process   *private.Process
	binDir    string
	home      home
	port      int
	password  string
	database  string
	temporary string
}

// Start makes the data directory when there is none and returns when the server answers; ctx bounds both.
// The error is a *RunningError while another server has the data, ErrAbsent when there are no binaries.
// When this process dies, even by SIGKILL, the server stops too; on Linux only.
func Start(ctx context.Context, o Options) (*Server, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	s := &Server{database: o.Database}
	if o.DataDir == "" {
		dir, err := private.Folder("postgres")
		if err != nil {
			return nil, err
		}
		o.DataDir, s.temporary = dir, dir
	}

	if err := s.start(ctx, o); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

func (s *Server) start(ctx context.Context, o Options) error {
	owner, err := serverUser()
	if err != nil {
		return err
	}
	dir, err := owner.reach(o.DataDir)
	if err != nil {
		return err
	}
	chosen, err := choose(ctx, o, dir)
	if err != nil {
		return err
	}

	s.binDir, s.home = chosen.Dir, home{dir: filepath.Join(dir, chosen.Major)}
	s.home.owner = owner.of(s.home.data())
	if s.password, err = s.home.prepare(ctx, s.binDir, o.Test); err != nil {
		return err
	}
	if err := s.launch(ctx, o); err != nil {
		return err
	}
	o.Log.Debug("postgres started", "version", chosen.Major, "port", s.port, "data", s.home.data())
	return s.createDatabase(ctx)
}

// PID is the number of the server's main process.
func (s *Server) PID() int { return s.process.PID() }

// Port is the port on 127.0.0.1.
func (s *Server) Port() int { return s.port }

// URL names the server with its password, and Options.Database.
func (s *Server) URL() string { return s.url(cmp.Or(s.database, "postgres")) }

func (s *Server) url(database string) string {
	u := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword("postgres", s.password),
		Host:     net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)),
		Path:     "/" + database,
		RawQuery: "sslmode=disable",
	}
	if s.password == "" {
		u.User = url.User("postgres")
	}
	return u.String()
}

// Data is the data directory.
func (s *Server) Data() string { return s.home.data() }

// Stop ends the sessions and the server: it waits 10 s for an orderly end and then asks for an immediate one.
// A server that has stopped is no error.
func (s *Server) Stop() error {
	if s.process != nil {
		s.shutDown()
	}
	if s.temporary == "" {
		return nil
	}
	if err := os.RemoveAll(s.temporary); err != nil {
		return fmt.Errorf("remove the data of the stopped server: %w", err)
	}
	return nil
}

func (s *Server) shutDown() {
	for _, ask := range []func(){s.fast, s.immediate} {
		ask()
		select {
		case <-s.process.Done():
			return
		case <-time.After(10 * time.Second):
		}
	}
	s.process.Kill()
}
