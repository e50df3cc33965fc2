// Package asyncapi describes what a program takes from its queues and publishes as events: as an AsyncAPI 3.0 document.
package asyncapi

import (
	"encoding/json"
	"fmt"
	"time"

	"example.com/app/lib/broker"
)

// Options say what is described.
type Options struct {
	Title, Version string
	Queues         []broker.Queue
	Events         []broker.Event
	Tiers          []time.Duration // retry delays of the queues that have none of their own
}

// Document is the document as JSON. It fails when two queues or events would be the same.
func Document(o Options) ([]byte, error) {
	d := newDocument(o.Title, o.Version)
	for _, q := range o.Queues {
		if err := d.addQueue(q, o.Tiers); err != nil {
			return nil, fmt.Errorf("describe the queue %s: %w", q.Name, err)
		}
	}
	for _, e := range o.Events {
		if err := d.addEvent(e); err != nil {
			return nil, fmt.Errorf("describe the event %s: %w", e.Name, err)
		}
	}
	return json.Marshal(d)
}
