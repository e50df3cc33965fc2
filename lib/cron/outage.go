package cron

import "log/slog"

// outage logs when the database stops answering and when it answers again, not every try between.
type outage struct{ on bool }

func (o *outage) note(log *slog.Logger, err error) {
	switch {
	case err != nil && !o.on:
		log.Error("jobs cannot reach their table", "error", err)
	case err == nil && o.on:
		log.Info("jobs reach their table again")
	}
	o.on = err != nil
}
