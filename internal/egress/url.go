package egress

import (
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/idna"

	"github.com/patchbay-dev/patchbay/internal/fault"
)

// CheckURL refuses, when a URL is saved, what could never be reached: another
// scheme, no host, credentials in it, a literal private address in any
// spelling, a port that is not allowed. It is help for the person who typed it;
// the guard decides at each call.
func (g *Guard) CheckURL(raw string) error {
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http" {
		return fault.New(fault.Invalid, "url", "%q is not an http or https URL.", clip(raw))
	}
	if u.User != nil {
		return fault.New(fault.Invalid, "url", "A URL may not hold a user name or password.")
	}
	host, err := idna.Lookup.ToASCII(u.Hostname()) // ①②⑦.0.0.1 is 127.0.0.1
	if err != nil || strings.Contains(u.Hostname(), ":") {
		host = u.Hostname()
	}
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		host = "127.0.0.1"
	}
	if numeric(host) {
		return fault.New(fault.Invalid, "url", "%q is an address in another spelling. Write it as in 192.0.2.1.", clip(u.Hostname()))
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		network := "tcp4"
		if ip.Is6() {
			network = "tcp6"
		}
		return g.Check(network, net.JoinHostPort(ip.String(), port))
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || len(g.allow) == 0 && !slices.Contains(ports, uint16(n)) { // a name may lead to what the operator allows
		return ErrBlocked
	}
	return nil
}

// numeric reports whether a host is a number where a name would end, and yet no
// address as it is written today: 2130706433, 0x7f000001, 0177.0.0.1, 127.1. To
// browsers and some resolvers it is one (url.spec.whatwg.org, 4.3 "ends in a number").
func numeric(host string) bool {
	host = strings.TrimSuffix(host, ".")
	if _, err := netip.ParseAddr(host); err == nil {
		return false
	}
	last := strings.ToLower(host[strings.LastIndexByte(host, '.')+1:])
	if hex, ok := strings.CutPrefix(last, "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return last != "" && strings.Trim(last, "0123456789") == ""
}

func clip(s string) string {
	if len(s) > 100 {
		return strings.ToValidUTF8(s[:100], "") + "…"
	}
	return s
}
