package cmd

import (
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"example.com/app/lib/broker/desk"
)

const redraw = 100 * time.Millisecond

// progress is a bar on standard error, for as long as work goes on, or nothing where that is no terminal.
type progress struct {
	shown bool
	bar   *progressbar.ProgressBar
}

func newProgress(c *cobra.Command) *progress {
	return &progress{shown: onTerminal(c)}
}

func (p *progress) report(t desk.Tally) {
	if !p.shown {
		return
	}
	if p.bar == nil {
		p.bar = progressbar.NewOptions(t.Total, progressbar.OptionSetWriter(os.Stderr), progressbar.OptionShowCount(),
			progressbar.OptionThrottle(redraw))
	}
	_ = p.bar.Set(t.Seen) // a bar that cannot be drawn is no reason to stop
}

func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
}
