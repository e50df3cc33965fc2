package cmd

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"example.com/app/lib/config"
)

// patience bounds each examination, however many questions it asks.
const patience = 10 * time.Second

func doctorCommand(f *flags) *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Try everything that the settings name, and say what to do about each fault",
		Long: "Try everything that the settings name, and say what to do about each fault. It changes nothing, and may run beside what works.\n\n" +
			"Beside an app dev of this folder it looks at the database and the messages of that, where DATABASE_URL and AMQP_URL are not set.",
		Example: "  app doctor\n  app doctor --env-file production.env --output json",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			s, report, err := f.load(c)
			mistakes := config.MistakesOf(err)
			if err != nil && len(mistakes) == 0 {
				return err
			}

			d := doctor{Settings: s, report: report, mistakes: mistakes}
			findings := d.examine(c.Context())
			if err := show(c, []string{"CHECK", "RESULT", "FOUND", "WHAT TO DO"}, findings, findingCells); err != nil {
				return err
			}
			if n := faults(findings); n > 0 {
				return fmt.Errorf("the doctor has found faults: %d", n)
			}
			return nil
		},
	}
}

// doctor looks at a set of settings, some of which may be mistaken.
type doctor struct {
	Settings
	report   *config.Report
	mistakes config.Mistakes
}

// finding is what a check came to.
type finding struct {
	Check  string `json:"check"`
	Result result `json:"result"`
	Found  string `json:"found"`
	Advice string `json:"advice,omitempty"`
}

type result string

const (
	fine    result = "ok"
	warning result = "warning" // it works, and somebody should know
	fault   result = "fault"   // it does not work
	skipped result = "skipped" // what it needs is at fault
)

func findingCells(f finding) []any {
	return []any{f.Check, f.Result, f.Found, cmp.Or(f.Advice, "-")}
}

func faults(all []finding) (n int) {
	for _, f := range all {
		if f.Result == fault {
			n++
		}
	}
	return n
}

// examination is one of several that go on at once.
type examination struct {
	check   string
	setting string // without which it makes no sense; "" for none
	look    func(ctx context.Context) []finding
}

// examine finishes every examination, whatever the others find.
func (d doctor) examine(ctx context.Context) []finding {
	all := []examination{{check: "settings", look: d.settings}}
	if len(d.report.Settings()) > 0 { // else the env file could not be read, and they are not those that are meant
		d, own := d.besideDev(ctx)
		all = slices.Concat(all, d.secrets(), d.dev(own), d.databases(), d.messaging(), d.caches(), d.ports(), d.upstreams())
	}

	findings := make([][]finding, len(all))
	var wg sync.WaitGroup
	for i, e := range all {
		wg.Go(func() { findings[i] = d.bounded(ctx, e) })
	}
	wg.Wait()
	return slices.Concat(findings...)
}

func (d doctor) mistaken(setting string) bool {
	return slices.ContainsFunc(d.mistakes, func(m config.Mistake) bool { return m.Name == setting })
}

func (d doctor) bounded(ctx context.Context, e examination) []finding {
	if d.mistaken(e.setting) {
		return []finding{{e.check, skipped, e.setting + " is mistaken", ""}}
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return e.look(ctx)
}
