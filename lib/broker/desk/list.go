package desk

import (
	"context"
	"errors"
	"maps"
	"slices"

	"example.com/app/lib/broker"
)

// Row is one line of the list; a queue that is missing has no counts.
type Row struct {
	Name      string `json:"name"`
	Missing   bool   `json:"missing"`
	Messages  *int   `json:"messages"` // that wait to be handed out
	Consumers *int   `json:"consumers"`
}

// List inspects all queues that belong to the table, connection by connection, each family in the order in which a
// message may pass through it.
func (d *Desk) List(ctx context.Context) ([]Row, error) {
	families := broker.Families(d.o.Queues, d.o.Tiers)
	var rows []Row
	for _, connection := range slices.Sorted(maps.Keys(families)) {
		for _, name := range broker.QueueNames(families[connection]) {
			row, err := d.inspect(ctx, name)
			if err != nil {
				return nil, err
			}
			rows = append(rows, row)
		}
	}
	return rows, nil
}

func (d *Desk) inspect(ctx context.Context, name string) (Row, error) {
	driver, err := d.o.Reach(ctx, name)
	if err != nil {
		return Row{}, err
	}
	depth, err := driver.Inspect(ctx, name)
	if errors.Is(err, broker.ErrNoQueue) {
		return Row{Name: name, Missing: true}, nil
	}
	return Row{Name: name, Messages: &depth.Ready, Consumers: &depth.Consumers}, err
}
