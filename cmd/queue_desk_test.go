package cmd_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/app/lib/broker/desk"
	"example.com/app/lib/testenv"
)

func TestDeskOfDevWorksOnMessagesInMemory(t *testing.T) {
	t.Parallel()
	dir, s := devDir(t), freePorts(t).With(settings{"OPS_TOKEN": "a token of this test", "SCHEDULE_RENAME_STUDENTS": "off"})
	dev := start(t, dir, s, "dev")
	dev.Says("Ctrl-C")
	elsewhere := t.TempDir()
	expect := func(want string, args ...string) string {
		t.Helper()
		said, status := run(t, elsewhere, s, append([]string{"queue"}, args...)...)
		if status != 0 || !strings.Contains(said, want) {
			t.Errorf("app queue %s ended with %d and said %s, want %s", strings.Join(args, " "), status, said, want)
		}
		return said
	}

	for range 3 {
		expect("", "send", "example.main", `{"nmae": "x"}`)
	}
	testenv.Eventually(t, "all three are dead", func() bool {
		return hasRow(expect("example.unrouted", "list"), []string{"example.main.dead", "3", "0"})
	})
	said := expect("malformed", "peek", "example.main.dead", "--limit", "1", "--output", "json")
	var letters []desk.Letter
	if err := json.Unmarshal([]byte(said), &letters); err != nil || len(letters) != 1 {
		t.Fatalf("%v: %s", err, said)
	}

	expect("requeued 1 of 3 messages", "requeue", "example.main.dead", "--id", letters[0].ID)
	testenv.Eventually(t, "it died again", func() bool {
		_ = json.Unmarshal([]byte(expect("", "peek", "example.main.dead", "--id", letters[0].ID, "--output", "json")), &letters)
		return len(letters) == 1 && letters[0].Replays == 1
	})
	archive, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	archive = filepath.Join(archive, ".dev", "dropped.jsonl")
	expect("dropped 3 of 3 messages into "+archive, "drop", "example.main.dead", "--all", "--yes")
	if text, err := os.ReadFile(archive); err != nil || strings.Count(string(text), "\n") != 3 {
		t.Errorf("%v, the archive holds %s", err, text)
	}

	for _, c := range []struct {
		s          settings
		args, want string
	}{
		{s, "drop example.main.dead --all --yes --archive mine.jsonl", "leave --archive away"},
		{s, "peek example.main", "only dead queues"},
		{s.With(settings{"OPS_TOKEN": ""}), "list", "401 Unauthorized: set OPS_TOKEN as there, or AMQP_URL for RabbitMQ"},
		{s.With(settings{"AMQP_URL": "amqp://guest:guest@127.0.0.1:1/"}), "list", "nothing listens on 127.0.0.1:1"},
	} {
		said, status := run(t, elsewhere, c.s, strings.Fields("queue "+c.args)...)
		if status != 1 || !strings.Contains(said, c.want) || strings.Count(said, "\n") != 1 {
			t.Errorf("app queue %s ended with %d and said %s, want %s", c.args, status, said, c.want)
		}
	}

	other := freePorts(t)
	said, _ = run(t, elsewhere, other, "queue", "list")
	if want := "no app dev answers at " + other.URL("OPS_PORT", "") + " (OPS_PORT)"; !strings.Contains(said, want) {
		t.Errorf("beside another OPS_PORT app queue said %s, want %s", said, want)
	}
	dev.Stop()
}
