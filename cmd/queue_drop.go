package cmd

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"example.com/app/lib/broker/desk"
)

func queueDropCommand(f *flags) *cobra.Command {
	var pick desk.Filter
	var yes bool
	var archive string
	c := &cobra.Command{
		Use:   "drop QUEUE.dead (--id ID | --reason REASON | --all) --yes",
		Short: "Put dead messages away for good, into a file",
		Long: "Put dead messages away for good: each is added to the archive, whole, as a line of JSON, and leaves the\n" +
			"queue once that line is on the disk.",
		Example: "  app queue drop example.main.dead --reason malformed --yes\n" +
			"  app queue drop example.main.dead --id 0198c2f0-8f6e-7c3a-b1de-3c1f4f1e2a77 --yes --archive /var/lib/app/dropped.jsonl",
		Args: func(c *cobra.Command, args []string) error {
			return cmp.Or(exactly("QUEUE.dead")(c, args), chosen(pick), confirmed(yes))
		},
		RunE: func(c *cobra.Command, args []string) error {
			return f.withDesk(c, deskOptions{archive: archive}, func(w workplace) error {
				tally, err := drawn(c, "drop", func(report func(desk.Tally)) (desk.Tally, error) {
					return w.Drop(c.Context(), args[0], pick, report)
				})
				done := fmt.Sprintf("dropped %d of %d messages into %s", tally.Done, tally.Total, w.Archive())
				return showTally(c, tally, done, cmp.Or(err, missed(pick, tally, args[0])))
			})
		},
	}
	addChoice(c, &pick)
	c.Flags().BoolVar(&yes, "yes", false, "yes, they shall leave the queue")
	c.Flags().StringVar(&archive, "archive", "", "file to add them to; unset: "+defaultArchive)
	return c
}

const defaultArchive = "dropped.jsonl"

func confirmed(yes bool) error {
	if !yes {
		return errors.New("no message comes back from the archive by itself: say --yes to drop")
	}
	return nil
}
