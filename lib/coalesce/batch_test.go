package coalesce_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/app/lib/coalesce"
	"example.com/app/lib/pg"
	"example.com/app/lib/pg/pgtest"
	"example.com/app/lib/testenv"
)

// raise has the server answer with an error of that code.
func (s *things) raise(ctx context.Context, code string) error {
	_, err := s.db.Exec(ctx, fmt.Sprintf("DO $$ BEGIN RAISE EXCEPTION 'test' USING ERRCODE = '%s'; END $$", code))
	return err
}

func TestAWrongArgumentIsItsCallersAlone(t *testing.T) {
	t.Parallel()
	s := newThings(t)
	names := numbered(40)
	wrong := []int{0, 17, 18, 39}
	for _, i := range wrong {
		names[i] = "longer than the column takes"
	}
	free := s.occupyWrites()
	answers := s.queue(t.Context(), names...)
	free()

	var want []string
	for i, a := range answers() {
		if slices.Contains(wrong, i) {
			if pg.FaultOf(a.err) != pg.Invalid || errors.Is(a.err, coalesce.ErrUnknown) {
				t.Errorf("the wrong name %d was answered %v", i, a.err)
			}
			continue
		}
		want = append(want, a.asked)
		if a.err != nil || a.row.Name != a.asked {
			t.Errorf("%s was answered %+v, %v", a.asked, a.row, a.err)
		}
	}
	if got := s.names()[1:]; !slices.Equal(got, want) {
		t.Errorf("created %q, want %q", got, want)
	}
}

func TestABatchGoesAgainWholeWhenAnotherTransactionWasFirst(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"40001", "40P01"} {
		s := newThings(t)
		tries := 0
		s.before = func(ctx context.Context) error {
			if tries++; tries <= 2 {
				return s.raise(ctx, code)
			}
			return nil
		}
		free := s.occupyWrites()
		answers := s.queue(t.Context(), numbered(7)...)
		free()

		for _, a := range answers() {
			if a.err != nil || a.row.Name != a.asked || s.count(a.asked) != 1 {
				t.Errorf("%s: %s was answered %+v, %v", code, a.asked, a.row, a.err)
			}
		}
		if got := s.statements(); !slices.Equal(got, []int{7, 7, 7}) {
			t.Errorf("%s: it went in statements of %v", code, got)
		}
	}
}

func TestABatchDoesNotGoAgainForEver(t *testing.T) {
	t.Parallel()
	s := newThings(t)
	s.before = func(ctx context.Context) error { return s.raise(ctx, "40001") }
	free := s.occupyWrites()
	answers := s.queue(t.Context(), numbered(3)...)
	free()

	for _, a := range answers() {
		if pg.FaultOf(a.err) != pg.Conflict || errors.Is(a.err, coalesce.ErrUnknown) {
			t.Errorf("%s was answered %v", a.asked, a.err)
		}
	}
	if got := s.statements(); !slices.Equal(got, []int{3, 3, 3, 3}) {
		t.Errorf("it went in statements of %v", got)
	}
}

func TestWhatElseTheServerAnswersIsEverybodys(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"55P03", "57014", "53100", "42P01", "P0001"} {
		s := newThings(t)
		s.before = func(ctx context.Context) error { return s.raise(ctx, code) }
		free := s.occupyWrites()
		answers := s.queue(t.Context(), numbered(3)...)
		free()

		for _, a := range answers() {
			if a.err == nil || errors.Is(a.err, coalesce.ErrUnknown) {
				t.Errorf("%s: %s was answered %v", code, a.asked, a.err)
			}
		}
		if got := s.statements(); !slices.Equal(got, []int{3}) {
			t.Errorf("%s: it went in statements of %v", code, got)
		}
	}
}

// through is a table behind a proxy.
func through(t *testing.T) (*things, *testenv.Proxy) {
	t.Helper()
	proxy := testenv.NewProxy(t, pgtest.URL(t))
	db, err := pg.Open(t.Context(), pg.Options{URL: proxy.URL(), Name: "test", Max: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close(context.WithoutCancel(t.Context())) })
	return thingsOf(t, db), proxy
}

func TestABatchWhoseAnswerIsLostIsNotSentAgain(t *testing.T) {
	t.Parallel()
	s, proxy := through(t)
	free := s.occupyWrites()
	answers := s.queue(t.Context(), numbered(20)...)
	proxy.LoseOf("thing 13", 1)
	free()

	for _, a := range answers() {
		if !errors.Is(a.err, coalesce.ErrUnknown) || pg.FaultOf(a.err) != pg.Unavailable {
			t.Errorf("%s was answered %+v, %v", a.asked, a.row, a.err)
		}
	}
	if got := s.names()[1:]; !slices.Equal(got, numbered(20)) {
		t.Errorf("created %q", got)
	}
	if got := s.statements(); !slices.Equal(got, []int{20}) {
		t.Errorf("it went in statements of %v", got)
	}
	s.create1("afterwards")
}

