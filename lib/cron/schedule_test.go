package cron_test

import (
	"testing"
	"time"

	"example.com/app/lib/cron"
)

func schedule(t testing.TB, text string) cron.Schedule {
	t.Helper()

	var s cron.Schedule
	if err := s.UnmarshalText([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestScheduleNamesItsInstants(t *testing.T) {
	t.Parallel()

	for text, instants := range map[string][]string{
		"* * * * *":       {"2026-03-29T00:59:30Z", "2026-03-29T01:00:00Z", "2026-03-29T01:01:00Z"},
		" 15 30 2 * * * ": {"2026-03-29T00:00:00Z", "2026-03-29T02:30:15Z", "2026-03-30T02:30:15Z"},
		"*/20 * * * * *":  {"2026-03-29T00:59:30.5Z", "2026-03-29T00:59:40Z", "2026-03-29T01:00:00Z"},
		"0 9 * * mon-fri": {"2026-11-20T09:00:00Z", "2026-11-23T09:00:00Z", "2026-11-24T09:00:00Z"},
		"0 0 29 2 *":      {"2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"},
		"@hourly":         {"2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"},
		"@every 1s":       {"2026-01-01T00:00:00.7Z", "2026-01-01T00:00:01Z", "2026-01-01T00:00:02Z"},
		"@every 90s":      {"1970-01-01T00:00:00Z", "1970-01-01T00:01:30Z", "1970-01-01T00:03:00Z"},
		"@every 168h":     {"1970-01-01T00:00:01Z", "1970-01-08T00:00:00Z", "1970-01-15T00:00:00Z"},
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()

			s, at := schedule(t, text), instant(t, instants[0])
			for _, want := range instants[1:] {
				if at = s.Next(at); !at.Equal(instant(t, want)) {
					t.Fatalf("next is %s, want %s", at, want)
				}
			}
		})
	}
}

func instant(t *testing.T, text string) time.Time {
	t.Helper()

	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// In Berlin the hour from 02:00 is missing on 29 March and comes twice on 25 October.
func TestNoSummerTimeMovesASchedule(t *testing.T) {
	t.Parallel()

	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}

	s := schedule(t, "30 * * * *")
	for _, day := range []time.Time{
		time.Date(2026, time.March, 28, 22, 30, 0, 0, time.UTC),
		time.Date(2026, time.October, 24, 22, 30, 0, 0, time.UTC),
	} {
		for range 8 {
			next := s.Next(day.In(berlin))
			if next.Sub(day) != time.Hour || next.Location() != time.UTC {
				t.Fatalf("after %s comes %s", day, next)
			}
			day = next
		}
	}
}

// Replicas start at different moments and still name the same ticks.
func TestEveryIsCountedFromTheEpoch(t *testing.T) {
	t.Parallel()

	s := schedule(t, "@every 7s")
	tick := time.Unix(7*250_000_000, 0)
	for late := range 7 {
		if next := s.Next(tick.Add(time.Duration(late)*time.Second + time.Millisecond)); !next.Equal(tick.Add(7 * time.Second)) {
			t.Errorf("%d s after %s comes %s", late, tick, next)
		}
	}
}

func TestScheduleThatIsOffNeverComes(t *testing.T) {
	t.Parallel()

	for name, s := range map[string]cron.Schedule{"off": schedule(t, "off"), "zero value": {}} {
		if next := s.Next(time.Now()); !s.Off() || !next.IsZero() || s.String() != "off" {
			t.Errorf("%s: off is %t, next is %s, text is %q", name, s.Off(), next, s)
		}
	}
}

func TestScheduleRefusesWhatNeverOrTooOftenComes(t *testing.T) {
	t.Parallel()

	for _, text := range []string{
		"", "Off", "* * * *", "* * * * * * *", "61 * * * *", "0 0 30 2 *", "@reboot", "TZ=Europe/Berlin 0 * * * *", "TZ=",
		"CRON_TZ=UTC @hourly", "@every", "@every 0s", "@every -1s", "@every 100ms", "@every 1.5s", "@every day", ", * * * *",
	} {
		var s cron.Schedule
		if err := s.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is taken as %s", text, s)
		}
	}
}

func FuzzScheduleComesLater(f *testing.F) {
	for _, text := range []string{"* * * * *", "5/15 0 1-5,7 * * *", "@every 90s", "@daily", "off", "TZ=", "*/0 * * * *"} {
		f.Add(text, int64(1_700_000_000))
	}
	f.Fuzz(func(t *testing.T, text string, seconds int64) {
		var s cron.Schedule
		if s.UnmarshalText([]byte(text)) != nil || s.Off() {
			t.Skip()
		}

		at := time.Unix(seconds%(1<<32), 0)
		if next := s.Next(at); !next.IsZero() && !next.After(at) {
			t.Errorf("%q: after %s comes %s", text, at, next)
		}
	})
}
