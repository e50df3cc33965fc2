package speed_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"testing"
)

// load is what wrk saw in a moment.
type load struct {
	Requests     float64
	Failures     int
	Microseconds float64
	P50, P99     float64 // microseconds
}

func (l load) perSecond() float64 { return l.Requests / l.Microseconds * 1e6 }

func (l load) latencies() string { return fmt.Sprintf("%.2f, %.2f ms", l.P50/1e3, l.P99/1e3) }

// wrk asks for a moment over that many connections at once; a failure among the answers fails the test.
func wrk(tb testing.TB, url, ask string, connections int) load {
	tb.Helper()
	c := exec.CommandContext(tb.Context(), "wrk", "--threads=1", fmt.Sprintf("--connections=%d", connections),
		fmt.Sprintf("--duration=%.0fs", moment().Seconds()), "--timeout=10s", "--script=load.lua", url, "--", ask)
	said, err := c.CombinedOutput()
	if err != nil {
		tb.Fatalf("run wrk (`apt-get install wrk`, `brew install wrk`): %v: %s", err, said)
	}

	results.on(wrkVersion(tb))
	var l load
	last := bytes.LastIndexByte(said, '{')
	check(tb, json.Unmarshal(said[max(last, 0):], &l))
	if l.Failures > 0 || l.Requests == 0 {
		tb.Fatalf("%d of %.0f requests failed: %s", l.Failures, l.Requests, said)
	}
	return l
}

// wrkVersion is the first two words of it: wrk exits with 1 for this question.
func wrkVersion(tb testing.TB) string {
	tb.Helper()
	said, _ := exec.CommandContext(tb.Context(), "wrk", "--version").CombinedOutput()
	words := strings.Fields(string(said) + " wrk unknown")
	return words[0] + " " + words[1]
}

// duel is what both sides did in the rounds so far.
type duel struct{ floor, service []load }

// fight has each side answer once in each round.
func fight(b *testing.B, floor, service, ask string, connections int) duel {
	b.Helper()
	var d duel
	for b.Loop() {
		d.floor = append(d.floor, wrk(b, floor, ask, connections))
		d.service = append(d.service, wrk(b, service, ask, connections))
	}
	return d
}

// row wants the service to answer that many times as often as the floor; to a lone client, not 10 % later.
func (d duel) row(job string, connections int, wanted float64) row {
	floor, service := median(d.floor, load.perSecond), median(d.service, load.perSecond)
	ratio := service.perSecond() / floor.perSecond()
	return row{
		job: fmt.Sprintf("%s, %d connections", job, connections), floor: perSecond(floor.perSecond()), service: perSecond(service.perSecond()),
		ratio: times(ratio), wanted: times(wanted), kept: ratio >= wanted && (connections > 1 || service.P50 <= 1.1*floor.P50),
		latencies: [2]string{floor.latencies(), service.latencies()},
	}
}
