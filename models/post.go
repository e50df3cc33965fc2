package models

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"

	"example.com/app/lib/pg"
)

// Post is a row of the table post.
type Post struct {
	ID             uuid.UUID
	Title          string
	Content        string          // at most 20,000 characters
	AdditionalData json.RawMessage // an object
}

const (
	postColumns = "id, title, content, additional_data"
	selectPost  = "SELECT " + postColumns + " FROM post"
)

// Posts are the rows of the tables post and post_feature.
type Posts struct {
	db *pg.DB
}

// NewPosts reads and writes through db.
func NewPosts(db *pg.DB) Posts { return Posts{db: db} }

// Find answers ErrNotFound when there is no post with that id.
func (p Posts) Find(ctx context.Context, id uuid.UUID) (Post, error) {
	row, err := one[Post](ctx, p.db, selectPost+" WHERE id = $1", id)
	if err != nil {
		return Post{}, fault(orNo(err, ErrNoPost), "find post %s", id)
	}
	return row, nil
}

// List is ordered by id, which is the order of creation, and holds at most limit posts with ids above after, as they were a
// moment ago: of long ones fewer, the last of which is one more than FittingPosts.
func (p Posts) List(ctx context.Context, after uuid.UUID, limit int) ([]Post, error) {
	list, err := lagging[Post](ctx, p.db, `
		WITH page AS (`+selectPost+` WHERE id > $1 ORDER BY id LIMIT $2)
		SELECT `+postColumns+` FROM (
			SELECT *, sum(octet_length(content) + octet_length(additional_data::text))
				OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
			FROM page
		) measured
		WHERE before IS NULL OR before <= $3
		ORDER BY id`, after, limit, postBytes)
	if err != nil {
		return nil, fault(err, "list posts")
	}
	return list, nil
}

// postBytes are enough for one answer: 200 posts may have 20 MB.
const postBytes = 2 << 20

// FittingPosts counts the posts at the beginning of a list that have 2 MiB together.
func FittingPosts(list []Post) int {
	bytes := 0
	for i, row := range list {
		bytes += len(row.Content) + len(row.AdditionalData)
		if bytes > postBytes {
			return i
		}
	}
	return len(list)
}

// PostDraft is what a new post is made of.
type PostDraft struct {
	Title, Content string
	AdditionalData json.RawMessage
	Features       []FeatureDraft
}

// Create stores the post and its features, all or none. It answers ErrInvalid for what the columns refuse.
func (p Posts) Create(ctx context.Context, d PostDraft) (row Post, features []Feature, err error) {
	err = p.db.InTx(ctx, func(ctx context.Context) error {
		id, err := uuid.NewV7()
		if err != nil {
			return fault(err, "name a post")
		}
		row, err = one[Post](ctx, p.db, "INSERT INTO post ("+postColumns+") VALUES ($1, $2, $3, $4) RETURNING "+postColumns,
			id, d.Title, d.Content, d.AdditionalData)
		if err != nil {
			return fault(err, "create post")
		}
		features, err = p.addFeatures(ctx, id, d.Features)
		return err
	})
	return row, features, err
}
