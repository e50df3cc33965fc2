package cache

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"

	"github.com/redis/go-redis/v9"
)

// Advice is what to do about an error of Try.
func (r *Redis) Advice(err error) string {
	if _, ok := errors.AsType[redis.Error](err); ok {
		return r.adviceOfServer(err)
	}
	_, unknownHost := errors.AsType[*net.DNSError](err)
	_, distrusted := errors.AsType[*tls.CertificateVerificationError](err)
	_, plain := errors.AsType[tls.RecordHeaderError](err)
	switch {
	case unknownHost:
		return "correct the host's name"
	case distrusted:
		return "let this host trust who has signed the server's certificate, as by SSL_CERT_FILE, and name the host as it does"
	case plain:
		return "let the URL begin with redis://, or let the server speak TLS there"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "start Redis there, or correct host and port"
	case errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET):
		return "let the URL begin with rediss:// if the server speaks TLS there"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return "look for a firewall, a server that hangs, or, after rediss://, one that speaks no TLS there"
	}
	return "look at the server's log"
}

// adviceOfServer knows the codes that are before the words of a Redis.
func (r *Redis) adviceOfServer(err error) string {
	_, moved := redis.IsMovedError(err)
	switch {
	case redis.IsAuthError(err), strings.Contains(err.Error(), "AUTH"):
		return "correct the user or the password"
	case redis.IsPermissionError(err):
		return "grant this user ~" + r.prefix + "* +@connection +@read +@write +@scripting +time +info"
	case redis.IsReadOnlyError(err), redis.IsMasterDownError(err):
		return "let it lead to the primary"
	case moved, redis.IsClusterDownError(err):
		return "let it lead to a Redis that is no cluster"
	case redis.IsOOMError(err):
		return "raise maxmemory of the server, or set its maxmemory-policy to allkeys-lru"
	case strings.Contains(err.Error(), "DB index"):
		return "correct the number of the database, after the last slash"
	case redis.IsLoadingError(err):
		return "wait until the server has started"
	}
	return "look at the server's log"
}
