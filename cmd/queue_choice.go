package cmd

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"example.com/app/lib/broker"
	"example.com/app/lib/broker/desk"
)

func addFilter(c *cobra.Command, pick *desk.Filter) {
	c.Flags().Var((*reason)(&pick.Reason), "reason", "only those that died of this: "+strings.Join(broker.Reasons(), ", "))
	c.Flags().StringVar(&pick.ID, "id", "", "only the one with this message-id")
}

// reason is a flag that names why messages died.
type reason string

func (r *reason) String() string { return string(*r) }

func (*reason) Type() string { return "reason" }

func (r *reason) Set(s string) error {
	if !slices.Contains(broker.Reasons(), s) {
		return fmt.Errorf("want one of %s", strings.Join(broker.Reasons(), ", "))
	}
	*r = reason(s)
	return nil
}

// addChoice is for what changes a queue: all messages are meant only when that is said.
func addChoice(c *cobra.Command, pick *desk.Filter) {
	addFilter(c, pick)
	c.Flags().BoolVar(&pick.All, "all", false, "every message")
}

// chosen refuses a filter that says nothing, or two things that contradict.
func chosen(pick desk.Filter) error {
	narrow := pick.ID != "" || pick.Reason != ""
	switch {
	case pick.All && narrow:
		return errors.New("--all stands without --id and --reason")
	case !pick.All && !narrow:
		return errors.New("say which messages: --id, --reason or --all")
	}
	return nil
}

// missed is the error of a message that was asked for by its id and is not there.
func missed(pick desk.Filter, t desk.Tally, queue string) error {
	if pick.ID == "" || t.Matched > 0 {
		return nil
	}
	return fmt.Errorf("find message %s in %s: it is not there", pick.ID, queue)
}

// showTally says what was done, if it came to anything before err; it returns err.
func showTally(c *cobra.Command, t desk.Tally, done string, err error) error {
	if err != nil && t.Matched == 0 {
		return err
	}
	if asJSON(c) {
		return cmp.Or(err, show(c, nil, []desk.Tally{t}, nil))
	}
	_, failed := fmt.Fprintln(c.OutOrStdout(), done)
	return cmp.Or(err, failed)
}
