package pg_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"example.com/app/lib/pg"
	"example.com/app/lib/pg/pgtest"
	"example.com/app/lib/testenv"
)

const channel = "test_channel"

func listen(t *testing.T, db *pg.DB) *pgx.Conn {
	t.Helper()

	conn, err := db.Dedicated(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.WithoutCancel(t.Context())) })
	if _, err := conn.Exec(t.Context(), "LISTEN "+channel); err != nil {
		t.Fatal(err)
	}
	return conn
}

func hear(t *testing.T, conn *pgx.Conn) {
	t.Helper()

	ctx, cancel := context.WithTimeout(t.Context(), testenv.Patience)
	defer cancel()
	if _, err := conn.WaitForNotification(ctx); err != nil {
		t.Fatal(err)
	}
}

// heard are the notifications that were sent before its own.
func heard(t *testing.T, conn *pgx.Conn) (n int) {
	t.Helper()

	if _, err := conn.Exec(t.Context(), "SELECT pg_notify($1, 'last')", channel); err != nil {
		t.Fatal(err)
	}
	for {
		got, err := conn.WaitForNotification(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got.Payload == "last" {
			return n
		}
		n++
	}
}

func TestNotifyWithoutATransactionGoesNow(t *testing.T) {
	t.Parallel()

	db := pgtest.New(t)
	conn := listen(t, db)
	db.Notify(t.Context(), channel)
	hear(t, conn)
}

func TestNotifyWaitsForTheCommit(t *testing.T) {
	t.Parallel()

	db := pgtest.New(t)
	conn := listen(t, db)
	err := db.InTx(t.Context(), func(ctx context.Context) error {
		if err := insert(ctx, db, "Ada"); err != nil {
			return err
		}
		err := db.InTx(ctx, func(ctx context.Context) error {
			db.Notify(ctx, channel)
			return nil
		})
		time.Sleep(50 * time.Millisecond) // long enough for one that does not wait
		if n := heard(t, conn); n != 0 {
			t.Errorf("%d notifications while the transaction is open", n)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	hear(t, conn)
	if n := students(t, db); n != 1 {
		t.Errorf("%d students are to be seen when the notification is there, want 1", n)
	}
}

func TestNotifyIsForgottenWithARollback(t *testing.T) {
	t.Parallel()

	db, broken := pgtest.New(t), errors.New("broken")
	conn := listen(t, db)
	err := db.InTx(t.Context(), func(ctx context.Context) error {
		db.Notify(ctx, channel)
		return broken
	})
	if !errors.Is(err, broken) {
		t.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond) // long enough for one that would come
	if n := heard(t, conn); n != 0 {
		t.Errorf("%d notifications of a transaction that was rolled back", n)
	}
}

func TestManyNotificationsBecomeFewAndTheLastComes(t *testing.T) {
	t.Parallel()

	db := pgtest.New(t)
	conn := listen(t, db)
	began := time.Now()
	for range 2000 {
		db.Notify(t.Context(), channel)
	}
	most := 2 + int(time.Since(began)/(20*time.Millisecond))
	hear(t, conn)
	hear(t, conn)

	time.Sleep(50 * time.Millisecond) // long enough for more
	if n := 2 + heard(t, conn); n > most {
		t.Errorf("2000 calls became %d notifications, want at most %d", n, most)
	}
}

func TestNotifyWithoutADatabaseIsNobodysError(t *testing.T) {
	t.Parallel()

	db := open(t, pgtest.URL(t), 1)
	db.Close(t.Context())
	db.Notify(t.Context(), channel)
}

func TestDedicatedConnectionIsBesidesThePool(t *testing.T) {
	t.Parallel()

	db := open(t, pgtest.URL(t), 1)
	err := db.InTx(t.Context(), func(context.Context) error {
		conn, err := db.Dedicated(t.Context())
		if err != nil {
			return err
		}
		return conn.Close(t.Context())
	})
	if err != nil {
		t.Error(err)
	}
}
