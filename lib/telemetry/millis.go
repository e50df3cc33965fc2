package telemetry

import "time"

// Millis is d as a log line says it under a name that ends in _ms: in milliseconds, rounded to the microsecond.
func Millis(d time.Duration) float64 {
	return float64(d.Round(time.Microsecond).Microseconds()) / 1000
}
