package telemetry

import "time"

// Quantile is what the gauges show of a histogram.
func Quantile(buckets []float64, counts []uint64, q float64) time.Duration {
	return quantile(buckets, counts, q)
}

// Note lets p see a histogram at an instant.
func (p *Pulse) Note(buckets []float64, counts []uint64, now time.Time) { p.note(buckets, counts, now) }
