package outbox

import (
	"context"
	"log/slog"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"example.com/app/lib/broker"
	"example.com/app/lib/pg"
	"example.com/app/lib/telemetry"
)

// Options say from where to where. A row belongs to the driver whose connection has the name of the row's exchange;
// without one it stays, counts as unsent, and the log tells of it.
type Options struct {
	DB       *pg.DB
	Drivers  map[broker.Connection]broker.Driver
	Families map[broker.Connection][]broker.Family // declared again when the broker has lost an exchange
	Metrics  prometheus.Registerer                 // nil: none
	Tracer   *telemetry.Tracer                     // nil: no spans
	Log      *slog.Logger
}

// Relay publishes the outbox. Any number of them may run: for each exchange one works and the others stand by.
type Relay struct {
	couriers []*courier
	strays   strays
}

// NewRelay touches neither database nor broker. Metrics take one relay only.
func NewRelay(o Options) *Relay {
	m := newMeter(o.Metrics)
	r := &Relay{strays: strays{db: o.DB, exchanges: []string{}, log: o.Log, told: make(map[string]struct{})}}
	for connection, driver := range o.Drivers {
		r.couriers = append(r.couriers, &courier{
			exchange: string(connection),
			db:       o.DB,
			driver:   driver,
			families: o.Families[connection],
			meter:    m,
			tracer:   o.Tracer,
			log:      o.Log.With("connection", connection),
		})
		r.strays.exchanges = append(r.strays.exchanges, string(connection))
	}
	return r
}

// Run works until ctx ends, and outlives every failure of the database and the brokers. Then what is under way has
// 5 seconds to be confirmed; what is not stays in the outbox. It always answers nil.
func (r *Relay) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	wg.Go(func() { r.strays.run(ctx) })
	for _, c := range r.couriers {
		wg.Go(func() { c.run(ctx) })
	}
	wg.Wait()
	return nil
}
