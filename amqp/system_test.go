package amqp_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"example.com/app/amqp"
	"example.com/app/lib/broker"
	"example.com/app/lib/broker/desk"
	"example.com/app/lib/broker/memory"
	"example.com/app/lib/broker/outbox"
	"example.com/app/lib/pg"
	"example.com/app/lib/pg/pgtest"
	"example.com/app/models"
)

// system works the table's queues and relays the outbox until the test ends.
type system struct {
	t        testing.TB
	db       *pg.DB
	driver   broker.Driver
	queues   []broker.Queue
	students models.Students
}

func newSystem(t testing.TB) system {
	t.Helper()
	db, log := pgtest.New(t), slog.New(slog.DiscardHandler)
	driver := memory.New(log)
	s := system{t, db, driver, amqp.Queues(db), models.NewStudents(db)}
	drivers := map[broker.Connection]broker.Driver{amqp.Example: driver}
	tiers := []time.Duration{time.Minute}

	consumer, err := broker.NewConsumer(broker.Options{
		Drivers:   drivers,
		DB:        db,
		Queues:    s.queues,
		Tiers:     tiers,
		Grace:     time.Second,
		Permanent: amqp.Permanent(),
		Log:       log,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := consumer.Declare(t.Context()); err != nil {
		t.Fatal(err)
	}
	relay := outbox.NewRelay(outbox.Options{DB: db, Drivers: drivers, Families: broker.Families(s.queues, tiers), Log: log})
	s.run(consumer.Run, relay.Run)
	return s
}

func (s system) run(parts ...func(context.Context) error) {
	ctx, stop := context.WithCancel(s.t.Context())
	var running sync.WaitGroup
	for _, part := range parts {
		running.Go(func() {
			if err := part(ctx); err != nil {
				s.t.Error(err)
			}
		})
	}
	s.t.Cleanup(func() {
		stop()
		running.Wait()
	})
}

func (s system) publish(e broker.Envelope) {
	s.t.Helper()
	if err := s.driver.Publish(s.t.Context(), "", "example.main", e); err != nil {
		s.t.Fatal(err)
	}
}

func (s system) desk() *desk.Desk {
	return desk.New(desk.Options{Queues: s.queues, Reach: func(context.Context, string) (broker.Driver, error) { return s.driver, nil }})
}

func (s system) execute(sql string) {
	s.t.Helper()
	if _, err := s.db.Exec(s.t.Context(), sql); err != nil {
		s.t.Fatal(err)
	}
}

func eventually(t testing.TB, what string, ask func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if ask() {
			return
		}
	}
	t.Fatalf("it never came that %s", what)
}
