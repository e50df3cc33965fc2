package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"example.com/app/amqp"
	"example.com/app/lib/broker"
	"example.com/app/lib/broker/desk"
	"example.com/app/lib/config"
	"example.com/app/lib/spelling"
)

// reachTimeout is how long a person waits to hear that a broker cannot be reached. A refused password takes
// RabbitMQ three seconds.
const reachTimeout = 10 * time.Second

func queueCommand(f *flags) *cobra.Command {
	return group("queue", "Show the queues, send a message by hand, decide about dead messages",
		queueListCommand(f), queueSendCommand(f), queuePeekCommand(f), queueRequeueCommand(f), queueDropCommand(f))
}

// workplace is a desk here or in another process.
type workplace interface {
	List(ctx context.Context) ([]desk.Row, error)
	Send(ctx context.Context, queue string, body []byte) (id string, err error)
	Peek(ctx context.Context, queue string, f desk.Filter, limit int) ([]desk.Letter, error)
	Requeue(ctx context.Context, queue string, r desk.Replay, report func(desk.Tally)) (desk.Tally, error)
	Drop(ctx context.Context, queue string, f desk.Filter, report func(desk.Tally)) (desk.Tally, error)
	Archive() string
}

// deskOptions are what a command needs besides the queues.
type deskOptions struct {
	archive string // file for dropped messages; unset: the default one
	requeue string // dead queue whose messages are requeued; unset: none
}

// withDesk is for commands that need the broker for a moment, and speak only of what they were asked for.
// Where nobody has set AMQP_URL, it is the desk of an app dev that keeps its messages in memory.
func (f *flags) withDesk(c *cobra.Command, o deskOptions, do func(workplace) error) error {
	s, report, err := f.load(c)
	if err != nil {
		return err
	}

	if report.Origin("AMQP_URL") == config.Default && len(s.AMQPURLs) == 0 {
		ops := opsURL(s.Host, s.OpsPort)
		remote, err := desk.Find(c.Context(), ops, s.OpsToken)
		if !errors.Is(err, desk.ErrAbsent) {
			return remotely(remote, err, o.archive, do)
		}
		if s.AMQPURL != "" {
			fmt.Fprintf(c.ErrOrStderr(), "app: no app dev answers at %s (OPS_PORT): asking RabbitMQ on this host, since AMQP_URL is not set\n", ops)
		}
	}

	d := newDeps(s, voice{log: slog.New(slog.DiscardHandler)})
	defer d.Close(context.WithoutCancel(c.Context()))
	if err := d.openBrokers(mode{name: "queue", needsBroker: true}); err != nil {
		return err
	}
	if err := d.openForReplays(c.Context(), o.requeue); err != nil {
		return err
	}
	return do(d.desk(cmp.Or(o.archive, defaultArchive)))
}

func remotely(r *desk.Remote, err error, archive string, do func(workplace) error) error {
	if err != nil {
		return err
	}
	if archive != "" && archive != r.Archive() {
		return fmt.Errorf("app dev keeps what it drops in %s: leave --archive away", r.Archive())
	}
	return do(r)
}

func (d *Deps) desk(archive string) *desk.Desk {
	return desk.New(desk.Options{
		Queues: amqp.Queues(d.DB), Tiers: d.Settings.AMQPRetryDelays, Reach: d.reachQueue, Archive: archive,
	})
}

// openForReplays opens the database only when somebody must be told there that messages of the queue go back.
func (d *Deps) openForReplays(ctx context.Context, dead string) error {
	name, _ := broker.LivingOf(dead)
	told := func(q broker.Queue) bool { return q.Name == name && q.WantsReplays() }
	if !slices.ContainsFunc(amqp.Queues(nil), told) {
		return nil
	}

	ctx, cancel := context.WithTimeout(ctx, reachTimeout)
	defer cancel()
	return d.openDatabase(ctx, mode{name: "queue"})
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
	known := d.connections()
	for _, c := range known {
		if strings.HasPrefix(queue, c+".") && len(c) > len(owner) {
			owner = broker.Connection(c)
		}
	}
	if owner == "" {
		return nil, fmt.Errorf("find queue %s: a full name begins with its connection, CONNECTION.QUEUE; there are: %s%s",
			queue, strings.Join(known, ", "), spelling.Question(queue, d.queueNames()))
	}
	return d.reach(ctx, owner)
}

// queueNames are those of all queues that belong to the table.
func (d *Deps) queueNames() (names []string) {
	for _, families := range d.families() {
		names = append(names, broker.QueueNames(families)...)
	}
	slices.Sort(names)
	return names
}

// connections are those that have a URL, and those that the table of queues names.
func (d *Deps) connections() (names []string) {
	for c := range d.Brokers {
		names = append(names, string(c))
	}
	for _, q := range amqp.Queues(nil) {
		names = append(names, string(q.Connection))
	}
	slices.Sort(names)
	return slices.Compact(names)
}
