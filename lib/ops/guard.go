package ops

import (
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// guard lets through who has the token; without one, who is on this host.
func (o Options) guard(next http.Handler) http.Handler {
	if o.Token != "" {
		return withToken(o.Token, next)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !local(r) {
			write(w, http.StatusForbidden, answer{Status: "only for this host: set OPS_TOKEN, and send it as a bearer token"})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// metricsGuard lets everybody through unless there is a token.
func (o Options) metricsGuard(next http.Handler) http.Handler {
	if o.Token == "" {
		return next
	}
	return withToken(o.Token, next)
}

func withToken(token string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scheme, given, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if !strings.EqualFold(scheme, "Bearer") || subtle.ConstantTimeCompare([]byte(given), []byte(token)) != 1 {
			w.Header().Set("WWW-Authenticate", `Bearer realm="ops"`)
			write(w, http.StatusUnauthorized, answer{Status: "send OPS_TOKEN as a bearer token"})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// local also wants to be addressed as this host: a page in a browser here may have had its own name point to it.
func local(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !peer.Addr().Unmap().IsLoopback() {
		return false
	}

	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && ip.Unmap().IsLoopback()
}
