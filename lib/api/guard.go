package api

import (
	"context"
	"fmt"
	"reflect"

	"github.com/labstack/echo/v4"

	"example.com/app/lib/strict"
)

// Guard decides whether a request may go on; its error is answered as a handler's would be.
type Guard struct {
	binder binder
	in     reflect.Type
	check  func(ctx context.Context, c echo.Context) error
}

// NewGuard makes a guard of a plain function. I has path parameters only, and declares them
// for every route of the guarded group. It panics when I has anything else.
func NewGuard[I any](check func(ctx context.Context, in *I) error) Guard {
	in := reflect.TypeFor[I]()
	b, err := newBinder(in)
	if err == nil && (b.reads() || len(b.queries)+len(b.headers) > 0) {
		err = fmt.Errorf("%s has more than path parameters", in)
	}
	if err != nil {
		panic(fmt.Errorf("make a guard: %w", err))
	}

	return Guard{binder: b, in: in, check: func(ctx context.Context, c echo.Context) error {
		in := new(I)
		if err := b.path(c, reflect.ValueOf(in).Elem()); err != nil {
			return err
		}
		if strict.Validate(in) != nil {
			return errNotFound
		}
		return check(ctx, in)
	}}
}
