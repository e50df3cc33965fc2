package desk_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/app/lib/broker"
	"example.com/app/lib/broker/desk"
)

type archived struct {
	DroppedAt     time.Time `json:"dropped_at"`
	Queue         string
	ID            string
	CorrelationID string `json:"correlation_id"`
	Type          string
	ContentType   string `json:"content_type"`
	Timestamp     time.Time
	Exchange, Key string
	Headers       map[string]any
	Body          any
}

func readArchive(t testing.TB, path string) (all []archived) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()

	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var one archived
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			t.Fatalf("%v in %s", err, lines.Text())
		}
		all = append(all, one)
	}
	return all
}

func TestDropArchivesEveryMessageThatLeaves(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, driver broker.Driver) {
		const n = 2000
		o := newOffice(t, driver)
		o.bury(letters(n)...)

		tally, err := o.Drop(t.Context(), family.Dead(), desk.Filter{Reason: "malformed"}, ignore)
		if want := (desk.Tally{Total: n, Seen: n, Matched: n / 4, Done: n / 4}); err != nil || tally != want {
			t.Errorf("got %+v, %v, want %+v", tally, err, want)
		}
		o.holds(family.Dead(), n-n/4)
		if tally, err := o.Drop(t.Context(), family.Dead(), all, ignore); err != nil || tally.Done != n-n/4 {
			t.Errorf("got %+v, %v", tally, err)
		}
		o.holds(family.Dead(), 0)
		o.holds(family.Name, 0)

		kept := map[string]archived{}
		for _, a := range readArchive(t, o.archive) {
			kept[a.ID] = a
		}
		for i := range n {
			was, a := letter(i), kept[strconv.Itoa(i)]
			if a.Queue != family.Dead() || a.Body != string(was.Body) || a.CorrelationID != was.CorrelationID || a.Type != was.Type ||
				a.ContentType != was.ContentType || a.Timestamp.IsZero() || a.Key != family.Dead() || a.DroppedAt.IsZero() ||
				len(a.Headers) != len(was.Headers) || a.Headers["colour"] != "green" || a.Headers[broker.HeaderReason] != was.Headers[broker.HeaderReason] {
				t.Fatalf("of message %d the archive has %+v", i, a)
			}
		}
	})
}

// witness is a driver whose messages must be in the archive when they are acked.
type witness struct {
	broker.Driver
	t       *testing.T
	archive *string
}

type witnessed struct {
	broker.Puller
	of witness
}

type testimony struct {
	broker.Settler
	of witness
	id string
}

func (w witness) Pull(ctx context.Context, queue string) (broker.Puller, error) {
	p, err := w.Driver.Pull(ctx, queue)
	return witnessed{p, w}, err
}

func (w witnessed) Get(ctx context.Context) (broker.Delivery, bool, error) {
	d, ok, err := w.Puller.Get(ctx)
	return broker.NewDelivery(d.Envelope, d.Exchange, d.Key, d.Returns, testimony{d.Settler(), w.of, d.ID}), ok, err
}

func (m testimony) Ack() error {
	text, err := os.ReadFile(*m.of.archive)
	if err != nil || !strings.Contains(string(text), `"id":"`+m.id+`"`) {
		m.of.t.Errorf("message %s was acked, and the archive holds %s", m.id, text)
	}
	return m.Settler.Ack()
}

func TestNoMessageLeavesBeforeItIsInTheArchive(t *testing.T) {
	t.Parallel()
	var path string
	o := newOffice(t, witness{inMemory(t), t, &path})
	path = o.archive
	o.bury(letters(200)...)
	if tally, err := o.Drop(t.Context(), family.Dead(), all, ignore); err != nil || tally.Done != 200 {
		t.Errorf("got %+v, %v", tally, err)
	}
}

func TestInterruptedDropLosesNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, driver broker.Driver) {
		o := newOffice(t, driver)
		o.bury(letters(500)...)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		tally, err := o.Drop(ctx, family.Dead(), all, func(t desk.Tally) {
			if t.Done > 100 {
				cancel()
			}
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %+v, %v", tally, err)
		}

		o.holds(family.Dead(), 500-tally.Done)
		if kept := readArchive(t, o.archive); len(kept) != tally.Done {
			t.Errorf("%d are in the archive, and %d left the queue", len(kept), tally.Done)
		}
	})
}

func TestArchiveThatCannotBeWrittenCostsNoMessage(t *testing.T) {
	t.Parallel()
	o := newOffice(t, inMemory(t))
	o.bury(letters(10)...)
	if err := os.MkdirAll(o.archive, 0o700); err != nil { // a folder in its place
		t.Fatal(err)
	}

	if _, err := o.Drop(t.Context(), family.Dead(), all, ignore); err == nil || !strings.Contains(err.Error(), "open the archive") {
		t.Errorf("got %v", err)
	}
	o.holds(family.Dead(), 10)
}

func TestArchiveOnlyGrowsAndEndsATornLine(t *testing.T) {
	t.Parallel()
	o := newOffice(t, inMemory(t))
	if err := os.MkdirAll(filepath.Dir(o.archive), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(o.archive, []byte(`{"id":"torn`), 0o600); err != nil {
		t.Fatal(err)
	}
	for n := range 2 {
		o.bury(letter(n))
		if _, err := o.Drop(t.Context(), family.Dead(), all, ignore); err != nil {
			t.Fatal(err)
		}
	}

	text, err := os.ReadFile(o.archive)
	if lines := strings.Split(string(text), "\n"); err != nil || len(lines) != 4 || lines[0] != `{"id":"torn` ||
		!strings.Contains(lines[1], `"id":"0"`) || !strings.Contains(lines[2], `"id":"1"`) || lines[3] != "" {
		t.Errorf("%v, the archive holds\n%s", err, text)
	}
}

func TestArchiveHoldsWhatJSONHasNoWordFor(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, driver broker.Driver) {
		o := newOffice(t, driver)
		o.bury(broker.Envelope{ID: "odd", Body: []byte("\xff\x00"), Headers: map[string]any{
			"bytes": []byte{1, 2}, "text": "\xfe", "late": time.Date(12026, 1, 2, 3, 4, 5, 0, time.UTC),
			"table": map[string]any{"list": []any{int32(1), "\xfd", nil, true}},
		}})
		if _, err := o.Drop(t.Context(), family.Dead(), all, ignore); err != nil {
			t.Fatal(err)
		}

		text, err := os.ReadFile(o.archive)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{
			`"body":{"base64":"/wA="}`, `"bytes":{"base64":"AQI="}`, `"text":{"base64":"/g=="}`,
			`"late":"12026-01-02T03:04:05Z"`, `"table":{"list":[1,{"base64":"/Q=="},null,true]}`, `"timestamp":null`,
		} {
			if !strings.Contains(string(text), part) {
				t.Errorf("it lacks %s:\n%s", part, text)
			}
		}
	})
}

// No message of RabbitMQ holds one.
func TestArchiveHoldsANumberThatIsNone(t *testing.T) {
	t.Parallel()
	o := newOffice(t, inMemory(t))
	o.bury(broker.Envelope{ID: "odd", Headers: map[string]any{"nan": math.NaN(), "endless": float32(math.Inf(1))}})
	if _, err := o.Drop(t.Context(), family.Dead(), all, ignore); err != nil {
		t.Fatal(err)
	}
	if kept := readArchive(t, o.archive); len(kept) != 1 || len(kept[0].Headers) != 2 {
		t.Errorf("the archive holds %+v", kept)
	}
}
