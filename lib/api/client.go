package api

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// clientOf is the address at the other end of the connection. While that is one of Proxies, the header X-Forwarded-For
// says who was before it, read from its end: what stands further left, anybody may have written. The zero address
// stands for all that have none.
func (s *server) clientOf(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}

	client := canonical(peer.Addr())
	hops := ""
	if len(s.Proxies) > 0 {
		hops = strings.Join(r.Header["X-Forwarded-For"], ",")
	}
	for hops != "" && s.believed(client) {
		comma := strings.LastIndexByte(hops, ',')
		before, ok := hop(strings.TrimSpace(hops[comma+1:]))
		if !ok {
			break
		}
		client, hops = before, hops[:max(comma, 0)]
	}
	return client
}

func (s *server) believed(a netip.Addr) bool {
	return slices.ContainsFunc(s.Proxies, func(p netip.Prefix) bool { return p.Contains(a) })
}

// hop reads an address, to which some proxies add the port.
func hop(text string) (netip.Addr, bool) {
	if a, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
		return canonical(a), true
	}
	a, err := netip.ParseAddrPort(text)
	return canonical(a.Addr()), err == nil
}

// canonical gives an address one form, whichever way the connection came in.
func canonical(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }
