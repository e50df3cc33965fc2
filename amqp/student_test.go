package amqp_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"example.com/app/lib/broker"
	"example.com/app/lib/broker/desk"
	"example.com/app/lib/pg"
	"example.com/app/models"
)

func count(t testing.TB, db *pg.DB, sql string) (n int) {
	t.Helper()
	if err := db.QueryRow(t.Context(), sql).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestMessageCreatesAStudentByTheRulesOfPost(t *testing.T) {
	t.Parallel()
	s := newSystem(t)

	s.publish(broker.Envelope{ID: "1", Body: []byte(`{"name": "  Ada "}`)})

	eventually(t, "the student is there", func() bool {
		rows, err := s.students.List(t.Context(), models.StudentFilter{}, 2)
		return err == nil && len(rows) == 1 && rows[0].Name == "Ada"
	})
}

func TestMessageAgainstTheRulesDiesWithTheReason(t *testing.T) {
	t.Parallel()
	s := newSystem(t)

	for i, body := range []string{`{}`, `{"name": "` + strings.Repeat("x", 256) + `"}`, `{"name": "a", "x": 1}`} {
		s.publish(broker.Envelope{ID: strconv.Itoa(i), Body: []byte(body)})
	}

	eventually(t, "all are dead", func() bool {
		dead, err := s.desk().Peek(t.Context(), "example.main.dead", desk.Filter{Reason: "malformed"}, 10)
		return err == nil && len(dead) == 3
	})
	if n := count(t, s.db, "SELECT count(*) FROM student"); n > 0 {
		t.Errorf("there are %d students", n)
	}
}

func TestStudentsOfMessagesAreAnnouncedForTheSameReason(t *testing.T) {
	t.Parallel()
	s := newSystem(t)

	s.publish(broker.Envelope{
		ID: "1", CorrelationID: "why", Headers: map[string]any{"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}, Body: []byte(`{"name": "Ada"}`),
	})
	s.publish(broker.Envelope{ID: "2", Body: []byte(`{"name": "Bob"}`)})

	for _, want := range []string{
		`name = 'Ada' AND correlation_id = 'why' AND headers = '{"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}'`,
		`name = 'Bob' AND correlation_id = '2' AND headers = '{}'`,
	} {
		eventually(t, want, func() bool {
			return count(t, s.db, "SELECT count(*) FROM outbox, LATERAL (SELECT body->'student'->>'name' AS name) s WHERE "+want) == 1
		})
	}
}

func TestMessageCreatesOnceHoweverOftenItComes(t *testing.T) {
	t.Parallel()
	s := newSystem(t)

	for i := range 300 {
		s.publish(broker.Envelope{ID: strconv.Itoa(i % 100), Body: fmt.Appendf(nil, `{"name": "student %d"}`, i%100)})
	}

	eventually(t, "all are handled", func() bool {
		depth, err := s.driver.Inspect(t.Context(), "example.main")
		return err == nil && depth.Ready == 0 && count(t, s.db, "SELECT count(*) FROM inbox WHERE consumer = 'example.main'") == 100
	})
	if n := count(t, s.db, "SELECT count(*) FROM student"); n != 100 {
		t.Errorf("%d students, want 100", n)
	}
}
