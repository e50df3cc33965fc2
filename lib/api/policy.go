package api

import (
	"net/netip"
	"net/url"
	"strings"
)

// Policy is what may change while the API serves.
type Policy struct {
	RateLimit   Rate     // of each client address, IPv6 by /64, and of each user
	CORSOrigins []string // web origins whose pages may call the API: "https://example.com"; what follows the host does not count
}

// SetPolicy replaces the whole policy at once: a request sees one or the other. Who has used up a rate has still done so
// when the new policy has the same one.
func (g *Group) SetPolicy(p Policy) {
	g.server.policy.Store(newPolicy(p, g.server.policy.Load(), g.server.Bucket))
}

// policy is a Policy as requests use it. It does not change, but for what its limiters remember.
type policy struct {
	rate    Rate
	clients *limiter[netip.Addr] // nil: no limit
	users   *limiter[int64]
	origins map[string][]string // to the header value that allows it
	vary    []string            // of an answer that is the same for everybody
	varyWho []string            // of one that depends on who asks
}

func newPolicy(given Policy, before *policy, shared Bucket) *policy {
	p := &policy{rate: given.RateLimit, origins: map[string][]string{}, vary: []string{"Accept-Encoding"}}
	switch {
	case before != nil && before.rate == p.rate:
		p.clients, p.users = before.clients, before.users
	case p.rate != Rate{}:
		p.clients, p.users = newLimiter[netip.Addr]("client", p.rate, shared), newLimiter[int64]("user", p.rate, shared)
	}

	for _, text := range given.CORSOrigins {
		origin := originOf(text)
		p.origins[origin] = []string{origin}
		p.vary = []string{"Origin, Accept-Encoding"}
	}
	p.varyWho = []string{"Authorization, " + p.vary[0]}
	return p
}

// originOf writes an origin as browsers do: scheme, host and a port that is not the scheme's own.
func originOf(text string) string {
	u, err := url.Parse(strings.ToLower(text))
	if err != nil {
		return text
	}
	host := u.Host
	if own := map[string]string{"http": ":80", "https": ":443"}[u.Scheme]; own != "" {
		host = strings.TrimSuffix(host, own)
	}
	return u.Scheme + "://" + host
}
