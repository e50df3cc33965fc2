package cmd

import (
	"errors"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"
)

const redraw = 100 * time.Millisecond

// newBar shows progress on standard error, and nothing where that is no terminal; a total of -1 is not known.
func newBar(c *cobra.Command, total int64, what string, bytes bool) *progressbar.ProgressBar {
	return progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(c.ErrOrStderr()),
		progressbar.OptionSetVisibility(onTerminal(c)),
		progressbar.OptionSetDescription(what),
		progressbar.OptionShowBytes(bytes),
		progressbar.OptionShowCount(),
		progressbar.OptionThrottle(redraw),
		progressbar.OptionClearOnFinish(),
	)
}

// endBar takes the bar away, whatever still counts on it.
func endBar(b *progressbar.ProgressBar) { _ = errors.Join(b.Exit(), b.Clear()) }

func onTerminal(c *cobra.Command) bool {
	f, ok := c.ErrOrStderr().(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
