package chaos_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"
)

// TestCrashedConsumersLoseAndDoubleNothing has three consumers killed at random, and at every point where a message is in two places or in none,
// while messages flow; among them some that cannot be read, and some that come twice.
func TestCrashedConsumersLoseAndDoubleNothing(t *testing.T) {
	t.Parallel()
	w, dice := newWorld(t, shared(t), nil), chance(t)
	total, kills, each := scaled(20_000, 800), scaled(50, 3), scaled(5, 1)
	messages, names := studentsOf("student", total)
	unreadable := map[string]string{}
	for i := range scaled(40, 4) {
		m := message{id: fmt.Sprintf("unreadable-%02d", i), body: []string{`{"name": `, `{}`, `{"name": 7}`, `[]`}[i%4]}
		messages, unreadable[m.id] = append(messages, m), "malformed"
	}
	messages = append(messages, messages[:total/100]...)
	dice.Shuffle(len(messages), func(i, j int) { messages[i], messages[j] = messages[j], messages[i] })

	f := w.launch(dice, (*fleet).service, (*fleet).crasher, (*fleet).crasher)
	for wave := range slices.Chunk(messages, len(messages)/kills) {
		w.publish(wave)
		time.Sleep(time.Duration(dice.IntN(200)) * time.Millisecond) // when the kill comes is up to chance
		f.kill()
	}
	for extra := 0; slices.ContainsFunc(slices.Collect(maps.Keys(statuses)), func(p string) bool { return f.count(p) < each }); extra++ {
		more, their := studentsOf(fmt.Sprint("extra ", extra), 100)
		w.publish(more)
		names = append(names, their...)
		time.Sleep(200 * time.Millisecond)
	}
	f.sink()

	last := w.consume()
	w.drained(len(names))
	last.Stop()
	w.idle()
	w.created(names)
	w.buried(unreadable)
	w.audited()
}

// TestPoisonDiesAndItsNeighboursLive has messages among others that kill every process which handles them.
func TestPoisonDiesAndItsNeighboursLive(t *testing.T) {
	t.Parallel()
	w, dice := newWorld(t, shared(t), nil), chance(t)
	messages, names := studentsOf("student", scaled(2_000, 300))
	deadly := map[string]string{}
	for i := range scaled(10, 1) {
		m := student(poison, i)
		messages, deadly[m.id] = append(messages, m), "crash"
	}
	dice.Shuffle(len(messages), func(i, j int) { messages[i], messages[j] = messages[j], messages[i] })

	f := w.launch(dice, (*fleet).crasher, (*fleet).crasher, (*fleet).crasher)
	w.publish(messages)
	w.until("every poison is dead", func() (string, bool) {
		dead := w.depth(mainQueue + ".dead")
		return fmt.Sprint(dead, f.count(poison)), dead >= len(deadly)
	})
	f.sink()

	last := w.consume()
	w.drained(len(names))
	last.Stop()
	w.idle()
	w.created(names)
	w.buried(deadly)
	w.audited()
}
