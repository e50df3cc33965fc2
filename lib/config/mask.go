package config

import (
	"net/url"
	"strings"
)

const masked = "xxxxx" // as in url.URL.Redacted

// mask is text fit to be shown.
func (f field) mask(text string) string {
	if f.secret && text != "" {
		return masked
	}
	return maskPassword(text)
}

// maskPassword hides the password of a URL, also of one that is malformed: better too much than one character.
// Without a colon before an @ there is none.
func maskPassword(text string) string {
	at := strings.LastIndex(text, "@")
	if !strings.Contains(text, "://") && !strings.Contains(text[:max(at, 0)], ":") {
		return text
	}
	u, err := url.Parse(text)
	whole := err == nil && u.Opaque == "" && u.Scheme != ""
	if whole && (at < 0 || u.User != nil && strings.Count(text, "@") == 1) {
		return redacted(u, text)
	}

	scheme, _, slashes := strings.Cut(text, "://")
	switch {
	case at >= 0 && slashes:
		return scheme + "://" + masked + beforeQuery(text[at:])
	case at >= 0:
		return masked + beforeQuery(text[at:])
	case slashes:
		return scheme + "://" + masked
	}
	return text
}

// redacted keeps the text of a URL that has no secret as it was written.
func redacted(u *url.URL, text string) string {
	query := u.Query()
	for _, name := range []string{"password", "sslpassword"} {
		if query.Has(name) {
			query.Set(name, masked)
			u.RawQuery, text = query.Encode(), ""
		}
	}
	if _, has := u.User.Password(); has || text == "" {
		return u.Redacted()
	}
	return text
}

func beforeQuery(text string) string {
	text, _, _ = strings.Cut(text, "?")
	return text
}
