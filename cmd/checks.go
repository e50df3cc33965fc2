package cmd

import (
	"context"
	"errors"

	"example.com/app/lib/broker"
	"example.com/app/lib/ops"
	"example.com/app/lib/pg"
)

// checks are the questions of readiness, the same for every mode.
func (d *Deps) checks(m mode) []ops.Check {
	checks := []ops.Check{
		{Name: "database", Ask: asked(d.DB.Ping), Needed: true},
		{Name: "migrations", Ask: d.askSchema, Needed: true},
	}
	for _, p := range d.DB.Pools()[1:] {
		checks = append(checks, ops.Check{Name: "database " + p.Name, Ask: asked(p.Ping)}) // others do its work
	}
	if d.Redis != nil {
		checks = append(checks, ops.Check{Name: "cache", Ask: d.askCache}) // this process does its work
	}
	for name, driver := range d.Brokers {
		checks = append(checks, ops.Check{
			Name: "broker " + string(name), Needed: m.needsBroker,
			Ask: func(context.Context) error { return connected(driver.State()) },
		})
	}
	return checks
}

// errNoAnswer stands for the server's own words, which name hosts and users.
var errNoAnswer = errors.New("the database does not answer")

func asked(ping func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		switch err := ping(ctx); {
		case err == nil:
			return nil
		case errors.Is(err, pg.ErrForeign):
			return pg.ErrForeign
		default:
			return errNoAnswer
		}
	}
}

func (d *Deps) askCache(ctx context.Context) error {
	if d.Redis.Ping(ctx) != nil {
		return errors.New("redis does not answer")
	}
	return nil
}

func (d *Deps) askSchema(ctx context.Context) error {
	err := checkSchema(ctx, d.DB)
	if err == nil || errors.Is(err, errBehind) {
		return err
	}
	return errNoAnswer
}

func connected(s broker.State) error {
	switch {
	case !s.Connected:
		return errors.New("not connected")
	case s.Blocked != "":
		return errors.New("takes no messages now: " + s.Blocked)
	}
	return nil
}
