package telemetry_test

import (
	"testing"
	"time"

	"example.com/app/lib/telemetry"
)

func TestMillisHasNoMoreDigitsThanMicroseconds(t *testing.T) {
	t.Parallel()

	for given, want := range map[time.Duration]float64{0: 0, 499: 0, 500: .001, 8_148_897: 8.149, 90 * time.Second: 90_000} {
		if got := telemetry.Millis(given); got != want {
			t.Errorf("got %v of %v, want %v", got, given, want)
		}
	}
}
