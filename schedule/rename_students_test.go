package schedule_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"testing"
	"time"

	"example.com/app/lib/cron"
	"example.com/app/lib/pg"
	"example.com/app/lib/pg/pgtest"
	"example.com/app/lib/testenv"
	"example.com/app/schedule"
)

const (
	childURL = "SCHEDULE_TEST_URL"
	patience = 60 * time.Second
)

func TestMain(m *testing.M) {
	if url := os.Getenv(childURL); url != "" {
		fmt.Println(runByHand(url))
		os.Exit(1)
	}
	os.Exit(testenv.Main(m))
}

func open(ctx context.Context, url string) (*pg.DB, *cron.Scheduler, error) {
	db, err := pg.Open(ctx, pg.Options{URL: url, Name: "test", Max: 4})
	if err != nil {
		return nil, nil, err
	}
	s, err := cron.New(cron.Options{
		DB: db, Jobs: schedule.Jobs(db, schedule.Times{}), Host: "test", Lease: 5 * time.Second, Log: slog.New(slog.DiscardHandler),
	})
	return db, s, err
}

func runByHand(url string) error {
	_, s, err := open(context.Background(), url)
	if err != nil {
		return err
	}
	return s.RunNow(context.Background(), "rename_students")
}

func newDatabase(t *testing.T) (url string, db *pg.DB, s *cron.Scheduler) {
	t.Helper()

	url = pgtest.URL(t)
	db, s, err := open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close(context.WithoutCancel(t.Context())) })
	return url, db, s
}

func addStudents(t *testing.T, db *pg.DB, n int) {
	t.Helper()

	if _, err := db.Exec(t.Context(), "INSERT INTO student (name) SELECT 'student ' || i FROM generate_series(1, $1) i", n); err != nil {
		t.Fatal(err)
	}
}

func number(t *testing.T, db *pg.DB, sql string) (n int) {
	t.Helper()

	if err := db.QueryRow(t.Context(), sql).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func await(t *testing.T, db *pg.DB, sql string) {
	t.Helper()

	for end := time.Now().Add(patience); number(t, db, sql) == 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("nothing comes: %s", sql)
		}
	}
}

func TestBothJobsRenameAndTellHowMany(t *testing.T) {
	t.Parallel()

	_, db, s := newDatabase(t)
	addStudents(t, db, 12_000)
	if _, err := db.Exec(t.Context(), "UPDATE student SET name = rpad(name, 252, '.') WHERE id % 4000 = 0"); err != nil {
		t.Fatal(err)
	}

	for _, job := range []string{"rename_students", "rename_students_hourly"} {
		if err := s.RunNow(t.Context(), job); err != nil {
			t.Fatal(err)
		}
	}

	history, err := s.History(t.Context(), "", 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, run := range history {
		if got, want := string(run.Position), `{"kept": 3, "after": 12000, "renamed": 11997, "through": 12000}`; got != want {
			t.Errorf("%s counts %s, want %s", run.Job, got, want)
		}
	}
	if n := number(t, db, "SELECT count(*) FROM student WHERE name LIKE 'student %_new_new' AND version = 3"); n != 11_997 {
		t.Errorf("%d are renamed twice, want 11997", n)
	}
}

func TestKilledRenameIsFinishedElsewhereWithoutRenamingTwice(t *testing.T) {
	t.Parallel()

	url, db, s := newDatabase(t)
	addStudents(t, db, 60_000)

	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), childURL+"="+url)
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	await(t, db, "SELECT count(*) FROM schedule_run WHERE (position->>'after')::int >= 10000")
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()
	addStudents(t, db, 10)
	if n := number(t, db, "SELECT count(*) FROM schedule_run WHERE outcome = 'running'"); n != 1 {
		t.Fatal("the child came to its end before it was killed")
	}

	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- s.Run(ctx) }()
	await(t, db, "SELECT count(*) FROM schedule_run WHERE outcome = 'done' AND takeovers > 0 AND manual")
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}

	if n := number(t, db, "SELECT count(*) FROM student WHERE name = 'student ' || id || '_new' AND version = 2"); n != 60_000 {
		t.Errorf("%d students are renamed once, want 60000", n)
	}
	if n := number(t, db, "SELECT count(*) FROM student WHERE version = 1"); n != 10 {
		t.Errorf("%d students are left as they were, want the 10 that came later", n)
	}
}
