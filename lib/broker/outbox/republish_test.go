package outbox_test

import (
	"testing"

	"example.com/app/lib/broker/outbox"
	"example.com/app/lib/pg/pgtest"
)

func TestWhatNobodyHandledIsPublishedAgain(t *testing.T) {
	t.Parallel()

	db := pgtest.New(t)
	b, url := newBroker(t)
	stop := start(t, db, b)
	add(t, db, "student.created", "handled", 20)
	add(t, db, "student.created", "lost", 20)
	allSent(t, db)
	stop()
	messages(t, url, "example.main")
	_, err := db.Exec(t.Context(), `
		INSERT INTO inbox (consumer, message_id, body_hash)
		SELECT 'example.main', message_id, '' FROM outbox WHERE key = 'handled'`)
	check(t, err)
	check(t, write(t.Context(), db, "elsewhere", "student.created", "elsewhere", 1))
	_, err = db.Exec(t.Context(), "UPDATE outbox SET sent_at = now() WHERE exchange = 'elsewhere'")
	check(t, err)

	for _, want := range []int64{20, 0} {
		if n, err := outbox.Republish(t.Context(), db, "example"); err != nil || n != want {
			t.Errorf("%d rows are to be published again, want %d: %v", n, want, err)
		}
	}
	start(t, db, b)
	allSent(t, db)
	all := messages(t, url, "example.main")
	inOrder(t, all, 20, "lost")
	if len(all) != 20 {
		t.Errorf("%d messages, want 20", len(all))
	}
}
