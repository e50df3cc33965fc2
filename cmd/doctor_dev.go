package cmd

import (
	"context"
	"log/slog"
	"strings"

	"example.com/app/lib/broker/desk"
	"example.com/app/lib/config"
)

// besideDev takes what an app dev that runs here has of its own for what nobody has set. own names these settings.
func (d doctor) besideDev(ctx context.Context) (_ doctor, own []string) {
	if s, err := besideDev(ctx, d.Settings, d.report, slog.New(slog.DiscardHandler)); err == nil && s.DatabaseURL != d.DatabaseURL {
		d.Settings, own = s, append(own, "DATABASE_URL")
	}
	if d.report.Origin("AMQP_URL") == config.Default && len(d.AMQPURLs) == 0 {
		if _, err := desk.Find(ctx, opsURL(d.Host, d.OpsPort), d.OpsToken); err == nil {
			d.AMQPURL, own = inMemory, append(own, "AMQP_URL")
		}
	}
	return d, own
}

func (d doctor) dev(own []string) []examination {
	if len(own) == 0 {
		return nil
	}
	return []examination{{check: "app dev", look: func(context.Context) []finding {
		return []finding{{"app dev", fine, "it runs here, with its own for what is not set: " + strings.Join(own, ", "), ""}}
	}}}
}
