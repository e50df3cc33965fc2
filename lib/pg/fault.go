package pg

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Fault says what an error of the database means for the work that met it.
type Fault int

// What an error can mean. SQLSTATE classes are those of PostgreSQL's Appendix A.
const (
	Other       Fault = iota // not the database's, or of no class below
	Invalid                  // classes 22 and 23: the data itself; a repeat meets the same answer
	Conflict                 // 40001, 40P01: another transaction was first; repeat at once
	Busy                     // 55P03, 57014 or no answer in time: repeat later
	Unavailable              // connection lost or refused, classes 08 and 53, 57P0x: the server, not the work
)

// FaultOf reads what err means.
func FaultOf(err error) Fault {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return faultOfCode(e.Code)
	}
	if pgconn.Timeout(err) {
		return Busy
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return Other
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return Unavailable
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return Unavailable
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) {
		return Unavailable
	}
	return Other
}

func faultOfCode(code string) Fault {
	switch {
	case strings.HasPrefix(code, "22"), strings.HasPrefix(code, "23"):
		return Invalid
	case code == "40001", code == "40P01":
		return Conflict
	case code == "55P03", code == "57014":
		return Busy
	case strings.HasPrefix(code, "08"), strings.HasPrefix(code, "53"), strings.HasPrefix(code, "57P0"):
		return Unavailable
	}
	return Other
}
