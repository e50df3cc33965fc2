package broker

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

const (
	deadSuffix    = ".dead"
	suspectSuffix = ".suspect"
	unrouted      = ".unrouted"
)

var owned = regexp.MustCompile(`^(.+\..+)\.(?:dead|suspect|retry\.\d+)$`)

// Family is a queue of the table with the queues that belong to it.
type Family struct {
	Exchange string          // the connection's topic exchange, named as the connection
	Name     string          // the queue, in full: example.main
	Tiers    []time.Duration // retry delays, ascending
	Bindings []string        // routing keys at Exchange, besides the queue's own name
}

// Dead is where messages end that cannot be handled.
func (f Family) Dead() string { return f.Name + deadSuffix }

// Suspect is where messages wait that came back too often to be handled beside others.
func (f Family) Suspect() string { return f.Name + suspectSuffix }

// LivingOf is the queue whose dead are in the one named dead; false when that is no queue of dead messages.
func LivingOf(dead string) (queue string, ok bool) { return strings.CutSuffix(dead, deadSuffix) }

// OwnerOf is the queue to which another one of its family belongs, as example.main for example.main.suspect; false when
// name is no such queue's.
func OwnerOf(name string) (queue string, ok bool) {
	if parts := owned.FindStringSubmatch(name); parts != nil {
		return parts[1], true
	}
	return "", false
}

// Retry is the queue in which a message waits for the delay; the delay is part of the name because a queue's
// arguments cannot change.
func (f Family) Retry(tier time.Duration) string {
	return f.Name + ".retry." + strconv.FormatInt(tier.Milliseconds(), 10)
}

// UnroutedOf is the queue for what no other queue of an exchange is bound for, and the alternate exchange before it.
func UnroutedOf(exchange string) string { return exchange + unrouted }

// IsUnrouted tells whether the queue is an exchange's UnroutedOf.
func IsUnrouted(queue string) bool { return strings.HasSuffix(queue, unrouted) }

// QueueNames are all queues of one connection's families, each family in the order in which a message may pass through
// it, and at last that for what is unrouted.
func QueueNames(families []Family) (names []string) {
	for _, f := range families {
		names = append(names, f.Name, f.Suspect())
		for _, tier := range f.Tiers {
			names = append(names, f.Retry(tier))
		}
		names = append(names, f.Dead())
	}
	if len(families) > 0 {
		names = append(names, UnroutedOf(families[0].Exchange))
	}
	return names
}

// QueueSpec is one queue to declare. Every one is durable and replicated.
type QueueSpec struct {
	Name          string
	DeadLetterTo  string        // queue that takes what expires or passes DeliveryLimit, at least once; empty: none
	TTL           time.Duration // messages expire after it; 0: never
	DeliveryLimit int           // returns after which the broker dead-letters a message by itself; 0: the server's default
}

// Queues lists what the family consists of, targets of dead-lettering first.
func (f Family) Queues() []QueueSpec {
	specs := make([]QueueSpec, 0, 3+len(f.Tiers))
	specs = append(specs,
		QueueSpec{Name: f.Dead(), DeliveryLimit: unlimited},
		QueueSpec{Name: f.Name, DeadLetterTo: f.Dead(), DeliveryLimit: backstop},
		QueueSpec{Name: f.Suspect(), DeadLetterTo: f.Dead(), DeliveryLimit: suspectBackstop})
	for _, tier := range f.Tiers {
		specs = append(specs, QueueSpec{Name: f.Retry(tier), TTL: tier, DeadLetterTo: f.Name})
	}
	return specs
}

const (
	unlimited       = 1_000_000_000 // never -1: RabbitMQ 3.10 then destroys the message at its first requeue
	backstop        = 1000          // our own accounting comes far earlier
	suspectBackstop = 20            // and here too
)
