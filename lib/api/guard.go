package api

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/labstack/echo/v4"

	"example.com/app/lib/strict"
)

// Guard decides whether a request may go on; its error is answered as a handler's would be.
type Guard struct {
	binder binder
	in     reflect.Type
	loads  reflect.Type // what the inputs behind it may ask for; nil: nothing
	check  func(ctx context.Context, c echo.Context) (loaded reflect.Value, err error)
}

// NewGuard makes a guard of a plain function. I has path parameters only, and declares them
// for every route of the guarded group. It panics when I has anything else.
func NewGuard[I any](check func(ctx context.Context, in *I) error) Guard {
	return newGuard(func(ctx context.Context, in *I) (reflect.Value, error) {
		return reflect.Value{}, check(ctx, in)
	})
}

// NewLoader makes a guard like NewGuard does, one that also hands what it has loaded to the routes behind it: their
// inputs take it in a field of type T with the tag from:"guard". A route with such a field can only be registered in a
// group with one guard that loads a T, so there is no way to the route around it, wherever the group is mounted.
func NewLoader[I, T any](load func(ctx context.Context, in *I) (T, error)) Guard {
	g := newGuard(func(ctx context.Context, in *I) (reflect.Value, error) {
		loaded, err := load(ctx, in)
		return reflect.ValueOf(&loaded).Elem(), err
	})
	g.loads = reflect.TypeFor[T]()
	return g
}

func newGuard[I any](check func(ctx context.Context, in *I) (reflect.Value, error)) Guard {
	in := reflect.TypeFor[I]()
	b, err := newBinder(in)
	if err == nil && (b.reads() || len(b.queries)+len(b.headers)+len(b.loaded) > 0) {
		err = fmt.Errorf("%s has more than path parameters", in)
	}
	if err != nil {
		panic(fmt.Errorf("make a guard: %w", err))
	}

	return Guard{binder: b, in: in, check: func(ctx context.Context, c echo.Context) (reflect.Value, error) {
		in := new(I)
		if err := b.path(c, reflect.ValueOf(in).Elem()); err != nil {
			return reflect.Value{}, err
		}
		if strict.Validate(in) != nil {
			return reflect.Value{}, errNotFound
		}
		return check(ctx, in)
	}}
}

// loadedField is a field of an input that a guard fills.
type loadedField struct {
	index []int
	t     reflect.Type
}

const fromGuard = "guard" // the tag from

// pass asks the guards one after the other, and keeps what they have loaded in the input.
func (r *route) pass(ctx context.Context, c echo.Context, in reflect.Value) error {
	for _, g := range r.guards {
		loaded, err := g.check(ctx, c)
		if err != nil {
			return err
		}
		for _, f := range r.binder.loaded {
			if f.t == g.loads {
				in.FieldByIndex(f.index).Set(loaded)
			}
		}
	}
	return nil
}

// guarded fails for an input that asks for what no guard loads, or more than one.
func (r *route) guarded() error {
	for _, f := range r.binder.loaded {
		n := 0
		for _, g := range r.guards {
			if g.loads == f.t {
				n++
			}
		}
		if n != 1 {
			return fmt.Errorf("its input asks for the %s that a guard loads, and %d of its guards do", f.t, n)
		}
	}
	return nil
}

// addLoaded notes a field that is a guard's.
func (b *binder) addLoaded(f reflect.StructField) error {
	switch from := f.Tag.Get("from"); {
	case from == fromGuard && f.IsExported():
		b.loaded = append(b.loaded, loadedField{f.Index, f.Type})
	case from != "":
		return errors.New(`has a tag from that is not "guard", or is not exported`)
	}
	return nil
}
