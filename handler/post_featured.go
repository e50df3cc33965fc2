package handler

import (
	"context"
	"errors"

	"example.com/app/lib/pages"
	"example.com/app/schemas"
)

// errNoPages is told to whoever asks, since only a setting mends it.
var errNoPages = errors.New("featured posts come from a service that the setting PAGES_URL names, and it is not set")

type featured struct {
	service *pages.Client // nil: errNoPages
}

func (f featured) list(ctx context.Context, in *schemas.FeaturedQuery) (schemas.FeaturedPostsOut, error) {
	if f.service == nil {
		return schemas.FeaturedPostsOut{}, errNoPages
	}
	posts, err := f.service.Featured(ctx, in.Store, in.Country)
	if err != nil {
		return schemas.FeaturedPostsOut{}, err
	}
	return schemas.NewFeaturedPostsOut(posts), nil
}
