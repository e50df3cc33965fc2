package telemetry

import (
	"regexp"
	"runtime"
	"slices"
	"strconv"

	"github.com/getsentry/sentry-go"
)

// frame is a function with its place, as debug.Stack prints them.
var frame = regexp.MustCompile(`(?m)^(\S.*)\([^()\n]*\)\n\t(.+):(\d+)`)

// stacktrace is what debug.Stack printed, from the panic down; nil when it is nothing of that kind.
func stacktrace(stack string) *sentry.Stacktrace {
	var frames []sentry.Frame
	for _, found := range frame.FindAllStringSubmatch(stack, -1) {
		if found[1] == "panic" {
			frames = nil // what is above only caught it
			continue
		}
		line, _ := strconv.Atoi(found[3])
		frames = append(frames, sentry.NewFrame(runtime.Frame{Function: found[1], File: found[2], Line: line}))
	}
	if len(frames) == 0 {
		return nil
	}
	slices.Reverse(frames)
	return &sentry.Stacktrace{Frames: frames}
}
