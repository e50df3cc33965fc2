// Package cmd is the command line: one file per command, and the bootstrap that the modes share.
package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"example.com/app/lib/config"
	"example.com/app/lib/config/consul"
)

const wrongUse = 2

// flags are what every command takes.
type flags struct {
	envFile string
	set     []string
	output  output
	consul  config.Layer // as it was last taken up
}

// Execute runs the command line and returns the exit status: 0, 1 for an error, 2 for wrong use.
func Execute(ctx context.Context) int {
	root, begun := rootCommand()
	c, err := root.ExecuteContextC(ctx)
	if err == nil {
		return 0
	}

	fmt.Fprintln(os.Stderr, "app:", err)
	if !*begun {
		fmt.Fprintln(os.Stderr, "see:", c.CommandPath(), "--help")
		return wrongUse
	}
	return 1
}

// rootCommand also tells whether a command has begun: an error before that is one of use.
func rootCommand() (root *cobra.Command, begun *bool) {
	f, begun := &flags{output: "table"}, new(bool)
	root = &cobra.Command{
		Use:               "app",
		Short:             "Student records: an HTTP API, queues and jobs in one binary",
		Example:           "  app dev\n  app migrate up\n  app run",
		SilenceUsage:      true,
		SilenceErrors:     true,
		PersistentPreRun:  func(*cobra.Command, []string) { *begun = true },
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}

	p := root.PersistentFlags()
	p.StringVar(&f.envFile, "env-file", ".env", "file with settings")
	p.StringArrayVar(&f.set, "set", nil, "a setting as NAME=VALUE; may be repeated")
	p.Var(&f.output, "output", "table or json")

	root.AddCommand(
		runCommand(f), consumeCommand(f), scheduleCommand(f), migrateCommand(f), devCommand(f),
		queueCommand(f), importCommand(f), userCommand(f), openAPICommand(f), asyncAPICommand(f),
		configCommand(f), doctorCommand(f), healthCommand(f), versionCommand(),
	)
	return root, begun
}

// load reads the settings; an env file that was asked for must be there. The layers besides Consul's say where that is.
func (f *flags) load(c *cobra.Command) (Settings, *config.Report, error) {
	o := config.Options{
		EnvFile:         f.envFile,
		EnvFileRequired: c.Flags().Changed("env-file"),
		Set:             f.set,
		Environ:         os.Environ(),
	}
	var here Settings
	report, err := config.Load(&here, o)
	if here.ConsulAddr == "" || consul.CheckAddress(here.ConsulAddr) != nil {
		if err == nil {
			f.consul = config.Layer{}
		}
		return here, report, err
	}

	var s Settings
	o.Remote = f.consulLayer(c.Context(), here)
	report, err = config.Load(&s, o)
	if err == nil {
		f.consul = o.Remote
	}
	return s, report, err
}

// group is a command that only holds others.
func group(use, short string, commands ...*cobra.Command) *cobra.Command {
	g := &cobra.Command{Use: use, Short: short, Example: commands[0].Example, Args: cobra.NoArgs}
	g.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
	g.AddCommand(commands...)
	return g
}

// exactly wants one argument for each of the names. Its error repeats none: one of them may be a secret at the wrong place.
func exactly(names ...string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		want := strings.Join(names, " ")
		switch {
		case len(args) < len(names):
			return fmt.Errorf("want %s", want)
		case len(args) > len(names):
			return fmt.Errorf("want %s and nothing else", want)
		}
		return nil
	}
}

// output is how a command answers.
type output string

func (o *output) String() string { return string(*o) }

func (*output) Type() string { return "format" }

func (o *output) Set(s string) error {
	if s != "table" && s != "json" {
		return errors.New("want table or json")
	}
	*o = output(s)
	return nil
}
