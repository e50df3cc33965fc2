package schemas

import "example.com/app/lib/ibge"

// StatesOut is the country as everybody sees it.
type StatesOut struct {
	Items        []StateOut `json:"items"`
	Partial      bool       `json:"partial" doc:"True when something could not be learnt."`
	FailedStates []string   `json:"failed_states" doc:"Abbreviations of the states that are left out; empty when it is complete."`
	FailedCities []int64    `json:"failed_cities" doc:"Ids of the cities whose districts are not known; empty when it is complete."`
}

// StateOut is a state.
type StateOut struct {
	ID      int64     `json:"id"`
	Sigla   string    `json:"sigla" doc:"The abbreviation."`
	Nome    string    `json:"nome"`
	Cidades []CityOut `json:"cidades"`
}

// CityOut is a city.
type CityOut struct {
	ID        int64          `json:"id"`
	Nome      string         `json:"nome"`
	Distritos *[]DistrictOut `json:"distritos" doc:"Null when they are not known."`
}

// DistrictOut is a district.
type DistrictOut struct {
	ID   int64  `json:"id"`
	Nome string `json:"nome"`
}

// NewStatesOut keeps the order.
func NewStatesOut(l ibge.Localities) StatesOut {
	out := StatesOut{Partial: l.Cause != nil, FailedStates: l.FailedStates, FailedCities: l.FailedCities}
	for _, s := range l.States {
		state := StateOut{ID: s.ID, Sigla: s.Sigla, Nome: s.Nome, Cidades: make([]CityOut, 0, len(s.Cidades))}
		for _, c := range s.Cidades {
			state.Cidades = append(state.Cidades, newCityOut(c))
		}
		out.Items = append(out.Items, state)
	}
	return out
}

func newCityOut(c ibge.City) CityOut {
	out := CityOut{ID: c.ID, Nome: c.Nome}
	if c.Distritos != nil {
		districts := make([]DistrictOut, 0, len(c.Distritos))
		for _, d := range c.Distritos {
			districts = append(districts, DistrictOut(d))
		}
		out.Distritos = &districts
	}
	return out
}
