package rabbit_test

import (
	"slices"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"example.com/app/lib/broker"
	"example.com/app/lib/testenv"
)

func TestScrapeDoesNotWaitForABrokerThatVanished(t *testing.T) {
	t.Parallel()
	p := newProxy(t, testenv.Broker(t))
	b := open(t, p.url)
	check(t, b.Declare(t.Context(), family))
	registry := prometheus.NewRegistry()
	registry.MustRegister(broker.NewCollector(
		map[broker.Connection]broker.Driver{"example": b}, map[broker.Connection][]broker.Family{"example": {family}}))
	brokerAlone := []string{"app_broker_blocked", "app_broker_connected", "app_broker_reconnects_total"}

	if got := gathered(t, registry); !slices.Equal(got, append(brokerAlone, "app_queue_consumers", "app_queue_messages")) {
		t.Errorf("got %v", got)
	}
	p.vanish()
	if got := gathered(t, registry); !slices.Equal(got, brokerAlone) {
		t.Errorf("got %v", got)
	}
	if s := b.State(); !s.Connected {
		t.Errorf("it waited until the loss was noticed: %v", s.Problem)
	}
}

func gathered(t *testing.T, g prometheus.Gatherer) (names []string) {
	t.Helper()
	families, err := g.Gather()
	check(t, err)
	for _, f := range families {
		names = append(names, f.GetName())
	}
	return names
}
