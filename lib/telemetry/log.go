// Package telemetry is how the service speaks about itself.
package telemetry

import (
	"io"
	"log/slog"
)

// NewLogger writes records of level and above to w: as JSON, or as text for people.
func NewLogger(w io.Writer, level slog.Level, text bool) *slog.Logger {
	o := &slog.HandlerOptions{Level: level}
	if text {
		return slog.New(slog.NewTextHandler(w, o))
	}
	return slog.New(slog.NewJSONHandler(w, o))
}
