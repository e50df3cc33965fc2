package chaos_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// one is the only value of the only row.
func one[T any](w *world, sql string, args ...any) T {
	w.Helper()
	var value T
	w.must(w.db.QueryRow(w.Context(), sql, args...).Scan(&value))
	return value
}

// all are the rows of one column.
func all[T any](w *world, sql string, args ...any) []T {
	w.Helper()
	rows, err := w.db.Query(w.Context(), sql, args...)
	w.must(err)
	values, err := pgx.CollectRows(rows, pgx.RowTo[T])
	w.must(err)
	return values
}

// created holds the table of students to these names: each once, and no other.
func (w *world) created(names []string) {
	w.Helper()
	left := make(map[string]int, len(names))
	for _, name := range names {
		left[name]++
	}
	for _, name := range all[string](w, "SELECT name FROM student") {
		left[name]--
	}

	lost, doubled := sorted(left, func(n int) bool { return n > 0 }), sorted(left, func(n int) bool { return n < 0 })
	if len(lost) > 0 {
		w.Errorf("lost: %s", few(lost))
	}
	if len(doubled) > 0 {
		w.Errorf("there more often than asked for: %s", few(doubled))
	}
	w.tell("%d students, %d lost, %d doubled", len(names), len(lost), len(doubled))
}

func sorted(counts map[string]int, take func(n int) bool) (names []string) {
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		if take(counts[name]) {
			names = append(names, name)
		}
	}
	return names
}

// few are enough to go and look.
func few(names []string) string {
	const enough = 20
	if len(names) <= enough {
		return fmt.Sprintf("%d: %s", len(names), strings.Join(names, ", "))
	}
	return fmt.Sprintf("%d: %s …", len(names), strings.Join(names[:enough], ", "))
}

// audited holds the history to the students: each version has been announced once and heard once.
func (w *world) audited() {
	w.Helper()
	wrong := all[string](w, `
		WITH announced AS (
			SELECT (body->'student'->>'id')::bigint AS student, (body->>'version')::bigint AS version, count(*) AS times
			FROM outbox WHERE routing_key LIKE 'student.%' GROUP BY 1, 2
		), version AS (
			SELECT id AS student, generate_series(1, version) AS version FROM student
		)
		SELECT format('student %s version %s: announced %s times, heard %s', student, version, coalesce(times, 0), e.event)
		FROM version FULL JOIN announced USING (student, version)
			FULL JOIN (SELECT student_id AS student, version, event FROM student_event) e USING (student, version)
		WHERE times IS DISTINCT FROM 1 OR e.event IS NULL
		ORDER BY student, version`)
	if len(wrong) > 0 {
		w.Errorf("the history is wrong: %s", few(wrong))
	}

	events := one[int](w, "SELECT count(*) FROM student_event")
	entered := one[int](w, "SELECT count(*) FROM inbox WHERE consumer = $1", auditQueue)
	if events != entered {
		w.Errorf("the history has %d events, and %d were handled", events, entered)
	}
	w.tell("%d events, each heard once", events)
}
