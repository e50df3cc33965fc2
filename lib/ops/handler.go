package ops

import (
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Options say what the port serves besides probes, and to whom.
type Options struct {
	Probes  *Probes
	Metrics prometheus.Gatherer // nil: no /metrics
	Token   string              // what all but probes is asked for; empty: only loopback gets more than probes and metrics
	More    http.Handler        // whatever else the port has, as well guarded as the profiles; nil: nothing
}

// Handler serves the three probes to everybody, and /metrics, /debug/pprof/ and More to those who may have them.
func Handler(o Options) http.Handler {
	mux := http.NewServeMux()
	for _, path := range Paths() {
		mux.Handle(path, o.Probes.Handler())
	}
	if o.Metrics != nil {
		mux.Handle("GET /metrics", o.metricsGuard(promhttp.HandlerFor(o.Metrics, promhttp.HandlerOpts{
			ErrorHandling: promhttp.ContinueOnError, // one sick collector must not hide the others
		})))
	}
	mux.Handle("/debug/pprof/", o.guard(patient(profiles())))
	if o.More != nil {
		mux.Handle("/", o.guard(o.More))
	}
	return mux
}

func profiles() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return mux
}

// patient lets a profile take longer than the server gives a request to come in: its context would end then.
func patient(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).SetReadDeadline(time.Time{}) // a connection without deadlines needs none
		next.ServeHTTP(w, r)
	})
}
