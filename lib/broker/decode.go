package broker

import "example.com/app/lib/strict"

func decode[T any](body []byte) (*T, error) {
	in := new(T)
	if err := strict.Decode(body, in); err != nil {
		return nil, err
	}
	return in, nil
}