func TestALostAnswerToOneWhoWentAloneIsUnknownToo(t *testing.T) {
	t.Parallel()
	s, proxy := through(t)
	s.create1("first")

	proxy.LoseOf("lost", 1)
	if _, err := s.writes.Do(t.Context(), "lost"); !errors.Is(err, coalesce.ErrUnknown) || s.count("lost") != 1 {
		t.Errorf("answered %v, and there are %q", err, s.names())
	}
	proxy.LoseOf("WHERE id = $1", 1)
	if _, err := s.reads.Do(t.Context(), 1); pg.FaultOf(err) != pg.Unavailable || errors.Is(err, coalesce.ErrUnknown) {
		t.Errorf("a read was answered %v", err)
	}
}

func TestATransactionKnowsItsOwnEnd(t *testing.T) {
	t.Parallel()
	s, proxy := through(t)

	proxy.LoseOf("lost", 1)
	err := s.db.InTx(t.Context(), func(ctx context.Context) error {
		_, err := s.writes.Do(ctx, "lost")
		return err
	})
	if pg.FaultOf(err) != pg.Unavailable || errors.Is(err, coalesce.ErrUnknown) || s.count("lost") > 0 {
		t.Errorf("answered %v, and there are %q", err, s.names())
	}
}

func TestAWriteThatIsNotAnsweredInTimeIsUnknown(t *testing.T) {
	t.Parallel()
	s := newThings(t)
	asleep := coalesce.NewWrites(s.db, "sleep", func(ctx context.Context, _ int) (int, error) {
		_, err := s.db.Exec(ctx, "SELECT pg_sleep(60)")
		return 0, err
	}, nil)
	if _, err := s.db.Exec(t.Context(), "SELECT 1"); err != nil { // a connection is there
		t.Fatal(err)
	}

	short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := asleep.Do(short, 1); !errors.Is(err, coalesce.ErrUnknown) || pg.FaultOf(err) != pg.Busy {
		t.Errorf("answered %v", err)
	}
}

// timeout is the error of a statement that was not answered in time.
func timeout(t *testing.T, db *pg.DB) error {
	t.Helper()
	short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := db.Exec(short, "SELECT pg_sleep(60)")
	return err
}

func TestABatchHasADeadlineOfItsOwn(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	late := timeout(t, db)
	synctest.Test(t, func(t *testing.T) {
		held, sent := make(chan struct{}), 0
		group := coalesce.NewWrites(db, "test",
			func(context.Context, int) (int, error) { <-held; return 0, nil },
			func(ctx context.Context, args []int) (map[int]int, error) {
				sent += len(args)
				<-ctx.Done()
				return nil, late
			},
		)
		go func() { _, _ = group.Do(t.Context(), 0) }()
		synctest.Wait()
		for range 3 {
			go func() {
				if _, err := group.Do(context.WithoutCancel(t.Context()), 1); !errors.Is(err, coalesce.ErrUnknown) {
					t.Errorf("answered %v", err)
				}
			}()
		}
		synctest.Wait()
		close(held)
		time.Sleep(time.Minute)
		synctest.Wait()
		if sent != 3 {
			t.Errorf("%d calls were sent", sent)
		}
	})
}

func TestAPanicIsOfItsOwnBatchAlone(t *testing.T) {
	t.Parallel()
	for what, end := range map[string]func(){"panic": func() { panic("oops") }, "exit": runtime.Goexit} {
		s := newThings(t)
		s.before = func(context.Context) error { end(); return nil }
		free := s.occupyWrites()
		answers := s.queue(t.Context(), numbered(3)...)
		free()
		for _, a := range answers() {
			if a.err == nil || what == "panic" && !strings.Contains(a.err.Error(), "oops") {
				t.Errorf("%s: %s was answered %v", what, a.asked, a.err)
			}
		}

		s.before = nil
		free = s.occupyWrites()
		answers = s.queue(t.Context(), numbered(3)...)
		free()
		for _, a := range answers() {
			if a.err != nil {
				t.Errorf("after the %s %s was answered %v", what, a.asked, a.err)
			}
		}
	}
}

func TestAPanicOfOneWhoGoesAloneIsHis(t *testing.T) {
	t.Parallel()
	group := coalesce.NewReads(pgtest.New(t), "test", func(_ context.Context, arg int) (int, error) {
		if arg == 0 {
			panic("oops")
		}
		return arg, nil
	}, nil)

	for range 5 {
		func() {
			defer func() {
				if p := recover(); p != "oops" {
					t.Errorf("recovered %v", p)
				}
			}()
			_, _ = group.Do(t.Context(), 0)
		}()
	}
	if got, err := group.Do(t.Context(), 7); err != nil || got != 7 {
		t.Errorf("afterwards: %d, %v", got, err)
	}
}
