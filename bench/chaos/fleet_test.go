package chaos_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"

	"example.com/app/lib/testenv"
)

// fleet keeps processes running: whatever ends is started again.
type fleet struct {
	w    *world
	dice *rand.Rand
	all  sync.WaitGroup

	mu      sync.Mutex
	sinking bool
	ships   []*testenv.Program
	ends    map[string]int // how often a process ended, by how
}

const byKill = "kill -9"

// launch keeps one process running for each of builders.
func (w *world) launch(dice *rand.Rand, builders ...func(f *fleet) *testenv.Program) *fleet {
	w.Helper()
	f := &fleet{w: w, dice: rand.New(rand.NewPCG(dice.Uint64(), 0)), ends: map[string]int{}}
	for _, build := range builders {
		f.ships = append(f.ships, build(f))
	}
	for i, build := range builders {
		f.all.Go(func() {
			for f.outlived(i) {
				f.replace(i, build)
			}
		})
	}
	return f
}

// service is the real one.
func (f *fleet) service() *testenv.Program { return f.w.start(nil, "consume").Program }

// crasher is one with a fuse at the point that has ended the fewest so far.
func (f *fleet) crasher() *testenv.Program {
	points := slices.SortedFunc(maps.Keys(statuses), func(a, b string) int { return f.ends[a] - f.ends[b] })
	left := 20 + f.dice.IntN(400)
	if points[0] == moved {
		left = 1 + f.dice.IntN(4)
	}
	return testenv.StartProgram(f.w, os.Args[0], f.w.dir, f.w.settings.With(settings{
		fuseVariable: fmt.Sprint(points[0], " ", left),
		seedVariable: strconv.FormatUint(f.dice.Uint64(), 10),
	}))
}

func (f *fleet) replace(i int, build func(f *fleet) *testenv.Program) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.sinking {
		f.ships[i] = build(f)
	}
}

// outlived waits for the end of a process and tells whether the fleet goes on.
func (f *fleet) outlived(i int) bool {
	f.mu.Lock()
	p := f.ships[i]
	f.mu.Unlock()
	<-p.Done()
	status := p.Wait()

	f.mu.Lock()
	defer f.mu.Unlock()
	if f.sinking {
		return false
	}
	end := endOf(status)
	f.ends[end]++
	if end == "" {
		f.w.Errorf("a process ended with %d and said:\n%s", status, p.Said())
	}
	return end != ""
}

func endOf(status int) string {
	switch status {
	case -1:
		return byKill
	case poisoned:
		return poison
	}
	for point, s := range statuses {
		if s == status {
			return point
		}
	}
	return ""
}

// kill ends one of the processes, which does not learn of it.
func (f *fleet) kill() {
	f.mu.Lock()
	p := f.ships[f.dice.IntN(len(f.ships))]
	f.mu.Unlock()
	p.Kill()
}

// count tells how often processes have ended that way.
func (f *fleet) count(end string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.ends[end]
}

// sink ends all of the fleet by SIGKILL.
func (f *fleet) sink() {
	f.mu.Lock()
	f.sinking = true
	for _, p := range f.ships {
		p.Kill()
	}
	f.mu.Unlock()
	f.all.Wait()
	f.w.tell("ended: %v", f.ends)
}
