package amqp_test

import (
	"fmt"
	"iter"
	"testing"

	"example.com/app/amqp"
	"example.com/app/lib/broker/desk"
	"example.com/app/models"
)

// rows are those of a file with so many lines, the first of them bad.
func rows(n, bad int) iter.Seq2[models.StudentImportRow, error] {
	return func(yield func(models.StudentImportRow, error) bool) {
		for i := range n {
			name := fmt.Sprint("student ", i+1)
			if i < bad {
				name = "bad " + name
			}
			if !yield(models.StudentImportRow{Number: i + 1, Name: name}, nil) {
				return
			}
		}
	}
}

// importing begins an import and asks for its counts again and again until nothing waits.
func (s system) importing(imports models.StudentImports, n, bad int) models.StudentImport {
	s.t.Helper()
	begun, err := imports.Create(s.t.Context(), models.StudentImportDraft{
		Rows: rows(n, bad), Refused: 1, Refusals: []models.StudentImportRefusal{{Number: n + 1, Reason: "because"}},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return s.finished(imports, begun)
}

func (s system) finished(imports models.StudentImports, last models.StudentImport) models.StudentImport {
	s.t.Helper()
	looks := 0
	eventually(s.t, "nothing waits", func() bool {
		now, err := imports.Find(s.t.Context(), last.ID)
		if err != nil {
			s.t.Fatal(err)
		}
		if now.Created+now.Waiting+now.Dead+now.Refused != now.Total || now.Total != last.Total || now.Created < last.Created {
			s.t.Fatalf("%+v follows %+v", now, last)
		}
		if (now.FinishedAt != nil) != (now.Waiting == 0) {
			s.t.Fatalf("finished at %v: %+v", now.FinishedAt, now)
		}
		last = now
		looks++
		return now.Waiting == 0
	})
	s.t.Logf("the counts added up %d times", looks)
	return last
}

func TestCountsOfAnImportAddUpWhileItIsWorked(t *testing.T) {
	t.Parallel()
	const n, bad = 5_000, 50
	s := newSystem(t)
	s.refuseBadStudents()
	imports := models.NewStudentImports(s.db)

	done := s.importing(imports, n, bad)

	if done.Total != n+1 || done.Dead != bad || done.Refused != 1 || done.Created != n-bad {
		t.Errorf("it ended as %+v", done)
	}
	if created := count(t, s.db, "SELECT count(*) FROM student"); created != done.Created {
		t.Errorf("%d students, and %d are counted", created, done.Created)
	}
	if events := count(t, s.db, "SELECT count(*) FROM outbox WHERE type = 'student.created'"); events != done.Created {
		t.Errorf("%d events of %d students", events, done.Created)
	}
}

func TestDeadRowsOfAnImportAreCreatedOnceTheyGoBack(t *testing.T) {
	t.Parallel()
	const n, bad = 300, 3
	s := newSystem(t)
	s.refuseBadStudents()
	imports := models.NewStudentImports(s.db)
	ended := s.importing(imports, n, bad)
	if ended.Dead != bad {
		t.Fatalf("it ended as %+v", ended)
	}

	s.replay(n / 100)
	again := s.finished(imports, ended)
	if again.Dead != bad || again.FinishedAt.Before(*ended.FinishedAt) {
		t.Errorf("once more they died as %+v", again)
	}

	s.execute("DROP TRIGGER refuse ON student")
	s.replay(n / 100)
	healed := s.finished(imports, again)
	if healed.Dead != 0 || healed.Created != n || count(t, s.db, "SELECT count(*) FROM student") != n {
		t.Errorf("the last time they became %+v", healed)
	}
}

// refuseBadStudents makes every student die whose name begins with bad.
func (s system) refuseBadStudents() {
	s.t.Helper()
	s.execute(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
		$$ BEGIN RAISE EXCEPTION 'a bad one' USING ERRCODE = '22023'; END $$`)
	s.execute("CREATE TRIGGER refuse BEFORE INSERT ON student FOR EACH ROW WHEN (NEW.name LIKE 'bad%') EXECUTE FUNCTION refuse()")
}

// replay sends so many dead messages back as soon as they are there.
func (s system) replay(n int) {
	s.t.Helper()
	eventually(s.t, "they are in the dead queue", func() bool {
		depth, err := s.driver.Inspect(s.t.Context(), "example.main.dead")
		return err == nil && depth.Ready == n
	})
	tally, err := s.desk().Requeue(s.t.Context(), "example.main.dead", desk.Replay{Filter: desk.Filter{All: true}}, func(desk.Tally) {})
	if err != nil || tally.Done != n {
		s.t.Fatalf("replayed %+v, %v", tally, err)
	}
}

func BenchmarkImport(b *testing.B) {
	const n = 100_000
	s := newSystem(b)
	imports := models.NewStudentImports(s.db)
	for b.Loop() {
		if done := s.importing(imports, n, 0); done.Created != n {
			b.Fatalf("it ended as %+v", done)
		}
	}
	if created := count(b, s.db, "SELECT count(*) FROM student"); created != n*b.N {
		b.Errorf("%d students of %d rows", created, n*b.N)
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "rows/s")
}

func TestImportsGoToAQueueOfTheTable(t *testing.T) {
	t.Parallel()
	for _, q := range amqp.Queues(nil) {
		if q.Name == models.StudentQueue {
			return
		}
	}
	t.Errorf("there is no queue %s", models.StudentQueue)
}
