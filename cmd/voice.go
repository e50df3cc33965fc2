package cmd

import (
	"log/slog"
	"os"

	"example.com/app/lib/telemetry"
)

// voice is how a process speaks of itself.
type voice struct {
	log   *slog.Logger
	level *slog.LevelVar
	close func() // before the process ends, or its last words are lost
}

func newVoice(s Settings, mode string) (voice, error) {
	level := new(slog.LevelVar)
	level.Set(s.LogLevel)
	log, closeLog := telemetry.NewLogger(telemetry.LogOptions{To: os.Stderr, Level: level, Text: s.LogFormat == "text"})
	return voice{log: log.With("mode", mode), level: level, close: closeLog}, nil
}
