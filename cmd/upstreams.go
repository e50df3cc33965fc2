package cmd

import (
	"context"
	"errors"
	"slices"

	"example.com/app/handler"
	"example.com/app/lib/ibge"
	"example.com/app/lib/outgoing"
	"example.com/app/lib/pages"
	"example.com/app/lib/worldtime"
)

// upstream is another system that routes ask.
type upstream struct {
	setting string
	options outgoing.Options
	client  func(*outgoing.Client) pinger
}

type pinger interface {
	Ping(ctx context.Context) error
}

// upstreams are those that are set.
func (s *Settings) upstreams() []upstream {
	all := []upstream{
		{"IBGE_URL", ibge.Options(s.IBGEURL), func(c *outgoing.Client) pinger { return ibge.NewClient(c) }},
		{"WORLDTIME_URL", worldtime.Options(s.WorldTimeURL), func(c *outgoing.Client) pinger { return worldtime.NewClient(c) }},
		{"PAGES_URL", pages.Options(s.PagesURL), func(c *outgoing.Client) pinger { return pages.NewClient(c) }},
	}
	return slices.DeleteFunc(all, func(u upstream) bool { return u.options.URL == "" })
}

// newUpstreams makes clients of those that are set, which this process measures, traces and logs.
func (d *Deps) newUpstreams() (u handler.Upstreams, err error) {
	s := d.Settings
	var institute *ibge.Client
	err = errors.Join(
		newUpstream(d, &institute, ibge.Options(s.IBGEURL), ibge.NewClient),
		newUpstream(d, &u.Time, worldtime.Options(s.WorldTimeURL), worldtime.NewClient),
		newUpstream(d, &u.Pages, pages.Options(s.PagesURL), pages.NewClient),
	)
	u.States = handler.NewStates(d.Cache, institute, s.StatesTTL)
	return u, err
}

// newUpstream leaves client as it is where no URL is set.
func newUpstream[C any](d *Deps, client **C, o outgoing.Options, newClient func(*outgoing.Client) *C) error {
	if o.URL == "" {
		return nil
	}
	o.Metrics, o.Tracer, o.Log = d.Metrics, d.Tracer, d.Log
	c, err := outgoing.New(o)
	if err != nil {
		return err
	}
	*client = newClient(c)
	return nil
}
