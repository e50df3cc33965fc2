package pg

import (
	"context"
	"errors"
	"net"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
)

// Advice is what a person can do about a connection that was not made.
func Advice(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return adviceOfCode(e.Code)
	}
	_, unknownHost := errors.AsType[*net.DNSError](err)
	switch {
	case unknownHost:
		return "correct the host's name"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "start Postgres there, or correct host and port"
	case errors.Is(err, context.DeadlineExceeded):
		return "look for a firewall, or a server that hangs"
	}
	return "look at the server's log"
}

// adviceOfCode knows the codes of PostgreSQL's Appendix A that a server answers to who connects.
func adviceOfCode(code string) string {
	switch code {
	case "28P01":
		return "correct the user or the password"
	case "28000":
		return "let this user in by pg_hba.conf of the server, or correct the user"
	case "3D000":
		return "create the database, as by createdb, or correct its name"
	case "53300":
		return "lower DB_MAX_CONNECTIONS of what runs, or raise max_connections of the server"
	case "57P03":
		return "wait until the server has started"
	}
	return "look at the server's log"
}
