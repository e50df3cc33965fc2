package asyncapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"example.com/app/lib/broker"
	"example.com/app/lib/broker/asyncapi"
)

type order struct {
	Name  string   `json:"name" validate:"required,max=5" doc:"What is ordered."`
	Notes []string `json:"notes,omitempty" validate:"max=2"`
}

type ordered struct {
	At    time.Time `json:"at"`
	Order *order    `json:"order"`
}

func handle(context.Context, *order) error                      { return nil }
func handleMany(context.Context, []broker.Message[order]) error { return nil }

func options() asyncapi.Options {
	const shop, billing = broker.Connection("shop"), broker.Connection("billing")
	return asyncapi.Options{
		Title: "Orders", Version: "1.2.3", Tiers: []time.Duration{5 * time.Second, time.Minute},
		Queues: []broker.Queue{
			broker.Batch(shop, "orders", handleMany),
			broker.One(shop, "audit", handle, broker.Bind("order.*", "note.#"), broker.Retry()),
			broker.One(billing, "bills", handle),
		},
		Events: []broker.Event{
			{Connection: shop, Name: "order.placed", Summary: "Somebody ordered.", Payload: ordered{}},
			{Connection: billing, Name: "order.placed", Summary: "It was billed.", Payload: ordered{}},
		},
	}
}

type described struct {
	Channels map[string]struct {
		Address, Description string
		Messages             map[string]struct {
			Summary string
			Payload json.RawMessage
		}
		Bindings struct {
			AMQP struct {
				Is              string
				Queue, Exchange struct{ Name string }
			}
		}
	}
	Operations map[string]struct {
		Action  string
		Channel struct {
			Ref string `json:"$ref"`
		}
	}
}

func document(t *testing.T) (described, []byte) {
	t.Helper()
	body, err := asyncapi.Document(options())
	if err != nil {
		t.Fatal(err)
	}
	var d described
	if err := json.Unmarshal(body, &d); err != nil {
		t.Fatal(err)
	}
	return d, body
}

func value(t *testing.T, body []byte) any {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// compiled is the JSON Schema in body.
func compiled(t *testing.T, body []byte) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("schema.json", value(t, body)); err != nil {
		t.Fatal(err)
	}
	return c.MustCompile("schema.json")
}

func TestDocumentIsAsyncAPI(t *testing.T) {
	t.Parallel()
	meta, err := os.ReadFile("testdata/asyncapi-3.0.0.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	schema := compiled(t, meta)

	_, body := document(t)
	if err := schema.Validate(value(t, body)); err != nil {
		t.Errorf("%v\n%s", err, body)
	}
	empty, err := asyncapi.Document(asyncapi.Options{Title: "Nothing", Version: "1"})
	if err != nil || schema.Validate(value(t, empty)) != nil {
		t.Errorf("%v\n%s", err, empty)
	}
	broken := bytes.Replace(body, []byte(`"is":"queue"`), []byte(`"is":"heap"`), 1)
	if schema.Validate(value(t, broken)) == nil {
		t.Error("the schema does not judge bindings")
	}
}

func TestEveryReferenceLeadsSomewhere(t *testing.T) {
	t.Parallel()
	_, body := document(t)
	var follow func(any)
	follow = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, entry := range v {
				follow(entry)
			}
		case map[string]any:
			if ref, ok := v["$ref"].(string); ok && resolve(value(t, body), ref) == nil {
				t.Errorf("%s leads nowhere", ref)
			}
			for _, member := range v {
				follow(member)
			}
		}
	}
	follow(value(t, body))
}

// resolve answers nil for a reference to nothing.
func resolve(v any, ref string) any {
	for part := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
		object, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = object[part]
	}
	return v
}

func TestEveryQueueIsReceivedFromAndEveryEventSent(t *testing.T) {
	t.Parallel()
	d, body := document(t)
	var got []string
	for id, o := range d.Operations {
		c := d.Channels[strings.TrimPrefix(o.Channel.Ref, "#/channels/")]
		b := c.Bindings.AMQP
		got = append(got, strings.Join([]string{id, o.Action, c.Address, b.Is, b.Queue.Name + b.Exchange.Name}, " "))
	}
	slices.Sort(got)
	want := []string{
		"receive.billing.bills receive billing.bills queue billing.bills",
		"receive.shop.audit receive shop.audit queue shop.audit",
		"receive.shop.orders receive shop.orders queue shop.orders",
		"send.billing.order.placed send order.placed routingKey billing",
		"send.shop.order.placed send order.placed routingKey shop",
	}
	if !slices.Equal(got, want) || len(d.Channels) != len(want) {
		t.Errorf("got  %q\nwant %q\n%s", got, want, body)
	}
}

func TestPayloadsAreDescribedByTheRulesThatAreApplied(t *testing.T) {
	t.Parallel()
	d, _ := document(t)
	in := compiled(t, d.Channels["shop.orders"].Messages["shop.orders"].Payload)
	out := compiled(t, d.Channels["shop.order.placed"].Messages["order.placed"].Payload)
	for _, tt := range []struct {
		schema *jsonschema.Schema
		body   string
		want   bool
	}{
		{in, `{"name": "tea"}`, true},
		{in, `{"name": "tea", "notes": ["a", "b", "c"]}`, false},
		{in, `{"name": "coffee"}`, false},
		{in, `{"name": "tea", "x": 1}`, false},
		{in, `{}`, false},
		{out, `{"at": "2026-01-02T03:04:05Z", "order": {"name": "tea"}}`, true},
		{out, `{"at": "2026-01-02T03:04:05Z", "order": null}`, true},
		{out, `{"at": "noon", "order": null}`, false},
		{out, `{"order": null}`, false},
	} {
		if err := tt.schema.Validate(value(t, []byte(tt.body))); (err == nil) != tt.want {
			t.Errorf("%s: %v", tt.body, err)
		}
	}
}

func TestQueueSaysWhereItsMessagesComeFromAndWhereTheyEnd(t *testing.T) {
	t.Parallel()
	d, _ := document(t)
	for queue, want := range map[string]string{
		"shop.audit": "Takes what is published to the exchange shop under order.*, note.#. " +
			"A message that fails goes to shop.audit.dead.",
		"shop.orders": "A message that fails is tried again after waits of 5s, 1m0s; then, or as soon as no repetition can help, it goes to shop.orders.dead.",
	} {
		if got := d.Channels[queue].Description; got != want {
			t.Errorf("%s: %s", queue, got)
		}
	}
}

func TestWhatIsThereTwiceIsRefused(t *testing.T) {
	t.Parallel()
	queues, events := options(), options()
	queues.Queues = append(queues.Queues, queues.Queues[0])
	events.Events = append(events.Events, events.Events[0])
	for _, o := range []asyncapi.Options{queues, events} {
		if _, err := asyncapi.Document(o); err == nil || !strings.Contains(err.Error(), "already") {
			t.Errorf("%v", err)
		}
	}
}
