package schedule_test

import (
	"testing"

	"example.com/app/lib/pg"
)

func run(t *testing.T, db *pg.DB, sql string) {
	t.Helper()

	if _, err := db.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

func TestHousekeepingForgetsWhatIsPastItsKeepTime(t *testing.T) {
	t.Parallel()
	_, db, s := newDatabase(t)
	run(t, db, `
		INSERT INTO inbox (consumer, message_id, body_hash, processed_at)
		SELECT 'q', 'old ' || i, ''::bytea, now() - interval '31 days' FROM generate_series(1, 25000) i
		UNION ALL SELECT 'q', 'young', ''::bytea, now() - interval '29 days'`)
	run(t, db, `
		INSERT INTO outbox (message_id, key, exchange, routing_key, body, created_at, sent_at)
		SELECT gen_random_uuid(), key, 'x', 'y', '{}', now() - interval '90 days', now() - age
		FROM (VALUES ('old', interval '8 days'), ('young', '6 days'), ('unsent', NULL)) AS rows (key, age)`)
	run(t, db, `
		INSERT INTO schedule_run (job, scheduled_at, started_at, finished_at, host, outcome, lease_until)
		SELECT job, now() - age, now() - age, now() - age, 'h', 'done', now() - age
		FROM (VALUES ('a', interval '90 days'), ('a', '31 days'), ('a', '1 day'), ('b', '90 days'), ('b', '80 days')) AS rows (job, age)`)
	run(t, db, `
		WITH owner AS (INSERT INTO app_user (email, password_hash, role) VALUES ('ada@example.com', '', 'reader') RETURNING id),
		begun AS (
			INSERT INTO session (id, user_id, expires_at)
			SELECT gen_random_uuid(), owner.id, now() + rest FROM owner, (VALUES (interval '-1 second'), ('1 hour')) AS rows (rest)
			RETURNING id
		)
		INSERT INTO refresh_token (hash, session_id, used_at)
		SELECT decode(md5(begun.id::text || age::text), 'hex'), begun.id, now() - age
		FROM begun, (VALUES (interval '31 days'), ('29 days')) AS rows (age)`)

	run(t, db, `
		INSERT INTO idempotency_key (user_id, route, key, request_hash, status, header, created_at)
		SELECT 0, 'POST /', age::text, '', 201, '{}', now() - age FROM (VALUES (interval '25 hours'), ('23 hours')) AS rows (age)`)

	if err := s.RunNow(t.Context(), "housekeeping"); err != nil {
		t.Fatal(err)
	}

	for what, sql := range map[string]string{
		"handled messages":              "SELECT count(*) FROM inbox WHERE message_id = 'young'",
		"idempotency keys":              "SELECT count(*) FROM idempotency_key",
		"idempotency keys, young ones":  "SELECT count(*) FROM idempotency_key WHERE key = '23:00:00'",
		"handled messages at all":       "SELECT count(*) FROM inbox",
		"runs of a":                     "SELECT count(*) FROM schedule_run WHERE job = 'a'",
		"runs of b, the newest of them": "SELECT count(*) FROM schedule_run WHERE job = 'b' AND scheduled_at > now() - interval '81 days'",
		"runs of b at all":              "SELECT count(*) FROM schedule_run WHERE job = 'b'",
		"published messages":            "SELECT count(*) FROM outbox WHERE key = 'young'",
		"sessions":                      "SELECT count(*) FROM session WHERE expires_at > now()",
		"sessions at all":               "SELECT count(*) FROM session",
		"used tokens":                   "SELECT count(*) FROM refresh_token",
		"unsent messages":               "SELECT count(*) FROM outbox WHERE key = 'unsent'",
	} {
		if n := number(t, db, sql); n != 1 {
			t.Errorf("%s: %d are left, want 1", what, n)
		}
	}
	if n := number(t, db, "SELECT count(*) FROM outbox"); n != 2 {
		t.Errorf("%d rows of the outbox are left, want 2", n)
	}
	if n := number(t, db, "SELECT (position->>'handled')::int FROM schedule_run WHERE job = 'housekeeping'"); n != 25_000 {
		t.Errorf("the run tells of %d forgotten messages, want 25000", n)
	}
}
