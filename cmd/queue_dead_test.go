package cmd_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.com/app/lib/broker"
	"example.com/app/lib/broker/desk"
	"example.com/app/lib/pg/pgtest"
	"example.com/app/lib/testenv"
)

// bury puts n letters into the dead queue, every second one malformed, the others exhausted.
func bury(t *testing.T, b broker.Driver, queue string, n int) {
	t.Helper()
	var wg sync.WaitGroup
	for side := range 32 {
		wg.Go(func() {
			for i := side; i < n; i += 32 {
				err := b.Publish(t.Context(), "", queue, broker.Envelope{
					ID: strconv.Itoa(i), Timestamp: time.Now(), Body: []byte(`{"name": "` + strconv.Itoa(i) + `"}`),
					Headers: map[string]any{broker.HeaderReason: []string{"exhausted", "malformed"}[i%2], broker.HeaderAttempt: int64(4)},
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// empty takes all that is in the queue.
func empty(t *testing.T, b broker.Driver, queue string) (ids []string) {
	t.Helper()
	p, err := b.Pull(t.Context(), queue)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	for {
		d, ok, err := p.Get(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return ids
		}
		ids = append(ids, d.ID)
	}
}

func depth(t *testing.T, b broker.Driver, queue string) int {
	t.Helper()
	d, err := b.Inspect(t.Context(), queue)
	if err != nil {
		t.Fatal(err)
	}
	return d.Ready
}

// distinct counts those that differ.
func distinct(ids []string) int {
	slices.Sort(ids)
	return len(slices.Compact(slices.Clone(ids)))
}

func TestDeadMessagesGoBackOrIntoTheArchive(t *testing.T) {
	t.Parallel()
	const n = 2000
	dir, s := t.TempDir(), settings{"AMQP_URL": testenv.Broker(t), "DATABASE_URL": pgtest.URL(t)}
	b, f := atBroker(t, s["AMQP_URL"])
	bury(t, b, f.Dead(), n)

	for _, c := range []struct{ args, want string }{
		{"requeue example.main.dead --all --dry-run", "2000 of 2000 messages would be requeued\n"},
		{"requeue example.main.dead --id 8", "requeued 1 of 2000 messages\n"},
		{"requeue example.main.dead --reason exhausted", "requeued 999 of 1999 messages\n"},
		{"drop example.main.dead --id 1 --yes", "dropped 1 of 1000 messages into dropped.jsonl\n"},
		{"drop example.main.dead --reason malformed --yes --archive more/kept.jsonl", "dropped 999 of 999 messages into more/kept.jsonl\n"},
		{"requeue example.main.dead --all", "requeued 0 of 0 messages\n"},
	} {
		if said, status := run(t, dir, s, strings.Fields("queue "+c.args)...); status != 0 || said != c.want {
			t.Errorf("app queue %s ended with %d and said %s, want %s", c.args, status, said, c.want)
		}
	}

	if live := empty(t, b, f.Name); len(live) != n/2 || distinct(live) != n/2 {
		t.Errorf("%d messages came back, %d different ones, want %d", len(live), distinct(live), n/2)
	}
	for name, want := range map[string]int{"dropped.jsonl": 1, "more/kept.jsonl": n/2 - 1} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || strings.Count(string(text), "\n") != want {
			t.Errorf("%s has %d lines, want %d: %v", name, strings.Count(string(text), "\n"), want, err)
		}
	}
}

func TestOldDeadMessagesNeedForce(t *testing.T) {
	t.Parallel()
	s := settings{"AMQP_URL": testenv.Broker(t), "DATABASE_URL": pgtest.URL(t)}
	b, f := atBroker(t, s["AMQP_URL"])
	put(t, b, f.Dead(), broker.Envelope{ID: "1", Timestamp: time.Now().Add(-31 * 24 * time.Hour)})
	put(t, b, f.Dead(), broker.Envelope{ID: "2", Timestamp: time.Now()})

	said, status := run(t, t.TempDir(), s, "queue", "requeue", f.Dead(), "--all", "--output", "json")
	var tallies []desk.Tally
	array, rest, _ := strings.Cut(said, "\n]\n")
	if err := json.Unmarshal([]byte(array+"]"), &tallies); err != nil || status != 1 || len(tallies) != 1 ||
		tallies[0] != (desk.Tally{Total: 2, Seen: 2, Matched: 2, Old: 1, Done: 1}) ||
		!strings.HasPrefix(rest, "app: left 1 messages that are older than 30 days") || strings.Count(rest, "\n") != 1 {
		t.Errorf("%v, exit status %d, said %s", err, status, said)
	}
	if said, status := run(t, t.TempDir(), s, "queue", "requeue", f.Dead(), "--all", "--force"); status != 0 || said != "requeued 1 of 1 messages\n" {
		t.Errorf("exit status %d, said %s", status, said)
	}
}

// Whoever requeues may be killed at any moment, or stopped: then every message is in one of the two queues, and at most
// the handful under way in both.
func TestRequeueThatIsEndedLosesNothing(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]syscall.Signal{"killed": syscall.SIGKILL, "stopped": syscall.SIGTERM} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const n = 1000
			s := settings{"AMQP_URL": testenv.Broker(t), "DATABASE_URL": pgtest.URL(t)}
			b, f := atBroker(t, s["AMQP_URL"])
			bury(t, b, f.Dead(), n)

			p := start(t, t.TempDir(), s, "queue", "requeue", f.Dead(), "--all", "--rate", "300/s")
			testenv.Eventually(t, "some went back", func() bool { return depth(t, b, f.Name) > 200 })
			p.Signal(end)
			if status := p.Wait(); status == 0 || end == syscall.SIGTERM && !strings.Contains(p.Said(), "messages\napp: requeue example.main.dead: ") {
				t.Errorf("it ended with %d and said %s", status, p.Said())
			}

			testenv.Eventually(t, "what it held is back", func() bool { return depth(t, b, f.Name)+depth(t, b, f.Dead()) >= n })
			both := append(empty(t, b, f.Name), empty(t, b, f.Dead())...)
			if distinct(both) != n || len(both) > n+32 || end == syscall.SIGTERM && len(both) != n {
				t.Errorf("there are %d messages, %d different ones, want %d", len(both), distinct(both), n)
			}

			if said, status := run(t, t.TempDir(), s, "queue", "requeue", f.Dead(), "--all"); status != 0 {
				t.Errorf("again it ended with %d and said %s", status, said)
			}
			if live := empty(t, b, f.Name); distinct(live) != n || len(live) != len(both) {
				t.Errorf("at last %d messages are back, %d different ones, want %d", len(live), distinct(live), n)
			}
		})
	}
}

func TestDropThatIsKilledLosesNothing(t *testing.T) {
	t.Parallel()
	const n = 3_000
	dir, s := t.TempDir(), settings{"AMQP_URL": testenv.Broker(t)}
	b, f := atBroker(t, s["AMQP_URL"])
	bury(t, b, f.Dead(), n)

	p := start(t, dir, s, "queue", "drop", f.Dead(), "--all", "--yes")
	archive := filepath.Join(dir, "dropped.jsonl")
	testenv.Eventually(t, "some are in the archive", func() bool {
		text, err := os.ReadFile(archive)
		return err == nil && strings.Count(string(text), "\n") > 300
	})
	p.Kill()

	text, err := os.ReadFile(archive)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for line := range strings.Lines(string(text)) {
		var kept struct{ ID string }
		if err := json.Unmarshal([]byte(line), &kept); err == nil {
			all = append(all, kept.ID)
		}
	}
	archived := len(all)
	testenv.Eventually(t, "what it held is back", func() bool { return archived+depth(t, b, f.Dead()) >= n })
	all = append(all, empty(t, b, f.Dead())...)
	if distinct(all) != n || len(all) > n+32 {
		t.Errorf("%d are archived, and with those that are dead still there are %d, %d different ones, want %d", archived, len(all), distinct(all), n)
	}
}
