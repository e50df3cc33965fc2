package rabbit_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"example.com/app/lib/broker"
	"example.com/app/lib/broker/rabbit"
	"example.com/app/lib/pg"
	"example.com/app/lib/pg/pgtest"
	"example.com/app/lib/testenv"
)

const (
	childQueue    = "RABBIT_TEST_QUEUE" // of the child: one by one, or in batches
	childAMQP     = "RABBIT_TEST_AMQP"
	childDatabase = "RABBIT_TEST_DATABASE"

	poison   = 13 // ends the process
	siblings = 40 // of the poison
	killed   = 4  // the exit code of a child that took the poison
)

// crashing notes each message in the database, and ends the process at the poison.
func crashing(db *pg.DB, kind string) broker.Queue {
	note := func(ctx context.Context, n int) error {
		if n == poison {
			os.Exit(killed)
		}
		_, err := db.Exec(ctx, "INSERT INTO effect VALUES ($1)", n)
		return err
	}
	if kind == "one" {
		return broker.One("example", "main", func(ctx context.Context, in *numbered) error { return note(ctx, in.N) })
	}
	return broker.Batch("example", "main", func(ctx context.Context, batch []broker.Message[numbered]) error {
		for _, m := range batch {
			if err := note(ctx, m.Body.N); err != nil {
				return err
			}
		}
		return nil
	})
}

// child consumes until its input ends.
func child() int {
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()

	if err := consumeCrashing(ctx, log); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func consumeCrashing(ctx context.Context, log *slog.Logger) error {
	db, err := pg.Open(ctx, pg.Options{URL: os.Getenv(childDatabase), Name: "child", Max: 8})
	if err != nil {
		return err
	}
	defer db.Close(context.WithoutCancel(ctx))
	b, err := rabbit.Open(rabbit.Options{Name: "example", URL: os.Getenv(childAMQP), ConnectionName: "child", Log: log})
	if err != nil {
		return err
	}
	defer func() { _ = b.Close(context.WithoutCancel(ctx)) }()

	c, err := broker.NewConsumer(broker.Options{
		Drivers: map[broker.Connection]broker.Driver{"example": b}, DB: db, Log: log,
		Queues: []broker.Queue{crashing(db, os.Getenv(childQueue))}, Workers: 4, Prefetch: 8, Grace: soon,
	})
	if err != nil {
		return err
	}
	return c.Run(ctx)
}

func TestPoisonCostsFiveProcessesAndItsSiblingsNothing(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"one", "batch"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			newCrash(t, kind).happens()
		})
	}
}

// crash is the life of children that follow one another until the poison is dead.
type crash struct {
	*testing.T
	environment []string
	broker      *rabbit.Broker
	db          *pg.DB
	family      broker.Family
}

func newCrash(t *testing.T, kind string) crash {
	t.Helper()
	amqp, database := testenv.Broker(t), pgtest.URL(t)
	db, err := pg.Open(t.Context(), pg.Options{URL: database, Name: "parent", Max: 2})
	check(t, err)
	t.Cleanup(func() { db.Close(context.WithoutCancel(t.Context())) })
	_, err = db.Exec(t.Context(), "CREATE TABLE effect (n int NOT NULL)")
	check(t, err)

	c := crash{
		T: t, broker: open(t, amqp), db: db, family: crashing(nil, kind).Family(nil),
		environment: append(os.Environ(), childQueue+"="+kind, childAMQP+"="+amqp, childDatabase+"="+database),
	}
	check(t, c.broker.Declare(t.Context(), c.family))
	for n := range siblings + 1 {
		check(t, c.broker.Publish(t.Context(), "", c.family.Name, broker.Envelope{
			ID: strconv.Itoa(n), Body: fmt.Appendf(nil, `{"n":%d}`, n),
		}))
	}
	return c
}

func (c crash) happens() {
	c.Helper()
	exits := 0
	for code := c.child(); code == killed; code = c.child() {
		exits++
	}
	if exits != 5 {
		c.Errorf("the poison ended %d processes", exits)
	}

	d := pull(c, c.broker, c.family.Dead())
	if d.ID != strconv.Itoa(poison) || d.Headers[broker.HeaderReason] != "crash" {
		c.Errorf("message %s is dead, headers %v", d.ID, d.Headers)
	}
	depth(c, c.broker, c.family.Dead(), 0) // but for what was pulled
	depth(c, c.broker, c.family.Name, 0)
	depth(c, c.broker, c.family.Suspect(), 0)

	if all, distinct := c.effects(); all != siblings || distinct != siblings {
		c.Errorf("%d effects of %d messages", all, distinct)
	}
}

// child runs one until it dies, or else until nothing is left to do, and answers its exit code.
func (c crash) child() int {
	c.Helper()
	cmd := exec.CommandContext(c.Context(), os.Args[0])
	cmd.Env, cmd.Stderr = c.environment, c.Output()
	input, err := cmd.StdinPipe()
	check(c, err)
	check(c, cmd.Start())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // its exit code is what counts
	}()

	for deadline := time.After(soon); ; {
		select {
		case <-ended:
			return cmd.ProcessState.ExitCode()
		case <-deadline:
			c.Fatal("the child neither dies nor finishes")
		case <-time.After(tick):
			if c.finished() {
				_ = input.Close() // perhaps again
			}
		}
	}
}

func (c crash) finished() bool {
	c.Helper()
	d, err := c.broker.Inspect(c.Context(), c.family.Dead())
	check(c, err)
	all, _ := c.effects()
	return d.Ready > 0 && all >= siblings
}

func (c crash) effects() (all, distinct int) {
	c.Helper()
	check(c, c.db.QueryRow(c.Context(), "SELECT count(*), count(DISTINCT n) FROM effect").Scan(&all, &distinct))
	return all, distinct
}
