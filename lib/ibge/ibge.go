// Package ibge asks Brazil's institute of statistics for the country's states, cities and districts.
package ibge

import (
	"context"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"example.com/app/lib/outgoing"
)

const (
	statesAtOnce = 26
	citiesAtOnce = 500
)

// Localities are what could be learnt, in the upstream's order.
type Localities struct {
	States       []State
	FailedStates []string // their abbreviations; they are not among States
	FailedCities []int64  // their districts are not known
	Cause        error    // one of those why something failed; nil: everything is there
}

// Client asks for localities.
type Client struct{ upstream *outgoing.Client }

// Options are how the institute is asked: 30 s a call, 500 calls at once, answers of 2 MiB. The calls at once bound the rate
// too, unless it answers within 10 ms.
func Options(url string) outgoing.Options {
	return outgoing.Options{
		Name: "ibge", URL: url, Timeout: 30 * time.Second, AtOnce: citiesAtOnce, Rate: 50_000, MaxBytes: 2 << 20,
	}
}

// NewClient asks upstream.
func NewClient(upstream *outgoing.Client) *Client { return &Client{upstream} }

// Ping asks for the list of states.
func (c *Client) Ping(ctx context.Context) error {
	_, err := ask[some[State]](ctx, c, "estados")
	return err
}

// Localities takes a call for the list of states, one for each state and one for each city. It is an error when the list or
// every state fails; what else fails is named in the answer.
func (c *Client) Localities(ctx context.Context) (Localities, error) {
	states, err := ask[some[State]](ctx, c, "estados")
	if err != nil {
		return Localities{}, err
	}

	var all Localities
	failures := each(statesAtOnce, states, func(s *State) (err error) {
		s.Cidades, err = ask[some[City]](ctx, c, "estados", s.Sigla, "municipios")
		return err
	})
	for i, s := range states {
		if failures[i] != nil {
			all.FailedStates, all.Cause = append(all.FailedStates, s.Sigla), failures[i]
		} else {
			all.States = append(all.States, s)
		}
	}
	if len(all.States) == 0 && all.Cause != nil {
		return Localities{}, all.Cause
	}
	all.addDistricts(ctx, c)
	return all, nil
}

func (l *Localities) addDistricts(ctx context.Context, c *Client) {
	var cities []*City
	for i := range l.States {
		for j := range l.States[i].Cidades {
			cities = append(cities, &l.States[i].Cidades[j])
		}
	}
	failures := each(citiesAtOnce, cities, func(city **City) (err error) {
		(*city).Distritos, err = ask[places[District]](ctx, c, "municipios", strconv.FormatInt((*city).ID, 10), "distritos")
		return err
	})
	doubt(cities, failures)
	for i, err := range failures {
		if err != nil {
			l.FailedCities, l.Cause = append(l.FailedCities, cities[i].ID), err
		}
	}
}

// doubt takes cities without districts for failures where they are more than one in a hundred: a new city may have none yet.
func doubt(cities []*City, failures []error) {
	var empty []int
	for i, city := range cities {
		if failures[i] == nil && len(city.Distritos) == 0 {
			empty = append(empty, i)
		}
	}
	if 100*len(empty) <= len(cities) {
		return
	}
	for _, i := range empty {
		cities[i].Distritos, failures[i] = nil, errEmpty
	}
}

// ask is for a list that the institute has to have: 404 says that the URL is wrong.
func ask[List any](ctx context.Context, c *Client, path ...string) (List, error) {
	all, err := outgoing.Get[List](ctx, c.upstream, nil, path...)
	return all, outgoing.Fault(err)
}

// each calls do for every item, at most that many at once.
func each[T any](atOnce int, items []T, do func(*T) error) []error {
	failures := make([]error, len(items))
	var group errgroup.Group
	group.SetLimit(atOnce)
	for i := range items {
		group.Go(func() error {
			failures[i] = do(&items[i])
			return nil
		})
	}
	_ = group.Wait() // the failures say it
	return failures
}
