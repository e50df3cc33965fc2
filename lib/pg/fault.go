package pg

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Fault says what an error of the database means for the work that met it.
type Fault int

// What an error can mean. SQLSTATE classes are those of PostgreSQL's Appendix A.
const (
	Other       Fault = iota // not the database's, or of no class below; also work that its caller cancelled
	Invalid                  // classes 22 and 23: the data itself; a repeat meets the same answer
	Conflict                 // 40001, 40P01: another transaction was first; repeat at once
	Busy                     // 55P03, 57014, no answer or no free connection in time: repeat later
	Unavailable              // connection lost or refused, classes 08 and 53, 57P0x, 25006, 25P03, a commit without an answer: the server, not the work
)

// FaultOf reads what err means. It knows the database's errors by the mark that this package's functions
// leave on them: the lost connection to another service is Other.
func FaultOf(err error) Fault {
	if e, ok := errors.AsType[*databaseError](err); ok {
		return e.fault
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return faultOfCode(e.Code)
	}
	return Other
}

// Refused tells a connection that the server answered and did not grant: the user, the password, the database or a
// setting of the connection is wrong. It is Unavailable too, for whoever had a connection before.
func Refused(err error) bool {
	refusal, connecting := errors.AsType[*pgconn.ConnectError](err)
	if !connecting {
		return false
	}
	e, answered := errors.AsType[*pgconn.PgError](refusal)
	return answered && faultOfCode(e.Code) != Unavailable
}

// Unanswered tells an error that leaves open whether a statement outside of transactions took effect: it may have been
// sent, and the server's answer did not come. A session that ended may have been about to answer.
func Unanswered(err error) bool {
	e, ours := errors.AsType[*databaseError](err)
	answer, answered := errors.AsType[*pgconn.PgError](err)
	_, connecting := errors.AsType[*pgconn.ConnectError](err)
	switch {
	case !ours, connecting, pgconn.SafeToRetry(err):
		return false
	case answered:
		return cmp.Or(answer.SeverityUnlocalized, answer.Severity) != "ERROR"
	case errors.Is(err, context.Canceled):
		return true
	case errors.Is(err, context.DeadlineExceeded):
		return pgconn.Timeout(err) // else it has waited for a connection
	}
	return e.fault == Unavailable || e.fault == Busy
}

// Mark makes an error one of the database's that was met on the way there, such as the end of who waits for his turn.
func Mark(err error) error { return mark(err) }

// databaseError marks an error as the database's.
type databaseError struct {
	error
	fault Fault
}

func (e *databaseError) Unwrap() error { return e.error }

// Error is one line, where pgx has one for each address and each way to encrypt the connection.
func (e *databaseError) Error() string {
	lines := strings.Split(e.error.Error(), "\n\t")
	first, rest := lines[0], slices.Compact(lines[1:])
	return strings.TrimSpace(first + " " + strings.Join(rest, "; "))
}

func mark(err error) error {
	if err == nil {
		return nil
	}
	return &databaseError{err, classify(err)}
}

// markCommit marks the error of a commit: without the server's answer nobody knows whether it happened.
func markCommit(err error) error {
	if err == nil {
		return nil
	}
	if _, answered := errors.AsType[*pgconn.PgError](err); answered || errors.Is(err, pgx.ErrTxCommitRollback) {
		return mark(err)
	}
	return &databaseError{err, Unavailable}
}

func classify(err error) Fault {
	e, answered := errors.AsType[*pgconn.PgError](err)
	_, connecting := errors.AsType[*pgconn.ConnectError](err)
	_, network := errors.AsType[net.Error](err)
	switch {
	case connecting && !errors.Is(err, context.Canceled), errors.Is(err, ErrForeign):
		return Unavailable
	case answered:
		return faultOfCode(e.Code)
	case errors.Is(err, context.Canceled):
		return Other
	case pgconn.Timeout(err), errors.Is(err, context.DeadlineExceeded):
		return Busy
	case network, errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		errors.Is(err, net.ErrClosed), errors.Is(err, pgconn.ErrConnClosed):
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
	case strings.HasPrefix(code, "08"), strings.HasPrefix(code, "53"), strings.HasPrefix(code, "57P0"),
		code == "25006", code == "25P03": // a standby after a failover, a transaction that a pause of this process outlived
		return Unavailable
	}
	return Other
}
