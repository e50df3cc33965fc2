package cmd

import (
	"fmt"

	"example.com/app/handler"
	"example.com/app/lib/ibge"
	"example.com/app/lib/outgoing"
	"example.com/app/lib/pages"
	"example.com/app/lib/worldtime"
)

// ask is a client of an upstream, which this process measures, traces and logs.
func (d *Deps) ask(setting string, o outgoing.Options) (*outgoing.Client, error) {
	o.Metrics, o.Tracer, o.Log = d.Metrics, d.Tracer, d.Log
	c, err := outgoing.New(o)
	if err != nil {
		return nil, fmt.Errorf("%w: check %s", err, setting)
	}
	return c, nil
}

// askAll is clients of all that are set.
func (d *Deps) askAll() (u handler.Upstreams, err error) {
	if u.States, err = newStates(d); err != nil {
		return u, err
	}
	if url := d.Settings.WorldTimeURL; url != "" {
		service, err := d.ask("WORLDTIME_URL", worldtime.Options(url))
		if err != nil {
			return u, err
		}
		u.Time = worldtime.NewClient(service)
	}
	if url := d.Settings.PagesURL; url != "" {
		service, err := d.ask("PAGES_URL", pages.Options(url))
		if err != nil {
			return u, err
		}
		u.Pages = pages.NewClient(service)
	}
	return u, nil
}

func newStates(d *Deps) (*handler.States, error) {
	upstream, err := d.ask("IBGE_URL", ibge.Options(d.Settings.IBGEURL))
	if err != nil {
		return nil, err
	}
	return handler.NewStates(d.Cache, ibge.NewClient(upstream), d.Settings.StatesTTL), nil
}
