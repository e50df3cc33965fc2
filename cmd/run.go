package cmd

import (
	"context"

	"github.com/spf13/cobra"

	"example.com/app/handler"
	"example.com/app/lib/api"
	"example.com/app/lib/ops"
	"example.com/app/lib/spool"
)

func runCommand(f *flags) *cobra.Command {
	return &cobra.Command{
		Use:     "run",
		Short:   "Serve the HTTP API",
		Example: "  app run\n  app run --set API_PORT=9000 --set DEBUG=true",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return f.start(c, mode{
				name:        "run",
				portSetting: "OPS_PORT",
				port:        func(s Settings) int { return s.OpsPort },
				parts:       apiParts,
			})
		},
	}
}

// title is the service's name in its documents.
const title = "Students"

// service is its name in tokens, traces and the keys of Redis; with another one no access token is good any more.
const service = "app"

func newAPI(d *Deps, u handler.Upstreams) *api.Group {
	s, gate := d.Settings, newGate(d)
	o := api.Options{
		Title:     title,
		Version:   readVersion().Version,
		Prefix:    "/api/v1",
		Errors:    handler.Errors(),
		Logger:    d.Log,
		AccessLog: s.AccessLog,
		Docs:      s.Debug,
		AsyncAPI:  func() ([]byte, error) { return asyncAPI(s) },
		Metrics:   d.Metrics,
		Tracer:    d.Tracer,
		Proxies:   s.TrustedProxies,
		HSTS:      s.Env == "production",
		Policy:    policy(s),
		DB:        d.DB,
	}
	if s.Auth {
		o.Authenticate = gate.Authenticate
	}
	if d.Redis != nil {
		o.Bucket = d.Redis.Take
	}
	root := api.New(o)
	handler.Routes(root, d.DB, d.CPU, gate, newBrake(d), u)
	return root
}

// policy is what a reload may change of the API.
func policy(s Settings) api.Policy {
	return api.Policy{RateLimit: s.RateLimit, CORSOrigins: s.CORSOrigins}
}

// apiParts listens at once, so that a port that is taken is an error of the start.
func apiParts(_ context.Context, d *Deps, p *ops.Probes) ([]part, error) {
	s := d.Settings
	if err := spool.Try(); err != nil { // large bodies go there
		return nil, err
	}
	upstreams, err := d.newUpstreams()
	if err != nil {
		return nil, err
	}
	root := newAPI(d, upstreams)
	if s.Auth && s.JWTSecret == "" {
		d.Log.Warn("everybody is logged out when this process ends: JWT_SECRET is not set")
	}
	for _, path := range ops.Paths() {
		root.Mount(path, p.Handler())
	}

	l, err := listen(s.Host, s.APIPort, "API_PORT")
	if err != nil {
		return nil, err
	}
	d.Log.Info("serving the API", "address", l.Addr().String())
	return []part{{
		run: func(ctx context.Context) error {
			return api.Serve(ctx, l, root.Handler(), s.ShutdownTimeout)
		},
		reload: func(to Settings) {
			root.SetPolicy(policy(to))
			upstreams.States.SetTTL(to.StatesTTL)
		},
	}}, nil
}
