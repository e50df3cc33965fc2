package cmd

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"example.com/app/lib/config"
	"example.com/app/lib/cron"
)

// reloader reads the settings, and again at each SIGHUP. Windows has no such signal.
type reloader struct {
	load     func() (Settings, *config.Report, error)
	hangups  chan os.Signal
	terminal bool           // the process was started from one
	started  *config.Report // what holds until the process ends, but for what may change
	current  *config.Report
}

// newReloader keeps SIGHUP from ending the process from now on; the first answer comes when its parts work.
func (f *flags) newReloader(c *cobra.Command) *reloader {
	r := &reloader{
		load:    func() (Settings, *config.Report, error) { return f.load(c) },
		hangups: make(chan os.Signal, 1),

		terminal: attached(),
	}
	signal.Notify(r.hangups, syscall.SIGHUP)
	return r
}

func (r *reloader) first() (s Settings, _ *config.Report, err error) {
	s, r.started, err = r.load()
	r.current = r.started
	return s, r.started, err
}

// attached is false, too, once the terminal has been closed, of which SIGHUP tells as well.
func attached() bool { return term.IsTerminal(int(os.Stdin.Fd())) }

// reloading is the part of every mode that lets the others take up new settings. It ends, and so the mode stops, with the
// terminal that the process was started from.
func (d *Deps) reloading(r *reloader, parts []part) part {
	return part{run: func(ctx context.Context) error {
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-r.hangups:
				if r.terminal && !attached() {
					return nil
				}
				d.reload(r, parts)
			}
		}
	}}
}

// reload takes up a whole set of settings, or nothing of one that has mistakes.
func (d *Deps) reload(r *reloader, parts []part) {
	s, report, err := r.load()
	if err != nil {
		d.Log.Error("the settings were read again and are refused: the old ones hold", "mistakes", sentences(err))
		return
	}

	d.Level.Set(s.LogLevel)
	for _, p := range parts {
		if p.reload != nil {
			p.reload(s)
		}
	}
	warnOf(report, d.Log)
	d.tellChanges(report.Since(r.current), report.Since(r.started))
	r.current = report
}

// tellChanges names what changed now, and what would since the start if the process began anew.
func (d *Deps) tellChanges(now, sinceStart []config.Change) {
	d.Log.Info("the settings were read again", "changed", pairs(now, true))
	if waiting := pairs(sinceStart, false); len(waiting) > 0 {
		d.Log.Warn("restart needed", "settings", waiting)
	}
}

func pairs(changes []config.Change, reload bool) []string {
	all := []string{}
	for _, c := range changes {
		if c.Reload == reload {
			all = append(all, c.Name+"="+c.Value)
		}
	}
	return all
}

func sentences(err error) []string {
	mistakes := config.MistakesOf(err)
	if len(mistakes) == 0 {
		return []string{err.Error()}
	}
	all := make([]string, 0, len(mistakes))
	for _, m := range mistakes {
		all = append(all, m.Error())
	}
	return all
}

// schedulesOf are those of the jobs, by name.
func schedulesOf(jobs []cron.Job) map[string]cron.Schedule {
	all := map[string]cron.Schedule{}
	for _, job := range jobs {
		all[job.Name] = job.Schedule
	}
	return all
}
