package ibge

import (
	"encoding/json"
	"errors"
	"slices"
)

var (
	errNameless = errors.New("read places: one has no id or no name")
	errEmpty    = errors.New("read places: there are none")
)

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

func (s State) named() bool    { return s.ID > 0 && s.Sigla != "" && s.Nome != "" }
func (c City) named() bool     { return c.ID > 0 && c.Nome != "" }
func (d District) named() bool { return d.ID > 0 && d.Nome != "" }

type place interface{ named() bool }

// places are a list of those that everybody has: with an id and a name.
type places[T place] []T

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

// some are places of which there is one at least.
type some[T place] []T

// UnmarshalJSON refuses an empty list, too.
func (s *some[T]) UnmarshalJSON(body []byte) error {
	if err := (*places[T])(s).UnmarshalJSON(body); err != nil {
		return err
	}
	if len(*s) == 0 {
		return errEmpty
	}
	return nil
}
