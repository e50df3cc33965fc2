package cmd

import (
	"github.com/spf13/cobra"

	"example.com/app/lib/broker/desk"
)

func queueListCommand(f *flags) *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "Show what waits in every queue of the table, and how many consumers each has",
		Example: "  app queue list\n  app queue list --output json",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return f.withDesk(c, deskOptions{}, func(w workplace) error {
				rows, err := w.List(c.Context())
				if err != nil {
					return err
				}
				return show(c, []string{"NAME", "MESSAGES", "CONSUMERS"}, rows, queueCells)
			})
		},
	}
}

func queueCells(r desk.Row) []any {
	if r.Missing {
		return []any{r.Name, "missing", "-"}
	}
	return []any{r.Name, *r.Messages, *r.Consumers}
}
