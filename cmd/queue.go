package cmd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"example.com/app/amqp"
	"example.com/app/lib/broker"
)

// reachTimeout is how long a person waits to hear that a broker cannot be reached. A refused password takes
// RabbitMQ three seconds.
const reachTimeout = 10 * time.Second

func queueCommand(f *flags) *cobra.Command {
	return group("queue", "Show the queues, look at dead messages, send a message by hand",
		queueListCommand(f), queuePeekCommand(f), queueSendCommand(f))
}

func queueListCommand(f *flags) *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "Show what waits in every queue of the table, and how many consumers each has",
		Example: "  app queue list\n  app queue list --output json",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return f.withBrokers(c, func(d *Deps) error {
				rows, err := d.queues(c.Context())
				if err != nil {
					return err
				}
				return show(c, []string{"NAME", "READY", "CONSUMERS"}, rows, queueInfo.cells)
			})
		},
	}
}

// queueInfo is one line of the list; a queue that is missing has no counts.
type queueInfo struct {
	Name      string `json:"name"`
	Missing   bool   `json:"missing"`
	Ready     *int   `json:"ready"`
	Consumers *int   `json:"consumers"`
}

func (q queueInfo) cells() []any {
	if q.Missing {
		return []any{q.Name, "missing", "-"}
	}
	return []any{q.Name, *q.Ready, *q.Consumers}
}

// queues inspects the table's queues, connection by connection.
func (d *Deps) queues(ctx context.Context) (rows []queueInfo, err error) {
	families := broker.Families(amqp.Queues(nil), d.Settings.AMQPRetryDelays)
	for _, connection := range slices.Sorted(maps.Keys(families)) {
		driver, err := d.reach(ctx, connection)
		if err != nil {
			return nil, err
		}
		for _, name := range queueNames(connection, families[connection]) {
			row, err := inspect(ctx, driver, name)
			if err != nil {
				return nil, err
			}
			rows = append(rows, row)
		}
	}
	return rows, nil
}

// queueNames lists each family as a message may pass through it, and last where the unroutable ones end.
func queueNames(c broker.Connection, families []broker.Family) (names []string) {
	for _, f := range families {
		names = append(names, f.Name)
		for _, tier := range f.Tiers {
			names = append(names, f.Retry(tier))
		}
		names = append(names, f.Dead())
	}
	return append(names, string(c)+".unrouted")
}

func inspect(ctx context.Context, driver broker.Driver, name string) (queueInfo, error) {
	depth, err := driver.Inspect(ctx, name)
	if errors.Is(err, broker.ErrNoQueue) {
		return queueInfo{Name: name, Missing: true}, nil
	}
	return queueInfo{Name: name, Ready: &depth.Ready, Consumers: &depth.Consumers}, err
}

// withBrokers is for commands that need the broker for a moment, and speak only of what they were asked for.
func (f *flags) withBrokers(c *cobra.Command, do func(d *Deps) error) error {
	s, _, err := f.load(c)
	if err != nil {
		return err
	}

	d := newDeps(s, slog.New(slog.DiscardHandler))
	defer d.Close(context.WithoutCancel(c.Context()))
	if err := d.openBrokers(mode{name: "queue", needsBroker: true}); err != nil {
		return err
	}
	return do(d)
}

// reach answers the connection's driver once it is connected.
func (d *Deps) reach(ctx context.Context, c broker.Connection) (broker.Driver, error) {
	driver, ok := d.Brokers[c]
	if !ok {
		return nil, fmt.Errorf("reach connection %s: it has no URL; set %s", c, urlSetting(c))
	}

	ctx, cancel := context.WithTimeout(ctx, reachTimeout)
	defer cancel()
	if err := driver.Ready(ctx); err != nil {
		return nil, fmt.Errorf("%w; check %s", err, urlSetting(c))
	}
	return driver, nil
}

// reachQueue finds the connection by the queue's full name, which begins with the connection's.
func (d *Deps) reachQueue(ctx context.Context, queue string) (broker.Driver, error) {
	var owner broker.Connection
	known := make([]string, 0, len(d.Brokers))
	for c := range d.Brokers {
		known = append(known, string(c))
		if strings.HasPrefix(queue, string(c)+".") && len(c) > len(owner) {
			owner = c
		}
	}
	if owner == "" {
		slices.Sort(known)
		return nil, fmt.Errorf("find queue %s: a full name begins with its connection, CONNECTION.QUEUE; there are: %s",
			queue, strings.Join(known, ", "))
	}
	return d.reach(ctx, owner)
}
