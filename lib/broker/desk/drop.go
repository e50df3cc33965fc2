package desk

import (
	"cmp"
	"context"

	"example.com/app/lib/broker"
)

// Drop puts dead letters away for good: into the archive, whole, one JSON line each. A letter leaves the queue only
// when its line is on the disk: an interruption loses none, and at worst the archive has one twice.
func (d *Desk) Drop(ctx context.Context, queue string, f Filter, report func(Tally)) (tally Tally, err error) {
	driver, err := d.dead(ctx, queue)
	if err != nil {
		return Tally{}, err
	}
	if _, err := driver.Inspect(ctx, queue); err != nil {
		return Tally{}, explain("drop from", queue, err, d.names()...)
	}
	a, err := openArchive(d.o.Archive)
	if err != nil {
		return Tally{}, err
	}
	defer func() { err = cmp.Or(err, a.Close()) }()

	judge := func(d broker.Delivery) verdict {
		if f.picks(d) {
			return take
		}
		return pass
	}
	settle := func(_ context.Context, letters []broker.Delivery) (int, error) {
		if err := a.add(queue, letters); err != nil {
			return 0, err
		}
		return ack(letters)
	}
	w := &walk{driver: driver, queue: queue, judge: judge, settle: settle, size: handful, report: report}
	if tally, err = w.run(ctx); err != nil {
		return tally, explain("drop from", queue, err, d.names()...)
	}
	return tally, nil
}

func ack(letters []broker.Delivery) (acked int, err error) {
	for _, d := range letters {
		if err := d.Ack(); err != nil {
			return acked, err
		}
		acked++
	}
	return acked, nil
}
