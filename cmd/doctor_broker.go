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

	"example.com/app/amqp"
	"example.com/app/lib/broker"
	"example.com/app/lib/broker/rabbit"
)

// refusal is how long a broker has to answer; a refused password takes RabbitMQ three seconds.
const refusal = 5 * time.Second

func (d doctor) messaging() []examination {
	if d.AMQPURL == inMemory {
		return nil
	}
	urls := d.brokers()
	if d.AMQPURL == "" && len(d.AMQPURLs) == 0 {
		return []examination{{"broker", "AMQP_URL", func(context.Context) []finding {
			return []finding{{"broker", warning, "AMQP_URL is not set: app consume does not start", "set it, unless only app run and app schedule are wanted here"}}
		}}}
	}

	var all []examination
	for _, name := range slices.Sorted(maps.Keys(urls)) {
		all = append(all, examination{"broker " + string(name), urlSetting(name), func(ctx context.Context) []finding {
			return d.broker(ctx, name, urls[name])
		}})
	}
	return all
}

func (d doctor) broker(ctx context.Context, name broker.Connection, url string) []finding {
	check, queues := "broker "+string(name), "queues "+string(name)
	driver, err := rabbit.Open(rabbit.Options{Name: string(name), URL: url, ConnectionName: "app doctor", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return []finding{{check, fault, err.Error(), "check " + urlSetting(name)}}
	}
	defer func() { _ = driver.Close(ctx) }()

	waiting, cancel := context.WithTimeout(ctx, refusal)
	defer cancel()
	if err := driver.Ready(waiting); err != nil {
		return []finding{
			{check, fault, err.Error(), "start RabbitMQ there, or check " + urlSetting(name)},
			{queues, skipped, "the broker cannot be asked", ""},
		}
	}
	found := []finding{{check, fine, driver.State().Server, ""}}
	families := broker.Families(amqp.Queues(nil), d.AMQPRetryDelays)[name]
	if len(families) == 0 {
		return found
	}
	return append(found, topology(ctx, driver, queues, families)...)
}

// topology declares only what is all there, which changes nothing and finds what differs.
func topology(ctx context.Context, driver broker.Driver, check string, families []broker.Family) []finding {
	names := broker.QueueNames(families)
	missing, dead, err := inspect(ctx, driver, names)
	if err == nil && len(missing) == 0 {
		err = driver.Declare(ctx, families...)
	}
	switch {
	case errors.Is(err, broker.ErrMismatch):
		return append(dead, finding{check, fault, err.Error(), "check AMQP_RETRY_DELAYS, and who else declares it"})
	case err != nil:
		return append(dead, finding{check, fault, err.Error(), "look at RabbitMQ's log"})
	case len(missing) > 0:
		return append(dead, finding{check, warning, "missing: " + strings.Join(missing, ", "), "app consume makes them when it starts"})
	}
	return append(dead, finding{check, fine, fmt.Sprintf("%d, as this program declares them", len(names)), ""})
}

// inspect also tells of messages that wait for a person.
func inspect(ctx context.Context, driver broker.Driver, names []string) (missing []string, dead []finding, err error) {
	for _, name := range names {
		depth, err := driver.Inspect(ctx, name)
		if errors.Is(err, broker.ErrNoQueue) {
			missing = append(missing, name)
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		if _, isDead := broker.LivingOf(name); isDead && depth.Ready > 0 {
			dead = append(dead, finding{
				"queue " + name, warning, fmt.Sprintf("messages that could not be handled: %d", depth.Ready),
				"app queue peek " + name + ", then app queue requeue or drop",
			})
		}
	}
	return missing, dead, nil
}
