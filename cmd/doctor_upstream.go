package cmd

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"example.com/app/lib/config"
)

// upstreams are servers that something, but not everything, goes through.
func (d doctor) upstreams() []examination {
	var all []examination
	for _, u := range []struct{ setting, url string }{
		{"IBGE_URL", d.IBGEURL},
		{"WORLDTIME_URL", d.WorldTimeURL},
		{"PAGES_URL", d.PagesURL},
		{"SENTRY_DSN", d.SentryDSN},
		{"OTEL_EXPORTER_OTLP_ENDPOINT", d.OTLPEndpoint},
	} {
		if u.url != "" {
			all = append(all, examination{"upstream " + u.setting, u.setting, func(ctx context.Context) []finding {
				return []finding{d.upstream(ctx, u.setting, u.url)}
			}})
		}
	}
	return all
}

// upstream takes every answer for one that lives, and does not mind one that nobody has asked for.
func (d doctor) upstream(ctx context.Context, setting, address string) finding {
	check := "upstream " + setting
	host, status, err := knock(ctx, address)
	switch {
	case err != nil && d.report.Origin(setting) == config.Default:
		return finding{check, warning, host + ": " + err.Error(), "let this host out, or set " + setting}
	case err != nil:
		return finding{check, fault, host + ": " + err.Error(), "start it, let this host out, or correct " + setting}
	case status >= http.StatusInternalServerError:
		return finding{check, warning, fmt.Sprintf("%s answers %d", host, status), "look at its log"}
	}
	return finding{check, fine, host + " answers", ""}
}

// knock asks the host of a URL for its front page; what may be secret in the URL is neither sent nor told.
func knock(ctx context.Context, address string) (host string, status int, err error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", 0, errors.New("it is no URL")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.Scheme+"://"+u.Host+"/", nil)
	if err != nil {
		return u.Host, 0, err
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if failed, ok := errors.AsType[*url.Error](err); ok {
		return u.Host, 0, failed.Err
	}
	if err != nil {
		return u.Host, 0, err
	}
	defer res.Body.Close()
	return u.Host, res.StatusCode, nil
}
