package cmd

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"example.com/app/lib/broker/desk"
)

func queueRequeueCommand(f *flags) *cobra.Command {
	var in desk.Replay
	c := &cobra.Command{
		Use:   "requeue QUEUE.dead (--id ID | --reason REASON | --all)",
		Short: "Send dead messages back to the queue in which they died",
		Long: "Send dead messages back to the queue in which they died, as if nobody had tried them yet.\n" +
			"Those that die meanwhile are not taken. An interruption loses none. For 30 days it is remembered which\n" +
			"messages were handled: older ones might take effect twice, and stay unless --force is given.",
		Example: "  app queue requeue example.main.dead --reason exhausted --rate 100/s\n" +
			"  app queue requeue example.main.dead --all --dry-run",
		Args: func(c *cobra.Command, args []string) error {
			return cmp.Or(exactly("QUEUE.dead")(c, args), chosen(in.Filter))
		},
		RunE: func(c *cobra.Command, args []string) error {
			return f.withDesk(c, deskOptions{requeue: args[0]}, func(w workplace) error {
				tally, err := drawn(c, "requeue", func(report func(desk.Tally)) (desk.Tally, error) {
					return w.Requeue(c.Context(), args[0], in, report)
				})
				done := fmt.Sprintf("requeued %d of %d messages", tally.Done, tally.Total)
				if in.DryRun {
					done = fmt.Sprintf("%d of %d messages would be requeued", tally.Matched-tally.Old, tally.Total)
				}
				return showTally(c, tally, done, cmp.Or(err, missed(in.Filter, tally, args[0]), left(tally)))
			})
		},
	}
	addChoice(c, &in.Filter)
	c.Flags().Var((*perSecond)(&in.Rate), "rate", "at most so many, as 100/s; unset: as fast as the broker takes them")
	c.Flags().BoolVar(&in.DryRun, "dry-run", false, "only count what would go back")
	c.Flags().BoolVar(&in.Force, "force", false, "also those that are older than 30 days, or do not tell their age")
	return c
}

// left says why messages stayed that were asked for.
func left(t desk.Tally) error {
	if t.Old == 0 {
		return nil
	}
	return fmt.Errorf("left %d messages that are older than 30 days, or do not tell their age: "+
		"those that were handled before might take effect twice; --force requeues them", t.Old)
}

// perSecond is a flag like 100/s.
type perSecond int

func (p *perSecond) String() string {
	if *p == 0 {
		return ""
	}
	return strconv.Itoa(int(*p)) + "/s"
}

func (*perSecond) Type() string { return "N/s" }

func (p *perSecond) Set(text string) error {
	count, ok := strings.CutSuffix(text, "/s")
	n, err := strconv.Atoi(count)
	if !ok || err != nil || n < 1 {
		return errors.New("want a whole number per second, as 100/s")
	}
	*p = perSecond(n)
	return nil
}
