package cmd

import (
	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"example.com/app/lib/broker/desk"
)

// drawn shows the tallies of work as a bar for as long as it goes on.
func drawn(c *cobra.Command, what string, work func(report func(desk.Tally)) (desk.Tally, error)) (desk.Tally, error) {
	var bar *progressbar.ProgressBar
	tally, err := work(func(t desk.Tally) {
		if bar == nil {
			bar = newBar(c, int64(t.Total), what, false)
		}
		_ = bar.Set(t.Seen) // a bar that cannot be drawn is no reason to stop
	})
	if bar != nil {
		endBar(bar)
	}
	return tally, err
}
