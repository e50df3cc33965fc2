package telemetry_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"example.com/app/lib/telemetry"
)

func TestPanicIsAnErrorThatShowsWhoPanicked(t *testing.T) {
	t.Parallel()
	for value, wraps := range map[any]bool{io.EOF: true, "EOF": false} {
		err := rescued(func() { topple(value) })
		p, ok := errors.AsType[*telemetry.PanicError](err)
		if !ok || p.Error() != "panic: EOF" || !strings.Contains(p.Stack(), "telemetry_test.topple(") {
			t.Errorf("of %v: %v", value, err)
		}
		if errors.Is(err, io.EOF) != wraps {
			t.Errorf("of %v: it wraps %v", value, errors.Unwrap(err))
		}
	}
}

func topple(value any) { panic(value) }

func rescued(do func()) (err error) {
	defer func() { err = telemetry.Recovered(recover()) }()
	do()
	return nil
}
