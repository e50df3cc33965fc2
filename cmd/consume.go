package cmd

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"example.com/app/amqp"
	"example.com/app/lib/broker"
	"example.com/app/lib/broker/outbox"
	"example.com/app/lib/ops"
	"example.com/app/lib/spelling"
)

func consumeCommand(f *flags) *cobra.Command {
	return &cobra.Command{
		Use:     "consume [QUEUE…]",
		Short:   "Work the queues, all of them or those that are named, and publish what the outbox holds",
		Example: "  app consume\n  app consume example.main",
		Args: func(_ *cobra.Command, names []string) error {
			_, err := named(amqp.Queues(nil), names)
			return err
		},
		RunE: func(c *cobra.Command, names []string) error {
			return f.start(c, mode{
				name:        "consume",
				needsBroker: true,
				portSetting: "AMQ_PORT",
				port:        func(s Settings) int { return s.AMQPort },
				parts: func(ctx context.Context, d *Deps, _ *ops.Probes) ([]part, error) {
					return consumerParts(ctx, d, names)
				},
			})
		},
	}
}

// consumerParts declares the queues at once, so that one that exists with other arguments is an error of the start.
func consumerParts(ctx context.Context, d *Deps, names []string) ([]part, error) {
	queues, err := named(amqp.Queues(d.DB), names)
	if err != nil {
		return nil, err
	}

	s := d.Settings
	consumer, err := broker.NewConsumer(broker.Options{
		Drivers:        d.Brokers,
		DB:             d.DB,
		Queues:         queues,
		Tiers:          s.AMQPRetryDelays,
		Workers:        s.Workers,
		Prefetch:       s.AMQPPrefetch,
		HandlerTimeout: s.AMQPHandlerTimeout,
		Grace:          s.ShutdownTimeout,
		Permanent:      amqp.Permanent(),
		Metrics:        d.Metrics,
		Tracer:         d.Tracer,
		Log:            d.Log,
	})
	if err != nil {
		return nil, err
	}
	if err := consumer.Declare(ctx); err != nil {
		return nil, err
	}

	relay := outbox.NewRelay(outbox.Options{
		DB: d.DB, Drivers: d.Brokers, Families: d.families(), Metrics: d.Metrics, Tracer: d.Tracer, Log: d.Log,
	})
	return []part{{run: consumer.Run, stuck: consumer.Stuck}, {run: relay.Run}}, nil
}

// named picks queues by their full names; none means all.
func named(queues []broker.Queue, names []string) ([]broker.Queue, error) {
	if len(names) == 0 {
		return queues, nil
	}

	var known []string
	for _, q := range queues {
		known = append(known, q.Name)
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			return nil, fmt.Errorf("there is no queue %s; there are: %s%s", name, strings.Join(known, ", "), spelling.Question(name, known))
		}
	}
	return slices.DeleteFunc(queues, func(q broker.Queue) bool { return !slices.Contains(names, q.Name) }), nil
}
