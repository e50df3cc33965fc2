package amqp_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"example.com/app/amqp"
	"example.com/app/lib/broker"
	"example.com/app/lib/broker/memory"
	"example.com/app/lib/pg/pgtest"
	"example.com/app/models"
)

// consume works the table's queues until the test ends.
func consume(t *testing.T) (broker.Driver, models.Students) {
	t.Helper()
	db, driver := pgtest.New(t), memory.New(slog.New(slog.DiscardHandler))
	consumer, err := broker.NewConsumer(broker.Options{
		Drivers:   map[broker.Connection]broker.Driver{amqp.Example: driver},
		DB:        db,
		Queues:    amqp.Queues(db),
		Tiers:     []time.Duration{time.Minute},
		Grace:     time.Second,
		Permanent: amqp.Permanent(),
		Log:       slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := consumer.Declare(t.Context()); err != nil {
		t.Fatal(err)
	}

	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- consumer.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return driver, models.NewStudents(db)
}

func send(t *testing.T, driver broker.Driver, body string) {
	t.Helper()
	if _, err := broker.Send(t.Context(), driver, "example.main", []byte(body)); err != nil {
		t.Fatal(err)
	}
}

func eventually(t *testing.T, what string, ask func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if ask() {
			return
		}
	}
	t.Fatalf("it never came that %s", what)
}

func TestMessageCreatesAStudentByTheRulesOfPost(t *testing.T) {
	t.Parallel()
	driver, students := consume(t)

	send(t, driver, `{"name": "  Ada "}`)

	eventually(t, "the student is there", func() bool {
		rows, err := students.List(t.Context(), models.StudentFilter{}, 2)
		return err == nil && len(rows) == 1 && rows[0].Name == "Ada"
	})
}

func TestMessageAgainstTheRulesDiesWithTheReason(t *testing.T) {
	t.Parallel()
	driver, students := consume(t)

	for _, body := range []string{`{}`, `{"name": "` + strings.Repeat("x", 256) + `"}`, `{"name": "a", "x": 1}`} {
		send(t, driver, body)
	}

	eventually(t, "all are dead", func() bool {
		dead, err := broker.Peek(t.Context(), driver, "example.main.dead", 10, func(d broker.Delivery) bool {
			return d.Headers["app-reason"] == "malformed" && d.Headers["app-error"] != ""
		})
		return err == nil && len(dead) == 3
	})
	if rows, err := students.List(t.Context(), models.StudentFilter{}, 1); err != nil || len(rows) > 0 {
		t.Errorf("there are students: %v, %v", rows, err)
	}
}
