package schemas

import "example.com/app/lib/pages"

// FeaturedQuery names an app store and one of its countries.
type FeaturedQuery struct {
	Store   string `query:"store" default:"google_play" validate:"oneof=google_play app_store app_gallery galaxy_store amazon_appstore" doc:"The app store, of Google, Apple, Huawei, Samsung or Amazon."`
	Country string `query:"country" validate:"omitempty,iso3166_1_alpha2" doc:"ISO 3166-1, two capital letters. Left out or empty: no country in particular."`
}

// FeaturedPostsOut is what a store features, in the order of the service that tells it.
type FeaturedPostsOut struct {
	Items []FeaturedPostOut `json:"items"`
}

// FeaturedPostOut is one post of those.
type FeaturedPostOut struct {
	Title        string `json:"title"`
	Subtitle     string `json:"subtitle" doc:"May be empty."`
	URL          string `json:"url" format:"uri" doc:"http or https."`
	PreviewImage string `json:"preview_image" format:"uri" doc:"Where the picture is: http or https."`
}

// NewFeaturedPostsOut keeps the order.
func NewFeaturedPostsOut(posts []pages.Post) FeaturedPostsOut {
	out := FeaturedPostsOut{Items: make([]FeaturedPostOut, 0, len(posts))}
	for _, p := range posts {
		out.Items = append(out.Items, FeaturedPostOut(p))
	}
	return out
}
