// Package desk is where a person works on queues by hand: sees what waits, sends, and decides about the dead.
package desk

import (
	"context"
	"fmt"
	"slices"
	"time"

	"example.com/app/lib/broker"
)

// Options say which queues lie on the desk.
type Options struct {
	Queues  []broker.Queue
	Tiers   []time.Duration                                                // retry delays of the queues that have none of their own
	Reach   func(ctx context.Context, queue string) (broker.Driver, error) // a connected driver for a queue's full name
	Archive string                                                         // file to which dropped letters are appended
}

// Desk works on queues wherever their drivers are.
type Desk struct{ o Options }

// New touches no broker yet.
func New(o Options) *Desk { return &Desk{o: o} }

// Archive is the file that Drop appends to.
func (d *Desk) Archive() string { return d.o.Archive }

// dead answers the driver of a queue of dead messages, and refuses any other queue: what is taken from one
// for a look is missing to its consumers and counts as a failed delivery.
func (d *Desk) dead(ctx context.Context, queue string) (broker.Driver, error) {
	if broker.IsUnrouted(queue) {
		return nil, fmt.Errorf("open queue %s: only dead queues, named QUEUE.dead, are worked on by hand: "+
			"look at this one in RabbitMQ's management UI", queue)
	}
	if _, ok := broker.LivingOf(queue); !ok {
		return nil, fmt.Errorf("open queue %s: only dead queues, named QUEUE.dead, are worked on by hand: "+
			"a look takes a message away from the consumers of a live queue and counts as a failed delivery", queue)
	}
	return d.o.Reach(ctx, queue)
}

// living is the entry of the table whose dead are in the queue; an empty one when the table has none.
func (d *Desk) living(dead string) broker.Queue {
	name, _ := broker.LivingOf(dead)
	i := slices.IndexFunc(d.o.Queues, func(q broker.Queue) bool { return q.Name == name })
	if i < 0 {
		return broker.Queue{Name: name}
	}
	return d.o.Queues[i]
}

// names are those of all queues that belong to the table.
func (d *Desk) names() (all []string) {
	for _, families := range broker.Families(d.o.Queues, d.o.Tiers) {
		all = append(all, broker.QueueNames(families)...)
	}
	slices.Sort(all)
	return all
}
