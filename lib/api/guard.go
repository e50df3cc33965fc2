package api

import (
	"context"
	"fmt"
	"reflect"

	"github.com/labstack/echo/v4"
)

// Guard decides whether a request may go on; its error is answered as a handler's would be.
type Guard struct {
	in    reflect.Type
	check func(ctx context.Context, c echo.Context) error
}

// NewGuard makes a guard of a plain function. I holds path parameters only, and declares them
// for every route of the guarded group.
func NewGuard[I any](check func(ctx context.Context, in *I) error) Guard {
	b, err := newBinder(reflect.TypeFor[I](), "", nil)
	if err != nil {
		panic(fmt.Errorf("read the guard's %s: %w", reflect.TypeFor[I](), err))
	}
	return Guard{in: reflect.TypeFor[I](), check: func(ctx context.Context, c echo.Context) error {
		in := new(I)
		if err := b.path(c, reflect.ValueOf(in).Elem()); err != nil {
			return err
		}
		return check(ctx, in)
	}}
}
