package handler

import (
	"context"

	"golang.org/x/sync/errgroup"

	"example.com/app/models"
	"example.com/app/schemas"
)

type posts struct {
	store models.Posts
}

func (p posts) list(ctx context.Context, in *schemas.PostQuery) (schemas.PostPage, error) {
	rows, err := p.store.List(ctx, in.After.Key, in.Limit+1)
	if err != nil {
		return schemas.PostPage{}, err
	}
	return schemas.NewPostPage(rows, in.Limit), nil
}

func (p posts) create(ctx context.Context, in *schemas.PostIn) (schemas.FullPostOut, error) {
	row, features, err := p.store.Create(ctx, in.Draft())
	if err != nil {
		return schemas.FullPostOut{}, err
	}
	return schemas.NewFullPostOut(row, features), nil
}

// show asks for both at once, and for both to the end: a query that is broken off costs its connection.
func (p posts) show(ctx context.Context, in *schemas.PostView) (schemas.FullPostOut, error) {
	var row models.Post
	var features []models.Feature
	var both errgroup.Group
	both.Go(func() (err error) {
		row, err = p.store.Find(ctx, in.ID)
		return err
	})
	both.Go(func() (err error) {
		features, err = p.store.Features(ctx, in.ID, in.InactiveFeatures)
		return err
	})
	if err := both.Wait(); err != nil {
		return schemas.FullPostOut{}, err
	}
	return schemas.NewFullPostOut(row, features), nil
}
