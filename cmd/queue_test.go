package cmd_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"os/exec"
	"strings"
	"testing"
	"time"

	"example.com/app/lib/broker"
	"example.com/app/lib/broker/desk"
	"example.com/app/lib/broker/rabbit"
	"example.com/app/lib/pg/pgtest"
	"example.com/app/lib/testenv"
)

// atBroker is a driver beside the program, with the family of its queue declared.
func atBroker(t *testing.T, url string) (broker.Driver, broker.Family) {
	t.Helper()
	b, err := rabbit.Open(rabbit.Options{Name: "example", URL: url, ConnectionName: "test", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close(context.WithoutCancel(t.Context())) })

	f := broker.Family{Exchange: "example", Name: "example.main", Tiers: []time.Duration{5 * time.Second, time.Minute}}
	if err := b.Declare(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	return b, f
}

func put(t *testing.T, b broker.Driver, queue string, e broker.Envelope) {
	t.Helper()
	if err := b.Publish(t.Context(), "", queue, e); err != nil {
		t.Fatal(err)
	}
}

func TestQueueListTellsDepthsAndWhatIsMissing(t *testing.T) {
	t.Parallel()
	s := settings{"AMQP_URL": testenv.Broker(t)}
	b, f := atBroker(t, s["AMQP_URL"])
	put(t, b, f.Dead(), broker.Envelope{ID: "1"})

	said, status := run(t, t.TempDir(), s, "queue", "list")
	for _, want := range []string{
		"NAME MESSAGES CONSUMERS", "example.main 0 0", "example.main.suspect 0 0", "example.main.retry.5000 0 0",
		"example.main.retry.600000 missing -", "example.main.dead 1 0", "example.unrouted 0 0",
	} {
		if status != 0 || !hasRow(said, strings.Fields(want)) {
			t.Errorf("exit status %d, no row %q in\n%s", status, want, said)
		}
	}

	said, _ = run(t, t.TempDir(), s, "queue", "list", "--output", "json")
	var rows []desk.Row
	if err := json.Unmarshal([]byte(said), &rows); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	for _, r := range rows {
		missing := r.Messages == nil && r.Consumers == nil
		if r.Missing != missing || r.Name == f.Dead() && *r.Messages != 1 {
			t.Errorf("got %+v", r)
		}
	}
}

func TestQueueSendPrintsTheIDOfWhatTheBrokerHas(t *testing.T) {
	t.Parallel()
	s := settings{"AMQP_URL": testenv.Broker(t)}
	b, f := atBroker(t, s["AMQP_URL"])
	p, err := b.Pull(t.Context(), f.Name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Close() }()

	said, status := run(t, t.TempDir(), s, "queue", "send", f.Name, `{"name": "Ada"}`)
	d, ok, err := p.Get(t.Context())
	if status != 0 || err != nil || !ok || d.ID == "" || said != d.ID+"\n" || string(d.Body) != `{"name": "Ada"}` {
		t.Errorf("exit status %d, said %q, got %+v, %v", status, said, d.Envelope, err)
	}

	c := exec.CommandContext(t.Context(), program(t), "queue", "send", f.Name, "-", "--output", "json")
	c.Dir, c.Env, c.Stdin = t.TempDir(), []string{"AMQP_URL=" + s["AMQP_URL"]}, strings.NewReader("from\nstdin")
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	d, _, _ = p.Get(t.Context())
	var sent []struct{ ID string }
	if err := json.Unmarshal(out, &sent); err != nil || sent[0].ID != d.ID || string(d.Body) != "from\nstdin" {
		t.Errorf("%v: said %s, got %+v", err, out, d.Envelope)
	}
}

func TestQueuePeekShowsWhyAMessageDied(t *testing.T) {
	t.Parallel()
	s := settings{"AMQP_URL": testenv.Broker(t)}
	b, f := atBroker(t, s["AMQP_URL"])
	for id, reason := range map[string]string{"1": "malformed", "2": "exhausted", "3": "malformed"} {
		put(t, b, f.Dead(), broker.Envelope{ID: id, Body: []byte("{\x1b[31m\n" + strings.Repeat("x", 500)), Headers: map[string]any{
			broker.HeaderReason: reason, broker.HeaderAttempt: int64(4), broker.HeaderError: "create a student: no",
			broker.HeaderFirstFailedAt: "2026-01-02T03:04:05Z", broker.HeaderOriginExchange: "example", broker.HeaderOriginKey: "example.main",
		}})
	}

	for range 2 { // the queue stays as it was
		said, status := run(t, t.TempDir(), s, "queue", "peek", f.Dead(), "--reason", "exhausted")
		for _, part := range []string{"2 ", "exhausted", " 4 ", "2026-01-02T03:04:05Z", "example example.main", "create a student: no", "{\uFFFD[31m xxx", "…"} {
			if !strings.Contains(said, part) {
				t.Errorf("it does not say %q", part)
			}
		}
		if status != 0 || strings.Contains(said, "malformed") || strings.Contains(said, "\x1b") {
			t.Errorf("exit status %d, said\n%s", status, said)
		}
	}

	for args, want := range map[string]int{"": 3, "--limit 2": 2, "--id 3": 1, "--reason malformed": 2, "--id 3 --reason exhausted": 0} {
		said, _ := run(t, t.TempDir(), s, append(strings.Fields("queue peek "+f.Dead()+" --output json"), strings.Fields(args)...)...)
		var found []struct {
			ID, Body string
			Attempts int
		}
		if err := json.Unmarshal([]byte(said), &found); err != nil || len(found) != want || want > 0 && len(found[0].Body) != 507 {
			t.Errorf("%s: %v: %s", args, err, said)
		}
	}
}

func TestQueueCommandsSayWhatIsWrong(t *testing.T) {
	t.Parallel()
	s := settings{"AMQP_URL": testenv.Broker(t)}
	_, f := atBroker(t, s["AMQP_URL"])
	dead := s.With(settings{"DATABASE_URL": pgtest.URL(t)})
	nowhere := settings{"AMQP_URL": "amqp://guest:s3cret@127.0.0.1:1/"}

	for _, test := range []struct {
		settings settings
		args     string
		status   int
		want     string
	}{
		{s, "send example.mian {}", 1, "find queue example.mian: the server has none of that name: app consume makes those of app queue list; did you mean example.main?"},
		{s, "send exmaple.main {}", 1, "there are: example; did you mean example.main?"},
		{s, "peek example.mian.dead", 1, "; did you mean example.main.dead?"},
		{dead, "requeue example.mian.dead --all", 1, "find queue example.mian: the server has none of that name: app consume makes those of app queue list; did you mean example.main?"},
		{s, "send main {}", 1, "a full name begins with its connection, CONNECTION.QUEUE; there are: example"},
		{s, "send " + f.Name, 2, "app: want QUEUE BODY\nsee: app queue send --help"},
		{s, "send " + f.Dead() + " {}", 1, "send to example.main"},
		{s, "peek example.unrouted", 1, "RabbitMQ's management UI"},
		{s, "peek example.old.dead", 1, "find queue example.old.dead: the server has none of that name"},
		{s, "peek " + f.Name, 1, "only dead queues"},
		{s, "peek " + f.Retry(time.Minute), 1, "counts as a failed delivery"},
		{dead, "requeue " + f.Name + " --all", 1, "only dead queues"},
		{dead, "requeue example.old.dead --all", 1, "find queue example.old: the server has none of that name"},
		{dead, "requeue " + f.Dead() + " --id 7", 1, "find message 7 in example.main.dead: it is not there"},
		{dead, "requeue main.dead --all", 1, "a full name begins with its connection"},
		{s, "drop " + f.Name + " --all --yes", 1, "only dead queues"},
		{s, "drop example.old.dead --all --yes", 1, "find queue example.old.dead: the server has none of that name"},
		{s, "drop " + f.Dead() + " --id 7 --yes", 1, "find message 7 in example.main.dead: it is not there"},
		{s, "drop " + f.Dead() + " --all --yes --archive /dev/null/x", 1, "open the archive"},
		{s, "requeue " + f.Dead(), 2, "say which messages: --id, --reason or --all"},
		{s, "requeue " + f.Dead() + " --all --reason panic", 2, "--all stands without --id and --reason"},
		{s, "requeue " + f.Dead() + " --all --rate 5", 2, "want a whole number per second, as 100/s"},
		{s, "requeue " + f.Dead() + " --reason nonsense", 2, "want one of exhausted, permanent, malformed, panic, crash, id-reused, expired, maxlen, delivery_limit, rejected"},
		{s, "drop " + f.Dead() + " --reason nonsense --yes", 2, "want one of exhausted"},
		{s, "peek " + f.Dead() + " --reason nonsense", 2, "want one of exhausted"},
		{s, "peek " + f.Dead() + " --limit 0", 2, "--limit is 0: want at least 1"},
		{s, "peek " + f.Dead() + " --limit -1", 2, "--limit is -1: want at least 1"},
		{s, "drop " + f.Dead() + " --yes", 2, "say which messages: --id, --reason or --all"},
		{s, "drop " + f.Dead() + " --all", 2, "say --yes"},
		{nowhere, "list", 1, "nothing listens on 127.0.0.1:1; check AMQP_URL"},
	} {
		said, status := run(t, t.TempDir(), test.settings, strings.Fields("queue "+test.args)...)
		if status != test.status || !strings.Contains(said, test.want) || strings.Contains(said, "s3cret") {
			t.Errorf("%s: exit status %d, said %s", test.args, status, said)
		}
		if test.status == 1 && strings.Count(said, "\n") != 1 {
			t.Errorf("%s: said more than a line:\n%s", test.args, said)
		}
	}
}
