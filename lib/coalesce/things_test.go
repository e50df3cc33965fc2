package coalesce_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"example.com/app/lib/coalesce"
	"example.com/app/lib/pg"
	"example.com/app/lib/pg/pgtest"
	"example.com/app/lib/testenv"
)

// thing is a row, whose name has room for ten characters.
type thing struct {
	ID   int64
	Name string
}

// things are a table and its two groups.
type things struct {
	t      testing.TB
	db     *pg.DB
	reads  *coalesce.Group[int64, thing]
	writes *coalesce.Group[string, thing]

	mu     sync.Mutex
	sent   []int                           // how many rows each statement for many was for
	before func(ctx context.Context) error // what a statement for many does first; nil: nothing
	held   map[string]chan struct{}        // statements for one of these, which wait before they return
}

// newThings has a pool of four connections, which is one lane for each group.
func newThings(t testing.TB) *things {
	t.Helper()
	return thingsOf(t, pgtest.New(t))
}

func thingsOf(t testing.TB, db *pg.DB) *things {
	t.Helper()
	if _, err := db.Exec(t.Context(), "CREATE TABLE IF NOT EXISTS thing (id bigserial PRIMARY KEY, name varchar(10) NOT NULL)"); err != nil {
		t.Fatal(err)
	}
	s := &things{t: t, db: db, held: map[string]chan struct{}{}}
	s.reads = coalesce.NewReads(db, "find thing", s.find, s.findMany)
	s.writes = coalesce.NewWrites(db, "create thing", s.create, s.createMany)
	return s
}

func (s *things) find(ctx context.Context, id int64) (thing, error) {
	return s.one(ctx, "SELECT id, name FROM thing WHERE id = $1", id)
}

func (s *things) create(ctx context.Context, name string) (thing, error) {
	return s.one(ctx, "INSERT INTO thing (name) VALUES ($1) RETURNING id, name", name)
}

func (s *things) one(ctx context.Context, sql string, arg any) (thing, error) {
	rows, err := s.db.Query(ctx, sql, arg)
	if err != nil {
		return thing{}, err
	}
	row, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[thing])
	s.hold(fmt.Sprint(arg))
	return row, err
}

func (s *things) findMany(ctx context.Context, ids []int64) (map[int64]thing, error) {
	found := map[int64]thing{}
	return found, s.many(ctx, len(ids), "SELECT 0, id, name FROM thing WHERE id = ANY($1)", ids, func(_ int, row thing) { found[row.ID] = row })
}

// createMany returns the last first.
func (s *things) createMany(ctx context.Context, names []string) (map[int]thing, error) {
	created := map[int]thing{}
	return created, s.many(ctx, len(names), `
		WITH draft AS (
			SELECT nextval('thing_id_seq') AS id, given.* FROM unnest($1::text[]) WITH ORDINALITY AS given (name, n)
		), done AS (
			INSERT INTO thing (id, name) SELECT id, name FROM draft RETURNING id, name
		)
		SELECT n, id, done.name FROM done JOIN draft USING (id) ORDER BY n DESC`, names,
		func(n int, row thing) { created[n] = row })
}

func (s *things) many(ctx context.Context, size int, sql string, args any, each func(n int, row thing)) error {
	s.mu.Lock()
	s.sent = append(s.sent, size)
	before := s.before
	s.mu.Unlock()
	if before != nil {
		if err := before(ctx); err != nil {
			return err
		}
	}

	rows, err := s.db.Query(ctx, sql, args)
	if err != nil {
		return err
	}
	var n int
	var row thing
	_, err = pgx.ForEachRow(rows, []any{&n, &row.ID, &row.Name}, func() error {
		each(n, row)
		return nil
	})
	s.hold("many")
	return err
}

// hold waits, where somebody wants what.
func (s *things) hold(what string) {
	s.mu.Lock()
	held := s.held[what]
	delete(s.held, what)
	s.mu.Unlock()
	if held != nil {
		held <- struct{}{}
		<-held
	}
}

// occupy has a statement for what done and not yet returned; free lets it return.
func (s *things) occupy(what string, begin func()) (free func()) {
	s.t.Helper()
	held := make(chan struct{})
	s.mu.Lock()
	s.held[what] = held
	s.mu.Unlock()
	var wg sync.WaitGroup
	wg.Go(begin)
	<-held
	return func() { close(held); wg.Wait() }
}

// occupyWrites takes the lane of the writes.
func (s *things) occupyWrites() (free func()) {
	s.t.Helper()
	return s.occupy("first", func() { s.create1("first") })
}

func (s *things) create1(name string) {
	if _, err := s.writes.Do(s.t.Context(), name); err != nil {
		s.t.Error(err)
	}
}

// answer is what a call came back with.
type answer struct {
	asked string
	row   thing
	err   error
}

// queue has a call for each name in the queue of the writes, in this order; answers waits for what becomes of them.
func (s *things) queue(ctx context.Context, names ...string) (answers func() []answer) {
	s.t.Helper()
	list := make([]answer, len(names))
	var wg sync.WaitGroup
	for i, name := range names {
		waiting := s.writes.Waiting()
		wg.Go(func() {
			row, err := s.writes.Do(ctx, name)
			list[i] = answer{name, row, err}
		})
		waitFor(s.t, func() bool { return s.writes.Waiting() == waiting+1 })
	}
	return func() []answer { wg.Wait(); return list }
}

func waitFor(t testing.TB, yes func() bool) {
	t.Helper()
	for end := time.Now().Add(testenv.Patience); !yes(); time.Sleep(50 * time.Microsecond) {
		if time.Now().After(end) {
			t.Fatal("a call is not in the queue")
		}
	}
}

// names are those of the rows.
func (s *things) names() []string {
	s.t.Helper()
	rows, err := s.db.Query(s.t.Context(), "SELECT name FROM thing ORDER BY id")
	if err != nil {
		s.t.Fatal(err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		s.t.Fatal(err)
	}
	return names
}

// count is how many rows have the name.
func (s *things) count(name string) (n int) {
	for _, one := range s.names() {
		if one == name {
			n++
		}
	}
	return n
}

func (s *things) statements() []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sent)
}
