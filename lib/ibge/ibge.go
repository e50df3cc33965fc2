// Package ibge asks Brazil's institute of statistics for the country's states, cities and districts.
package ibge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"example.com/app/lib/outgoing"
)

const (
	statesAtOnce = 26
	citiesAtOnce = 500
)

var errNameless = errors.New("read places: one has no id or no name")

// State has its abbreviation in Sigla.
type State struct {
	ID          int64
	Sigla, Nome string
	Cidades     []City
}

// City has nil in Distritos when nobody knows them.
type City struct {
	ID        int64
	Nome      string
	Distritos []District
}

// District is the smallest part.
type District struct {
	ID   int64
	Nome string
}

// Localities are what could be learnt, in the upstream's order.
type Localities struct {
	States       []State
	FailedStates []string // their abbreviations; they are not among States
	FailedCities []int64  // their districts are not known
	Cause        error    // one of those why something failed; nil: everything is there
}

// Client asks for localities.
type Client struct{ upstream *outgoing.Client }

// Upstream is how the institute is asked: 30 s a call, 500 calls at once.
func Upstream(url string) outgoing.Options {
	return outgoing.Options{
		Name: "ibge", URL: url, Timeout: 30 * time.Second, AtOnce: citiesAtOnce, Rate: 5_000, MaxBytes: 8 << 20,
	}
}

// NewClient asks upstream.
func NewClient(upstream *outgoing.Client) *Client { return &Client{upstream} }

// Localities takes a call for the list of states, one for each state and one for each city. It is an error when the list or
// every state fails; what else fails is named in the answer.
func (c *Client) Localities(ctx context.Context) (Localities, error) {
	states, err := list[State](ctx, c, "estados")
	if errors.Is(err, outgoing.ErrNotFound) { // the URL is wrong, and nobody has asked for a thing that is not there
		return Localities{}, fmt.Errorf("%w: %v", outgoing.ErrFault, err) //nolint:errorlint // it is not found by whoever asks for states
	}
	if err != nil {
		return Localities{}, err
	}

	var all Localities
	failures := each(statesAtOnce, states, func(s *State) (err error) {
		s.Cidades, err = list[City](ctx, c, "estados", s.Sigla, "municipios")
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
		(*city).Distritos, err = list[District](ctx, c, "municipios", strconv.FormatInt((*city).ID, 10), "distritos")
		return err
	})
	for i, err := range failures {
		if err != nil {
			l.FailedCities, l.Cause = append(l.FailedCities, cities[i].ID), err
		}
	}
}

func (s State) named() bool    { return s.ID > 0 && s.Sigla != "" && s.Nome != "" }
func (c City) named() bool     { return c.ID > 0 && c.Nome != "" }
func (d District) named() bool { return d.ID > 0 && d.Nome != "" }

// places are a list of those that everybody has: with an id and a name.
type places[T interface{ named() bool }] []T

// UnmarshalJSON refuses what would be passed on as a place without a name.
func (p *places[T]) UnmarshalJSON(body []byte) error {
	var all []T
	if err := json.Unmarshal(body, &all); err != nil {
		return err
	}
	if all == nil || slices.ContainsFunc(all, func(one T) bool { return !one.named() }) {
		return errNameless
	}
	*p = all
	return nil
}

func list[T interface{ named() bool }](ctx context.Context, c *Client, path ...string) ([]T, error) {
	return outgoing.Get[places[T]](ctx, c.upstream, nil, path...)
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
