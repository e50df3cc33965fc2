package pg_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"example.com/app/lib/pg"
	"example.com/app/lib/pg/pgtest"
	"example.com/app/lib/testenv"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

func open(t *testing.T, url string, connections int32) *pg.DB {
	t.Helper()

	db, err := pg.Open(t.Context(), pg.Options{URL: url, Name: "test", Max: connections})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close(context.WithoutCancel(t.Context())) })
	return db
}

func one[T any](t *testing.T, db *pg.DB, sql string, args ...any) (value T) {
	t.Helper()

	if err := db.QueryRow(t.Context(), sql, args...).Scan(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

func insert(ctx context.Context, db *pg.DB, name string) error {
	_, err := db.Exec(ctx, "INSERT INTO student (name) VALUES ($1)", name)
	return err
}

func students(t *testing.T, db *pg.DB) int {
	t.Helper()
	return one[int](t, db, "SELECT count(*) FROM student")
}

func TestTransactionCommits(t *testing.T) {
	t.Parallel()

	db := pgtest.New(t)
	err := db.InTx(t.Context(), func(ctx context.Context) error {
		if err := insert(ctx, db, "Ada"); err != nil {
			return err
		}
		if n := students(t, db); n != 0 {
			t.Errorf("another connection sees %d students before the commit", n)
		}
		return insert(ctx, db, "Alan")
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := students(t, db); n != 2 {
		t.Errorf("%d students after the commit, want 2", n)
	}
}

func TestTransactionRollsBackOnError(t *testing.T) {
	t.Parallel()

	db, broken := pgtest.New(t), errors.New("broken")
	err := db.InTx(t.Context(), func(ctx context.Context) error {
		return errors.Join(insert(ctx, db, "Ada"), broken)
	})
	if !errors.Is(err, broken) {
		t.Errorf("the error is %v, want %v", err, broken)
	}
	if n := students(t, db); n != 0 {
		t.Errorf("%d students after the rollback", n)
	}
}

func TestTransactionRollsBackOnPanic(t *testing.T) {
	t.Parallel()

	db := pgtest.New(t)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic is gone")
			}
		}()
		_ = db.InTx(t.Context(), func(ctx context.Context) error {
			if err := insert(ctx, db, "Ada"); err != nil {
				t.Error(err)
			}
			panic("broken")
		})
	}()
	if n := students(t, db); n != 0 {
		t.Errorf("%d students after the panic", n)
	}
}

func TestInnerTransactionJoinsTheOuter(t *testing.T) {
	t.Parallel()

	db, broken := pgtest.New(t), errors.New("broken")
	err := db.InTx(t.Context(), func(ctx context.Context) error {
		if err := db.InTx(ctx, func(ctx context.Context) error { return insert(ctx, db, "Ada") }); err != nil {
			return err
		}
		return broken
	})
	if !errors.Is(err, broken) {
		t.Errorf("the error is %v, want %v", err, broken)
	}
	if n := students(t, db); n != 0 {
		t.Errorf("the inner transaction left %d students", n)
	}
}

func TestTransactionDoesNotCommitAfterItsDeadline(t *testing.T) {
	t.Parallel()

	db := pgtest.New(t)
	ctx, cancel := context.WithCancel(t.Context())
	err := db.InTx(ctx, func(ctx context.Context) error {
		defer cancel()
		return insert(ctx, db, "Ada")
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v, want %v", err, context.Canceled)
	}
	if n := students(t, db); n != 0 {
		t.Errorf("%d students after the end of the context", n)
	}
}

func TestAHiddenErrorDoesNotCommit(t *testing.T) {
	t.Parallel()

	db := pgtest.New(t)
	err := db.InTx(t.Context(), func(ctx context.Context) error {
		_, _ = db.Exec(ctx, "SELECT 1/0")
		return nil
	})
	if !errors.Is(err, pgx.ErrTxCommitRollback) {
		t.Errorf("the error is %v, want %v", err, pgx.ErrTxCommitRollback)
	}
}

func TestConnectionsLookAfterThemselves(t *testing.T) {
	t.Parallel()

	db := pgtest.New(t)
	for setting, want := range map[string]string{
		"application_name": "test", "lock_timeout": "5s", "timezone": "UTC",
		"idle_in_transaction_session_timeout": "25s", "tcp_keepalives_idle": "10",
	} {
		if got := one[string](t, db, "SELECT current_setting($1)", setting); got != want {
			t.Errorf("%s is %q, want %q", setting, got, want)
		}
	}
}

func TestTimesComeBackInUTC(t *testing.T) {
	t.Parallel()

	at := one[time.Time](t, pgtest.New(t), "SELECT now()")
	if at.Location() != time.UTC {
		t.Errorf("the time is in %s", at.Location())
	}
}

func TestOpenOfADeadServerIsAnError(t *testing.T) {
	t.Parallel()

	_, err := pg.Open(t.Context(), pg.Options{URL: "postgres://nobody@127.0.0.1:1/nothing?sslmode=disable"})
	if pg.FaultOf(err) != pg.Unavailable {
		t.Errorf("the error is of fault %v: %v", pg.FaultOf(err), err)
	}
	if pg.Refused(err) {
		t.Errorf("nobody answered, and it is refused: %v", err)
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("the error has more than one line: %v", err)
	}
}

func TestCloseWaitsForAConnectionThatIsOutNoLongerThanItsContext(t *testing.T) {
	t.Parallel()

	db := pgtest.New(t)
	err := db.InTx(t.Context(), func(ctx context.Context) error {
		ended, cancel := context.WithCancel(ctx)
		cancel()
		db.Close(ended)
		return insert(ctx, db, "Ada") // what is out can still be used
	})
	if err != nil {
		t.Error(err)
	}
}

func TestIdleTransactionIsEnded(t *testing.T) {
	t.Parallel()

	url := pgtest.URL(t)
	db, err := pg.Open(t.Context(), pg.Options{URL: url, Max: 2, IdleInTransaction: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(t.Context())

	err = db.InTx(t.Context(), func(ctx context.Context) error {
		var pid int
		if err := db.QueryRow(ctx, "SELECT pg_backend_pid()").Scan(&pid); err != nil {
			return err
		}
		gone(t, db, pid)
		return insert(ctx, db, "Ada")
	})
	if e, ok := errors.AsType[*pgconn.PgError](err); !ok || e.Code != "25P03" {
		t.Errorf("the error is %v, want idle_in_transaction_session_timeout", err)
	}
}

// gone waits until session pid has ended.
func gone(t *testing.T, db *pg.DB, pid int) {
	t.Helper()

	for deadline := time.Now().Add(testenv.Patience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if one[int](t, db, "SELECT count(*) FROM pg_stat_activity WHERE pid = $1", pid) == 0 {
			return
		}
	}
	t.Fatalf("session %d does not end", pid)
}
