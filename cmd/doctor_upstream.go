package cmd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"

	"example.com/app/lib/config"
	"example.com/app/lib/outgoing"
)

// upstreams are servers without which most of the service works.
func (d doctor) upstreams() []examination {
	var all []examination
	look := func(setting string, at func(context.Context) finding) {
		all = append(all, examination{"upstream " + setting, setting, func(ctx context.Context) []finding {
			return []finding{at(ctx)}
		}})
	}

	for _, u := range d.Settings.upstreams() {
		look(u.setting, func(ctx context.Context) finding { return d.upstream(ctx, u) })
	}
	for _, sink := range [][2]string{{"SENTRY_DSN", d.SentryDSN}, {"OTEL_EXPORTER_OTLP_ENDPOINT", d.OTLPEndpoint}} {
		if setting, address := sink[0], sink[1]; address != "" {
			look(setting, func(ctx context.Context) finding { return d.sink(ctx, setting, address) })
		}
	}
	return all
}

// upstream asks for what the service asks for, and does not mind the absence of one that nobody has set.
func (d doctor) upstream(ctx context.Context, u upstream) finding {
	check, host := "upstream "+u.setting, hostOf(u.options.URL)
	u.options.Log = slog.New(slog.DiscardHandler)
	c, err := outgoing.New(u.options)
	if err == nil {
		err = u.client(c).Ping(ctx)
	}
	switch {
	case err == nil:
		return finding{check, fine, host + " answers", ""}
	case d.report.Origin(u.setting) == config.Default:
		return finding{check, warning, host + ": " + err.Error(), "allow outgoing connections to it, or set " + u.setting}
	case errors.Is(err, outgoing.ErrUnreachable), errors.Is(err, outgoing.ErrTimeout):
		return finding{check, fault, host + ": " + err.Error(), "start it, allow outgoing connections to it, or correct " + u.setting}
	default:
		return finding{check, fault, host + ": " + err.Error(), "correct " + u.setting + ", or look at its log"}
	}
}

// sink takes every answer for one that lives.
func (d doctor) sink(ctx context.Context, setting, address string) finding {
	check, host := "upstream "+setting, hostOf(address)
	status, err := knock(ctx, address)
	switch {
	case err != nil:
		return finding{check, fault, host + ": " + err.Error(), "start it, allow outgoing connections to it, or correct " + setting}
	case status >= http.StatusInternalServerError:
		return finding{check, warning, fmt.Sprintf("%s answers %d", host, status), "look at its log"}
	}
	return finding{check, fine, host + " answers", ""}
}

// hostOf leaves out what may be secret in a URL.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

// knock asks the host of a URL for its front page; what may be secret in the URL is neither sent nor told.
func knock(ctx context.Context, address string) (status int, err error) {
	u, err := url.Parse(address)
	if err != nil {
		return 0, errors.New("it is no URL")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.Scheme+"://"+u.Host+"/", nil)
	if err != nil {
		return 0, err
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if failed, ok := errors.AsType[*url.Error](err); ok {
		return 0, failed.Err
	}
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	return res.StatusCode, nil
}
