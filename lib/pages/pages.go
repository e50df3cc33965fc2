// Package pages asks a service which posts are featured in an app store.
//
// It is asked GET URL/featured?store=google_play&country=BR, without country when none is meant. 404 says that it knows no
// such store or country; else it answers what is featured, the first first:
//
//	{"items": [{"title": "News", "subtitle": "", "url": "https://…", "preview_image": "https://…"}]}
//
// Members besides these are passed over. When one of these is missing anywhere, or an address is not one of the web, all of
// the answer is refused.
package pages

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode"

	"example.com/app/lib/outgoing"
)

var (
	errItems   = errors.New("read featured posts: there is no list of items")
	errMember  = errors.New("a title, subtitle, url or preview_image is missing")
	errAddress = errors.New("an address begins with neither http://HOST nor https://HOST")
)

// Post is one that is featured.
type Post struct {
	Title        string // never empty
	Subtitle     string
	URL          string // http or https, as the other
	PreviewImage string
}

// Client asks the service.
type Client struct{ upstream *outgoing.Client }

// Options are how the service is asked: 10 s a call, answers of 1 MiB.
func Options(url string) outgoing.Options {
	return outgoing.Options{Name: "pages", URL: url, Timeout: 10 * time.Second, AtOnce: 50, Rate: 500, MaxBytes: 1 << 20}
}

// NewClient asks upstream.
func NewClient(upstream *outgoing.Client) *Client { return &Client{upstream} }

// Ping asks for what a store features.
func (c *Client) Ping(ctx context.Context) error {
	_, err := c.Featured(ctx, "google_play", "")
	return outgoing.Fault(err)
}

// Featured leaves an empty country out. All its errors are an *outgoing.Error: ErrNotFound for a store or country that the
// service does not know.
func (c *Client) Featured(ctx context.Context, store, country string) ([]Post, error) {
	query := url.Values{"store": {store}}
	if country != "" {
		query.Set("country", country)
	}
	return outgoing.Get[answer](ctx, c.upstream, query, "featured")
}

// answer is the posts as the service writes them.
type answer []Post

// UnmarshalJSON takes all posts or none.
func (a *answer) UnmarshalJSON(body []byte) error {
	var given struct {
		Items *[]item `json:"items"`
	}
	if err := json.Unmarshal(body, &given); err != nil {
		return err
	}
	if given.Items == nil {
		return errItems
	}

	posts := make(answer, 0, len(*given.Items))
	for i, item := range *given.Items {
		post, err := item.post()
		if err != nil {
			return fmt.Errorf("read featured post %d of %d: %w", i+1, len(*given.Items), err)
		}
		posts = append(posts, post)
	}
	*a = posts
	return nil
}

// item has nil for what is missing.
type item struct {
	Title        *string `json:"title"`
	Subtitle     *string `json:"subtitle"`
	URL          *string `json:"url"`
	PreviewImage *string `json:"preview_image"`
}

func (i item) post() (Post, error) {
	switch {
	case i.Title == nil || *i.Title == "" || i.Subtitle == nil || i.URL == nil || i.PreviewImage == nil:
		return Post{}, errMember
	case !web(*i.URL) || !web(*i.PreviewImage):
		return Post{}, errAddress
	default:
		return Post{*i.Title, *i.Subtitle, *i.URL, *i.PreviewImage}, nil
	}
}

// web tells whether a browser that follows the address asks a host, and runs nothing.
func web(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && !strings.ContainsFunc(address, unicode.IsSpace)
}
