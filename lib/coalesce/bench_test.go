package coalesce_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"

	"example.com/app/lib/pg"
	"example.com/app/lib/pg/pgtest"
)

// BenchmarkRead and BenchmarkWrite set what goes through a group beside what goes to the pool, by callers at once.
func BenchmarkRead(b *testing.B) {
	s := newBench(b)
	s.create1("Ada")
	compare(b, map[string]func() error{
		"group": func() error { _, err := s.reads.Do(b.Context(), 1); return err },
		"pool":  func() error { _, err := s.find(b.Context(), 1); return err },
	})
}

func BenchmarkWrite(b *testing.B) {
	s := newBench(b)
	compare(b, map[string]func() error{
		"group": func() error { _, err := s.writes.Do(b.Context(), "Ada"); return err },
		"pool":  func() error { _, err := s.create(b.Context(), "Ada"); return err },
	})
}

func newBench(b *testing.B) *things {
	b.Helper()
	db, err := pg.Open(b.Context(), pg.Options{URL: pgtest.URL(b), Name: "test", Max: 10})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close(context.WithoutCancel(b.Context())) })
	return thingsOf(b, db)
}

func compare(b *testing.B, ways map[string]func() error) {
	b.Helper()
	for _, callers := range []int{1, 8, 32, 128} {
		for _, way := range []string{"pool", "group"} {
			b.Run(fmt.Sprintf("%d/%s", callers, way), func(b *testing.B) {
				each(b, callers, ways[way])
			})
		}
	}
}

// each has so many callers share the work.
func each(b *testing.B, callers int, do func() error) {
	b.Helper()
	if callers == 1 {
		for b.Loop() {
			if err := do(); err != nil {
				b.Fatal(err)
			}
		}
		return
	}
	b.SetParallelism(max(1, callers/runtime.GOMAXPROCS(0)))
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := do(); err != nil {
				b.Error(err)
			}
		}
	})
}
