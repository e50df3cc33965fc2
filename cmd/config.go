package cmd

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"example.com/app/lib/config"
)

func configCommand(f *flags) *cobra.Command {
	return group("config", "Check the settings, or show them", configCheckCommand(f), configPrintCommand(f))
}

func configCheckCommand(f *flags) *cobra.Command {
	return &cobra.Command{
		Use:     "check",
		Short:   "Tell every mistake in the settings, unknown names in the env file and in Consul too",
		Example: "  app config check\n  app config check --env-file production.env --set ENV=production",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			_, report, err := f.load(c)
			mistakes := slices.Concat(config.MistakesOf(err), report.Unknown())
			switch {
			case err == nil:
				noteConsul(c, report)
			case len(mistakes) == 0:
				return err
			}
			if len(mistakes) > 0 {
				return mistakes
			}
			fmt.Fprintln(c.OutOrStdout(), "the settings are fine")
			return nil
		},
	}
}

func configPrintCommand(f *flags) *cobra.Command {
	return &cobra.Command{
		Use:     "print",
		Short:   "Show the settings that hold and where each came from; passwords are masked",
		Example: "  app config print\n  app config print --output json",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			_, report, err := f.load(c)
			if err != nil {
				return err
			}
			noteConsul(c, report)
			return show(c, []string{"NAME", "VALUE", "ORIGIN"}, report.Settings(), func(s config.Setting) []any {
				return []any{s.Name, cmp.Or(s.Value, "-"), s.Origin}
			})
		},
	}
}

// noteConsul keeps what could not be read apart from what the command answers.
func noteConsul(c *cobra.Command, r *config.Report) {
	if err := r.RemoteErr(); err != nil {
		fmt.Fprintln(c.ErrOrStderr(), "app:", err)
	}
}
