package schemas

import (
	"encoding/json"

	"github.com/google/uuid"

	"example.com/app/lib/api"
	"example.com/app/lib/strict"
	"example.com/app/models"
)

// PostIn creates a post.
type PostIn struct {
	Title          string        `json:"title" validate:"required,max=255" mod:"trim" example:"Note G" doc:"Stored without the white space around it."`
	Content        string        `json:"content" validate:"required,max=20000" example:"The engine computes numbers of Bernoulli."`
	AdditionalData strict.Object `json:"additional_data,omitempty" doc:"Anything else, up to 16 KiB with all digits of its numbers written out. What it means stays as it is; the order of members and how numbers are written may not."`
	Features       []FeatureIn   `json:"features,omitempty" validate:"max=100,dive"`
}

// FeatureIn is something that a post can do.
type FeatureIn struct {
	FeatureName string `json:"feature_name" validate:"required,max=255" mod:"trim" example:"comments" doc:"Stored without the white space around it."`
	IsActive    *bool  `json:"is_active,omitempty" doc:"True, unless it is given."`
}

// Draft is the post as the model takes it.
func (p PostIn) Draft() models.PostDraft {
	d := models.PostDraft{Title: p.Title, Content: p.Content, AdditionalData: json.RawMessage("{}")}
	if p.AdditionalData != nil {
		d.AdditionalData = json.RawMessage(p.AdditionalData)
	}
	for _, f := range p.Features {
		d.Features = append(d.Features, models.FeatureDraft{Name: f.FeatureName, Active: f.IsActive == nil || *f.IsActive})
	}
	return d
}

// PostOut is a post as the list shows it.
type PostOut struct {
	ID             uuid.UUID     `json:"id" doc:"Given by the service, ascending with time."`
	Title          string        `json:"title"`
	Content        string        `json:"content"`
	AdditionalData strict.Object `json:"additional_data"`
}

// NewPostOut is written out, since the model keeps additional data as any JSON.
func NewPostOut(row models.Post) PostOut {
	return PostOut{ID: row.ID, Title: row.Title, Content: row.Content, AdditionalData: strict.Object(row.AdditionalData)}
}

// FeatureOut is a feature as everybody sees it.
type FeatureOut struct {
	ID          uuid.UUID `json:"id"`
	FeatureName string    `json:"feature_name"`
	IsActive    bool      `json:"is_active"`
}

// FullPostOut is a post with its features.
type FullPostOut struct {
	PostOut
	Features []FeatureOut `json:"features" doc:"In the order in which the post was given them."`
}

// NewFullPostOut keeps the order of the features.
func NewFullPostOut(row models.Post, features []models.Feature) FullPostOut {
	out := FullPostOut{PostOut: NewPostOut(row), Features: make([]FeatureOut, 0, len(features))}
	for _, f := range features {
		out.Features = append(out.Features, FeatureOut(f))
	}
	return out
}

// PostView names one post by its path, and says how much of it to show.
type PostView struct {
	ID               uuid.UUID `path:"id" doc:"The post's id."`
	InactiveFeatures bool      `query:"inactive_features" default:"false" doc:"True shows inactive features too."`
}

// PostQuery asks for one page of the list.
type PostQuery struct {
	Limit int                   `query:"limit" default:"50" validate:"min=1,max=200" doc:"Posts on a page; of long ones fewer, 2 MiB together."`
	After api.Cursor[uuid.UUID] `query:"after" doc:"The next of the page before."`
}

// PostPage is one page; Next is null on the last one.
type PostPage struct {
	Items []PostOut              `json:"items"`
	Next  *api.Cursor[uuid.UUID] `json:"next" doc:"Goes into after; null when nothing more was there a moment ago."`
}

// NewPostPage takes one row more than fits, which tells that there is a next page.
func NewPostPage(rows []models.Post, limit int) (page PostPage) {
	page.Items, page.Next = api.PageOf(rows, min(limit, models.FittingPosts(rows)), NewPostOut, func(row models.Post) uuid.UUID { return row.ID })
	return page
}
