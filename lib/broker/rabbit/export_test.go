package rabbit

import (
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

// OpenImpatient is Open with another time-out of confirmations.
func OpenImpatient(o Options, confirmTimeout time.Duration) (*Broker, error) {
	return open(o, confirmTimeout)
}

// AckTag acks by hand on a channel.
func AckTag(ch *amqp.Channel, tag uint64) error { return newLedger(ch).enter(tag).Ack() }
