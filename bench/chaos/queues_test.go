package chaos_test

import (
	"fmt"
	"maps"
	"slices"

	"example.com/app/lib/broker"
)

// depth counts what waits in the queue and is not out.
func (w *world) depth(queue string) int {
	w.Helper()
	d, err := w.driver.Inspect(w.Context(), queue)
	w.must(err)
	return d.Ready
}

// depths are those of all queues where nothing may stay: all but the dead.
func (w *world) depths() map[string]int {
	w.Helper()
	depths := map[string]int{}
	for _, f := range w.families {
		for _, q := range f.Queues() {
			if q.Name != f.Dead() {
				depths[q.Name] = w.depth(q.Name)
			}
		}
	}
	maps.DeleteFunc(depths, func(_ string, n int) bool { return n == 0 })
	return depths
}

// retrying counts what waits for another attempt.
func (w *world) retrying() (n int) {
	w.Helper()
	for _, f := range w.families {
		for _, tier := range f.Tiers {
			n += w.depth(f.Retry(tier))
		}
	}
	return n
}

// idle is empty once no queue holds anything but dead letters, and the outbox nothing unsent.
func (w *world) idle() {
	w.Helper()
	if left := w.depths(); len(left) > 0 {
		w.Errorf("queues that should be empty hold %v", left)
	}
	if n := one[int](w, "SELECT count(*) FROM outbox WHERE sent_at IS NULL"); n > 0 {
		w.Errorf("%d rows of the outbox are not sent", n)
	}
}

// dead are the letters of the queue's dead, by id; the queue stays as it was.
func (w *world) dead(queue string) map[string][]broker.Envelope {
	w.Helper()
	p, err := w.driver.Pull(w.Context(), queue+".dead")
	w.must(err)
	defer func() { _ = p.Close() }()

	letters := map[string][]broker.Envelope{}
	for {
		d, ok, err := p.Get(w.Context())
		w.must(err)
		if !ok {
			return letters
		}
		letters[d.ID] = append(letters[d.ID], d.Envelope)
	}
}

// buried holds the main queue's dead to want, which has each id's reason, and the other queues' to none. A letter may
// lie there twice: whoever is killed between its confirmation and the ack cannot know.
func (w *world) buried(want map[string]string) {
	w.Helper()
	got := w.dead(mainQueue)
	twice := 0
	for _, id := range slices.Sorted(maps.Keys(got)) {
		letters := got[id]
		switch reason := letters[0].Headers[broker.HeaderReason]; {
		case want[id] == "":
			w.Errorf("%s is dead (%v) and should not be: %v", id, reason, letters[0].Headers)
		case reason != want[id]:
			w.Errorf("%s died of %v, want %s", id, reason, want[id])
		}
		twice += len(letters) - 1
	}
	for _, id := range slices.Sorted(maps.Keys(want)) {
		if len(got[id]) == 0 {
			w.Errorf("%s should be dead (%s) and is not", id, want[id])
		}
	}
	if len(want) > 0 {
		w.tell("%d dead as they should be, %d of them twice", len(want), twice)
	}
	if n := w.depth(auditQueue + ".dead"); n > 0 {
		w.Errorf("%d events are dead: %v", n, slices.Sorted(maps.Keys(w.dead(auditQueue))))
	}
}

// drained waits until nothing is left to do and as many students are there; the processes must still run.
func (w *world) drained(students int) {
	w.Helper()
	w.until(fmt.Sprintf("all is done, with %d students", students), func() (string, bool) {
		there := one[int](w, "SELECT count(*) FROM student")
		unsent := one[int](w, "SELECT count(*) FROM outbox WHERE sent_at IS NULL")
		heard := one[int](w, "SELECT count(*) FROM student_event")
		announced := one[int](w, "SELECT count(*) FROM outbox WHERE routing_key LIKE 'student.%'")
		depths, out := w.depths(), w.out()
		state := fmt.Sprintf("%d students, %d of %d events heard, %d unsent, %v, %d dead, %d out",
			there, heard, announced, unsent, depths, w.depth(mainQueue+".dead"), out)
		return state, there >= students && unsent == 0 && heard >= announced && len(depths) == 0 && out == 0
	})
}
