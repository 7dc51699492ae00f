package app

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/villagecast/villagecast/scheduler"
)

// proxies are the addresses of proxies that are believed when they say for whom
// they ask.
type proxies []netip.Prefix

// parseProxies reads addresses and networks. A network so large that strangers
// stand in it is none of proxies.
func parseProxies(texts []string) (out proxies, err error) {
	for i, text := range texts {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			var a netip.Addr
			if a, err = netip.ParseAddr(text); err == nil {
				p = netip.PrefixFrom(a, a.BitLen())
			}
		}
		field := fmt.Sprintf("trusted_proxies[%d]", i)
		switch {
		case err != nil:
			return nil, invalid(field, text,
				scheduler.Words{ZH: "既不是地址也不是网段", EN: "is neither an address nor a network"},
				scheduler.Words{ZH: "写代理自己的地址，如 127.0.0.1 或 192.0.2.0/28", EN: "give the proxy's own address, such as 127.0.0.1 or 192.0.2.0/28"})
		case p.Addr().Is4() && p.Bits() < 8 || p.Addr().Is6() && p.Bits() < 32:
			return nil, invalid(field, text,
				scheduler.Words{ZH: "这么大的网段里不会只有代理：里面任何人都能冒充别人", EN: "so large a network is not of proxies alone: anybody in it could say that he is somebody else"},
				scheduler.Words{ZH: "写代理自己的地址", EN: "give the proxy's own address"})
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

func (p proxies) trust(a netip.Addr) bool {
	for _, net := range p {
		if net.Contains(a) {
			return true
		}
	}
	return false
}

// visit is what is known of where a request comes from.
type visit struct {
	// from is the address of who asks, as far as it can be believed.
	from string
	// secure tells that it came under TLS, to us or to a proxy.
	secure bool
	// proxied tells that a trusted proxy brought it.
	proxied bool
}

// visit reads where a request comes from. What its headers say counts only when
// a trusted proxy brought it; then the caller is the nearest hop that is no proxy
// of ours: what stands further left anybody may have written.
func (p proxies) visit(r *http.Request) visit {
	v := visit{from: r.RemoteAddr, secure: r.TLS != nil}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return v
	}
	v.from = host
	peer, err := netip.ParseAddr(host)
	if err != nil || !p.trust(peer.Unmap()) {
		return v
	}
	v.proxied = true
	said, proto := listed(r.Header.Values("X-Forwarded-For")), last(listed(r.Header.Values("X-Forwarded-Proto")))
	client := p.client(peer.Unmap(), said)
	if hops, protos := forwarded(r.Header.Values("Forwarded")); len(hops) > 0 {
		// A proxy writes one of the two forms and passes on what came in the other.
		switch other := p.client(peer.Unmap(), hops); {
		case len(said) == 0:
			client, proto = other, last(protos)
		case other != client:
			client = peer.Unmap()
		}
	}
	v.from, v.secure = client.String(), v.secure || proto == "https"
	return v
}

// client walks the hops from the nearest one on, up to the first that is no
// trusted proxy or cannot be read.
func (p proxies) client(peer netip.Addr, hops []string) netip.Addr {
	for i := len(hops) - 1; i >= 0 && p.trust(peer); i-- {
		next, err := parseHop(hops[i])
		if err != nil {
			break
		}
		peer = next
	}
	return peer
}

// parseHop reads an address with or without a port.
func parseHop(text string) (netip.Addr, error) {
	text = strings.Trim(text, `"`)
	if ap, err := netip.ParseAddrPort(text); err == nil {
		return ap.Addr().Unmap(), nil
	}
	a, err := netip.ParseAddr(strings.Trim(text, "[]"))
	return a.Unmap(), err
}

// listed are the elements of a header that is a list, over all its lines.
func listed(lines []string) (out []string) {
	for _, line := range lines {
		for _, e := range strings.Split(line, ",") {
			if e = strings.TrimSpace(e); e != "" {
				out = append(out, e)
			}
		}
	}
	return out
}

func last(all []string) string {
	if len(all) == 0 {
		return ""
	}
	return strings.ToLower(all[len(all)-1])
}

// forwarded reads the header of RFC 7239: a hop and a protocol for each element,
// "" where it says none.
func forwarded(lines []string) (hops, protos []string) {
	for _, element := range listed(lines) {
		hop, proto := "", ""
		for _, pair := range strings.Split(element, ";") {
			key, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
			switch strings.ToLower(key) {
			case "for":
				hop = value
			case "proto":
				proto = strings.Trim(value, `"`)
			}
		}
		hops, protos = append(hops, hop), append(protos, proto)
	}
	return hops, protos
}

type visitKey struct{}

// visitOf is what the listener found out about where a request comes from.
func visitOf(r *http.Request) visit {
	v, ok := r.Context().Value(visitKey{}).(visit)
	if !ok {
		return proxies(nil).visit(r)
	}
	return v
}

// from is the network address of who asks.
func from(r *http.Request) string { return visitOf(r).from }

// withVisit notes it.
func withVisit(r *http.Request, v visit) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
}
