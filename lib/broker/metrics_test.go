package broker_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"example.com/app/lib/broker"
)

// figures are the values of a registry by name and labels; of a histogram it is the count.
func figures(t *testing.T, g prometheus.Gatherer) map[string]float64 {
	t.Helper()
	families, err := g.Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]float64)
	for _, f := range families {
		for _, m := range f.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, l.GetValue())
			}
			all[f.GetName()+" "+strings.Join(labels, " ")] = value(m)
		}
	}
	return all
}

func value(m *dto.Metric) float64 {
	switch {
	case m.GetHistogram() != nil:
		return float64(m.GetHistogram().GetSampleCount())
	case m.GetGauge() != nil:
		return m.GetGauge().GetValue()
	}
	return m.GetCounter().GetValue()
}

func wantFigures(t *testing.T, got, want map[string]float64) {
	t.Helper()
	for name, v := range want {
		if n, ok := got[name]; !ok || n != v {
			t.Errorf("%s is %v (there: %t), want %v", name, n, ok, v)
		}
	}
}

func TestMetricsTellWhatBecameOfMessages(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, url string) {
		registry := prometheus.NewRegistry()
		w := consume(t, url, func(_ context.Context, in *body) error {
			switch in.N {
			case 2:
				return broker.Permanent(errors.New("no"))
			case 3:
				return errors.New("later")
			}
			return nil
		}, broker.Retry(time.Minute), func(o *broker.Options) { o.Metrics = registry })

		sent := time.Now()
		time.Sleep(40 * time.Second)
		for id, text := range map[string]string{"a": `{"n":1}`, "b": `{"n":2}`, "c": `{"n":3}`} {
			e := broker.Envelope{ID: id, Timestamp: sent, Body: []byte(text)}
			if err := w.Publish(t.Context(), "", "example.main", e); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Second)
		w.publish("example.main", "a", `{"n":1}`)
		time.Sleep(2 * time.Minute)
		got := figures(t, registry)
		wantFigures(t, got, map[string]float64{
			"app_messages_handled_total done example.main":       1,
			"app_messages_handled_total duplicate example.main":  1,
			"app_messages_handled_total retried example.main":    1,
			"app_messages_handled_total dead example.main":       2,
			"app_messages_handled_total suspect example.main":    0,
			"app_messages_handled_total given_back example.main": 0,
			"app_messages_in_flight example.main":                0,
			"app_message_attempts example.main":                  3,
			"app_message_queue_seconds example.main":             3,
			"app_message_seconds example.main":                   5,
		})
		if age := got["app_queue_oldest_seconds example.main"]; age < 40 || age > 41 {
			t.Errorf("the last one that was taken was %v s old", age)
		}
		if err := w.stop(); err != nil {
			t.Error(err)
		}
	})
}

func TestTwoConsumersCannotHaveOneRegistry(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	o := broker.Options{Metrics: registry}
	_, _ = broker.NewConsumer(o)
	if _, err := broker.NewConsumer(o); err == nil || !strings.Contains(err.Error(), "register the metrics of consumers") {
		t.Errorf("got %v", err)
	}
}

func TestCollectorTellsOfQueuesAndBrokers(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, url string) {
		w := consume(t, url, nothing, broker.Retry(time.Minute))
		w.publish("example.main.dead", "1", `{}`)
		time.Sleep(time.Second)
		w.Interrupt()
		time.Sleep(time.Minute)

		families := broker.Families([]broker.Queue{broker.One(example, "main", nothing, broker.Retry(time.Minute, time.Hour))}, nil)
		drivers := map[broker.Connection]broker.Driver{example: w.Broker}
		registry := prometheus.NewRegistry()
		registry.MustRegister(broker.NewCollector(drivers, families))

		got := figures(t, registry)
		wantFigures(t, got, map[string]float64{
			"app_queue_messages example.main":             0,
			"app_queue_consumers example.main":            1,
			"app_queue_messages example.main.dead":        1,
			"app_queue_messages example.main.suspect":     0,
			"app_queue_messages example.main.retry.60000": 0,
			"app_queue_messages example.unrouted":         0,
			"app_broker_connected example":                1,
			"app_broker_blocked example":                  0,
			"app_broker_reconnects_total example":         1,
		})
		if _, ok := got["app_queue_messages example.main.retry.3600000"]; ok {
			t.Error("a queue that is not there has a depth")
		}
		if err := w.stop(); err != nil {
			t.Error(err)
		}
	})
}

func TestBatchIsAsOldAsItsOldestAndItsMessagesWaitedOnce(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, url string) {
		registry := prometheus.NewRegistry()
		batches := broker.Batch(example, "main", func(_ context.Context, batch []broker.Message[body]) error {
			if len(batch) > 1 {
				return errors.New("not together")
			}
			return nil
		}, broker.Retry())
		sent := time.Now()
		w := consume(t, url, nothing, broker.Retry(), func(o *broker.Options) {
			o.Metrics, o.Queues = registry, []broker.Queue{batches}
		})
		time.Sleep(100 * time.Second)

		for id, at := range map[string]time.Time{"a": time.Now(), "b": sent, "c": time.Now()} {
			e := broker.Envelope{ID: id, Timestamp: at, Body: []byte(`{"n":1}`)}
			if err := w.Publish(t.Context(), "", "example.main", e); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Second)
		got := figures(t, registry)
		wantFigures(t, got, map[string]float64{
			"app_messages_handled_total done example.main": 3,
			"app_message_queue_seconds example.main":       3,
			"app_message_seconds example.main":             6, // together, and each by itself
		})
		if age := got["app_queue_oldest_seconds example.main"]; age < 100 || age > 101 {
			t.Errorf("the batch was %v s old", age)
		}
		if err := w.stop(); err != nil {
			t.Error(err)
		}
	})
}

func TestMessageWhoseAckFailedIsNotDone(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, url string) {
		registry := prometheus.NewRegistry()
		began, finish := make(chan struct{}), make(chan struct{})
		first := true
		w := consume(t, url, func(context.Context, *body) error {
			if first {
				first = false
				close(began)
				<-finish
			}
			return nil
		}, broker.Retry(), func(o *broker.Options) { o.Metrics = registry })
		w.publish("example.main", "1", `{"n":1}`)

		<-began
		w.Interrupt()
		close(finish)
		time.Sleep(2 * time.Minute)
		got := figures(t, registry)
		if n := got["app_messages_handled_total given_back example.main"]; n != 1 {
			t.Errorf("%v came again", n)
		}
		if n := got["app_messages_handled_total done example.main"] + got["app_messages_handled_total duplicate example.main"]; n != 1 {
			t.Errorf("%v were done", n)
		}
		if err := w.stop(); err != nil {
			t.Error(err)
		}
	})
}
