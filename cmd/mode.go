package cmd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime/debug"
	"strconv"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"example.com/app/lib/api"
	"example.com/app/lib/config"
	"example.com/app/lib/ops"
	"example.com/app/lib/telemetry"
)

// mode is one way to run the program.
type mode struct {
	name        string
	needsBroker bool   // false: the mode reports the broker and goes on without it
	portSetting string // of the ops port
	port        func(Settings) int
	parts       func(ctx context.Context, d *Deps, p *ops.Probes) ([]part, error)
}

// part is one piece of a mode's work. It runs until its context ends, and then finishes what it has begun
// within SHUTDOWN_TIMEOUT.
type part struct {
	run    func(ctx context.Context) error
	stuck  func() error     // why the process must be replaced; nil for never
	reload func(s Settings) // takes up what may change while it runs; nil for nothing
}

// start is the life of a mode, from the settings to the last connection's end.
func (f *flags) start(c *cobra.Command, m mode) error {
	r := f.newReloader(c)
	s, report, err := r.first()
	if err != nil {
		return err
	}

	v, err := newVoice(c.Context(), s, m.name)
	if err != nil {
		return err
	}
	defer v.close()
	warnOf(report, v.log)
	return live(c.Context(), m, s, v, r)
}

// warnOf tells what a process can live with.
func warnOf(r *config.Report, log *slog.Logger) {
	if err := r.RemoteErr(); err != nil {
		log.Warn("not all settings could be read", "error", err)
	}
	for _, u := range r.Unknown() {
		log.Warn("unknown setting", "name", u.Name, "origin", u.Origin, "rule", u.Rule)
	}
}

// live answers probes from its first moment to its last. A signal while it starts is a stop like any other.
func live(ctx context.Context, m mode, s Settings, v voice, r *reloader) error {
	ctx = telemetry.WithLogger(ctx, v.log)
	probes, d := &ops.Probes{}, newDeps(s, v)
	closeOps, err := d.serveOps(ctx, m, probes)
	if err != nil {
		return err
	}
	defer closeOps()

	parts, err := d.begin(ctx, m, probes)
	if err != nil {
		return unlessStopped(ctx, err)
	}
	defer d.Close(context.WithoutCancel(ctx))
	debug.FreeOSMemory() // a third of what the start took is needed from here on
	probes.Ready(stuck(parts), d.DB.Ping, d.checks(m)...)
	d.Log.Info("ready")

	parts = append(parts, d.reloading(r, parts), part{run: telemetry.NewPulse(d.Metrics, d.Log).Run})
	err = work(ctx, parts, func() { drain(probes, s.DrainDelay, d.Log) })
	d.Log.Info("stopped")
	return err
}

// begin opens what the mode needs and makes its parts, within STARTUP_TIMEOUT.
func (d *Deps) begin(ctx context.Context, m mode, p *ops.Probes) ([]part, error) {
	ctx, cancel := context.WithTimeout(ctx, d.Settings.StartupTimeout)
	defer cancel()

	if err := d.Open(ctx, m); err != nil {
		return nil, err
	}
	d.judgePools(ctx)
	d.measure(m)
	parts, err := m.parts(ctx, d, p)
	if err != nil {
		d.Close(context.WithoutCancel(ctx))
	}
	return parts, err
}

// unlessStopped is nil when a signal has ended the start that err is of.
func unlessStopped(ctx context.Context, err error) error {
	select {
	case <-ctx.Done():
		return nil
	default:
		return err
	}
}

func (d *Deps) serveOps(ctx context.Context, m mode, p *ops.Probes) (closeOps func(), err error) {
	l, err := listen(d.Settings.Host, m.port(d.Settings), m.portSetting)
	if err != nil {
		return nil, err
	}

	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = api.Serve(ctx, l, ops.Handler(d.opsOptions(p)), time.Second)
	}()
	return func() { cancel(); <-done }, nil
}

func (d *Deps) opsOptions(p *ops.Probes) ops.Options {
	o := ops.Options{Probes: p, Token: d.Settings.OpsToken, More: d.Ops}
	if d.Settings.Metrics {
		o.Metrics = d.Metrics
	}
	return o
}

func listen(host string, port int, setting string) (net.Listener, error) {
	l, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, listenAdvice(err, setting))
	}
	return l, nil
}

func listenAdvice(err error, setting string) string {
	if _, unknown := errors.AsType[*net.DNSError](err); unknown || errors.Is(err, syscall.EADDRNOTAVAIL) {
		return "set HOST to an address of this host"
	}
	return "set " + setting + " to a free port"
}

// work runs the parts until ctx ends or one of them returns; after drain the others then stop too.
func work(ctx context.Context, parts []part, drain func()) error {
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()

	ended := make(chan error, len(parts))
	for _, p := range parts {
		go func() { ended <- p.run(working) }()
	}

	var errs []error
	select {
	case err := <-ended:
		errs = append(errs, err)
	case <-ctx.Done():
	}

	drain()
	stop()
	for len(errs) < len(parts) {
		errs = append(errs, <-ended)
	}
	return errors.Join(errs...)
}

// drain gives whoever sends work the time to see that this process is not ready any more.
func drain(p *ops.Probes, delay time.Duration, log *slog.Logger) {
	p.Drain()
	log.Info("stopping", "drain_delay_ms", telemetry.Millis(delay))
	time.Sleep(delay)
}

func stuck(parts []part) func() error {
	return func() error {
		var errs []error
		for _, p := range parts {
			if p.stuck != nil {
				errs = append(errs, p.stuck())
			}
		}
		return errors.Join(errs...)
	}
}
