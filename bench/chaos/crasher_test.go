package chaos_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"sync/atomic"

	"example.com/app/amqp"
	"example.com/app/lib/broker"
	"example.com/app/lib/broker/rabbit"
	"example.com/app/lib/pg"
	"example.com/app/lib/telemetry"
	"example.com/app/models"
	"example.com/app/schemas"
)

// fuseVariable makes a process a crasher: "POINT 17" ends it when the 17th message passes that point.
const fuseVariable = "CHAOS_FUSE"

// The points at which a crasher ends, and its exit statuses there.
const (
	handed    = "before the handler"
	inside    = "inside the transaction"
	committed = "after the commit, before the ack"
	moved     = "after the retry publish, before the ack"
)

var statuses = map[string]int{handed: 41, inside: 42, committed: 43, moved: 44}

const (
	poisoned = 45 // the exit status that a poison message leads to
	poison   = "poison"
)

// fuse ends the process when enough messages have passed its point.
type fuse struct {
	point string
	left  atomic.Int64
}

func readFuse(text string) (*fuse, error) {
	f := &fuse{}
	at := strings.LastIndex(text, " ")
	var left int64
	if _, err := fmt.Sscan(text[at+1:], &left); err != nil {
		return nil, fmt.Errorf("read the fuse %q: %w", text, err)
	}
	f.point = text[:max(at, 0)]
	f.left.Store(left)
	return f, nil
}

func (f *fuse) pass(point string, messages int) {
	if f.point == point && f.left.Add(-int64(messages)) <= 0 {
		os.Exit(statuses[point])
	}
}

// crasher consumes the main queue as the service does, with handlers that fail now and then and a fuse.
func crasher(ctx context.Context) int {
	if err := crash(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func crash(ctx context.Context) error {
	log, closeLog := telemetry.NewLogger(telemetry.LogOptions{To: os.Stderr, Level: slog.LevelError, Text: true})
	defer closeLog()
	db, err := pg.Open(ctx, pg.Options{URL: os.Getenv("DATABASE_URL"), Name: "crasher", Max: 6})
	if err != nil {
		return err
	}
	defer db.Close(context.WithoutCancel(ctx))
	driver, err := rabbit.Open(rabbit.Options{Name: "example", URL: os.Getenv("AMQP_URL"), ConnectionName: "crasher", Log: log})
	if err != nil {
		return err
	}
	defer func() { _ = driver.Close(context.WithoutCancel(ctx)) }()

	consumer, err := newCrasher(db, driver, log)
	if err != nil {
		return err
	}
	if err := consumer.Declare(ctx); err != nil {
		return err
	}
	return consumer.Run(ctx)
}

func newCrasher(db *pg.DB, driver broker.Driver, log *slog.Logger) (*broker.Consumer, error) {
	fuse, err := readFuse(os.Getenv(fuseVariable))
	if err != nil {
		return nil, err
	}
	seed, err := seed()
	if err != nil {
		return nil, err
	}
	tiers, err := tiersOf(os.Getenv("AMQP_RETRY_DELAYS"))
	if err != nil {
		return nil, err
	}

	h := &handler{fuse: fuse, students: models.NewStudents(db), dice: rand.New(rand.NewPCG(seed, 0))}
	return broker.NewConsumer(broker.Options{
		Drivers: map[broker.Connection]broker.Driver{amqp.Example: fused{driver, fuse}},
		DB:      db,
		Queues:  []broker.Queue{broker.Batch(amqp.Example, "main", h.createMany)},
		Tiers:   tiers,
		Workers: 4,
		Log:     log,
	})
}

type handler struct {
	*fuse
	students models.Students

	mu   sync.Mutex
	dice *rand.Rand
}

var errWeather = errors.New("not in this weather")

func (h *handler) createMany(ctx context.Context, batch []broker.Message[schemas.StudentIn]) error {
	h.pass(handed, len(batch))
	drafts := make([]models.StudentDraft, len(batch))
	for i, m := range batch {
		if strings.HasPrefix(m.Body.Name, poison) {
			os.Exit(poisoned)
		}
		drafts[i] = models.StudentDraft{Name: m.Body.Name, MessageID: m.ID}
	}

	if h.fails(len(batch)) {
		return errWeather
	}
	err := h.students.CreateAll(ctx, drafts)
	h.pass(inside, len(batch))
	return err
}

// fails tells so seldom for a message alone that none meets it at each of its attempts.
func (h *handler) fails(messages int) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if messages == 1 {
		return h.dice.Float64() < 0.05
	}
	return h.dice.Float64() < 0.2
}
