package pg_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"example.com/app/lib/pg"
	"example.com/app/lib/pg/pgtest"
	"example.com/app/lib/testenv"
)

func TestAnswerOfTheServerLeavesNothingOpen(t *testing.T) {
	t.Parallel()

	db := pgtest.New(t)
	for _, code := range []string{"22001", "23505", "40001", "57014", "53300", "57P01", "42P01"} {
		_, err := db.Exec(t.Context(), fmt.Sprintf("DO $$ BEGIN RAISE EXCEPTION 'test' USING ERRCODE = '%s'; END $$", code))
		if err == nil || pg.Unanswered(err) {
			t.Errorf("%s leaves something open: %v", code, err)
		}
	}
	if pg.Unanswered(nil) || pg.Unanswered(context.DeadlineExceeded) {
		t.Error("what is not the database's leaves something open")
	}
}

func TestStatementThatWasNotSentLeavesNothingOpen(t *testing.T) {
	t.Parallel()

	db := open(t, pgtest.URL(t), 1)
	err := db.InTx(t.Context(), func(context.Context) error {
		short, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		defer cancel()
		_, busy := db.Exec(short, "SELECT 1")
		return busy
	})
	if pg.FaultOf(err) != pg.Busy || pg.Unanswered(err) {
		t.Errorf("without a free connection something is open: %v", err)
	}

	late, cancel := context.WithDeadline(t.Context(), time.Now())
	defer cancel()
	if _, err := db.Exec(late, "SELECT 1"); err == nil || pg.Unanswered(err) {
		t.Errorf("after the deadline something is open: %v", err)
	}
	_, err = pg.Open(t.Context(), pg.Options{URL: "postgres://nobody@127.0.0.1:1/nothing?sslmode=disable"})
	if err == nil || pg.Unanswered(err) {
		t.Errorf("without a connection something is open: %v", err)
	}
}

func TestStatementWithoutAnAnswerLeavesItOpen(t *testing.T) {
	t.Parallel()

	address := pgtest.URL(t)
	proxy := testenv.NewProxy(t, address)
	db, straight := open(t, proxy.URL(), 1), open(t, address, 1)
	for text, want := range map[string]bool{"found": false, "lost": true} {
		proxy.LoseOf("lost", 1)
		if _, err := db.Exec(t.Context(), "SELECT $1::text", text); pg.Unanswered(err) != want {
			t.Errorf("the answer that is %s: %v", text, err)
		}
	}
	proxy.LoseOf("SELECT 1", 1)
	if _, err := db.Exec(t.Context(), "SELECT 1"); err == nil || pg.Unanswered(err) {
		t.Errorf("a statement that was not yet prepared: %v", err)
	}

	short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := straight.Exec(short, "SELECT pg_sleep(60)"); !pg.Unanswered(err) {
		t.Errorf("a late answer: %v", err)
	}

	ctx, leave := context.WithCancel(t.Context())
	time.AfterFunc(100*time.Millisecond, leave)
	if _, err := straight.Exec(ctx, "SELECT pg_sleep(60)"); !pg.Unanswered(err) {
		t.Errorf("an answer that nobody waited for: %v", err)
	}
	if _, err := straight.Exec(t.Context(), "SELECT pg_terminate_backend(pg_backend_pid())"); !pg.Unanswered(err) {
		t.Errorf("a session that was ended: %v", err)
	}
}
