package outgoing

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

const redirects = 3

var errURL = errors.New("must be http://HOST or https://HOST, perhaps with a path")

// CheckURL answers an error that says what the URL of an upstream must be, and nothing of what this one is.
func CheckURL(address string) error {
	_, err := parse(address)
	return err
}

func parse(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return nil, errURL // err tells all of the URL
	}
	return u, nil
}

// target refuses parts that could lead out of the client's URL, however the upstream reads an escaped slash.
func (c *Client) target(r Request) (string, error) {
	escaped := make([]string, len(r.Path))
	for i, part := range r.Path {
		if strays(part) {
			return "", errPart
		}
		escaped[i] = url.PathEscape(part)
	}
	target := strings.TrimSuffix(c.base.String(), "/")
	if len(escaped) > 0 {
		target += "/" + strings.Join(escaped, "/")
	}
	if len(r.Query) > 0 {
		target += "?" + r.Query.Encode()
	}
	return target, nil
}

func strays(part string) bool {
	steps := strings.FieldsFunc(part, func(r rune) bool { return r == '/' || r == '\\' })
	return len(steps) == 0 || slices.Contains(steps, ".") || slices.Contains(steps, "..")
}

// path is for people: below the client's URL, and without the query, which may hold what is nobody's business.
func (r Request) path() string { return "/" + strings.Join(r.Path, "/") }

// stayOn follows a few redirects, and none to another host or another scheme: what is sent is meant for this one.
func stayOn(base *url.URL) func(*http.Request, []*http.Request) error {
	return func(to *http.Request, via []*http.Request) error {
		if len(via) > redirects || to.URL.Scheme != base.Scheme || !strings.EqualFold(to.URL.Host, base.Host) {
			return errForeign
		}
		return nil
	}
}
