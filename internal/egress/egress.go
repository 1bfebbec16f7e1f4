// Package egress is the only way out to addresses that a customer, a user or a
// provider named. It refuses private networks at the moment of dialling, so a
// name that changes its address (DNS rebinding) is refused too.
package egress

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"code.dny.dev/ssrf"

	"github.com/patchbay-dev/patchbay/internal/fault"
)

// ErrBlocked is returned for an address that may not be reached.
var ErrBlocked = fault.New(fault.Invalid, "address_blocked", "This address may not be reached: it is private, reserved, or uses a port that is not allowed. An operator can allow it in PATCHBAY_EGRESS_ALLOW.")

// azureWire is Azure's host service: a public address with credentials behind it.
var azureWire = netip.MustParsePrefix("168.63.129.16/32")

// Guard decides which addresses may be dialled.
type Guard struct {
	allow  []netip.Prefix
	public *ssrf.Guardian

	proxy    *url.URL      // nil = none; see Through
	resolver *net.Resolver // nil = the machine's
}

// ports are those of the public internet that may be dialled.
var ports = []uint16{80, 443, 8443}

// NewGuard returns a guard for the public internet on ports 80, 443 and 8443,
// and for the allowed prefixes on any port.
func NewGuard(allow ...netip.Prefix) *Guard {
	return &Guard{allow: allow, public: ssrf.New(ssrf.WithPorts(ports...), ssrf.WithDeniedV4Prefixes(azureWire))}
}

// Check returns ErrBlocked for an address (ip:port) that may not be dialled.
func (g *Guard) Check(network, address string) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return ErrBlocked.Because(err)
	}
	for _, p := range g.allow {
		if p.Contains(at.Addr().Unmap()) {
			return nil
		}
	}
	if err := g.public.Safe(network, address, nil); err != nil {
		return ErrBlocked.Because(err)
	}
	return nil
}

// Client returns an HTTP client that keeps to the guard, follows no redirect,
// uses no proxy but the guard's own, and gives up after timeout, which covers
// the body too. It reuses connections: up to perHost idle ones a host.
func (g *Guard) Client(timeout time.Duration, perHost int) *http.Client {
	return &http.Client{
		Timeout: timeout,
		Transport: &http.Transport{
			DialContext:            g.Dial,
			Proxy:                  nil, // a proxy of the transport would hide the address from the guard
			ForceAttemptHTTP2:      true,
			DisableCompression:     true,
			TLSHandshakeTimeout:    5 * time.Second,
			ResponseHeaderTimeout:  timeout,
			MaxIdleConns:           4096,
			MaxIdleConnsPerHost:    perHost,
			IdleConnTimeout:        90 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Dial connects to host:port, if the address that the host has at this moment
// may be reached: ErrBlocked if not.
func (g *Guard) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	if host, _, err := net.SplitHostPort(address); err != nil || numeric(host) {
		return nil, ErrBlocked.Because(err) // a resolver may take it for the address that it spells
	}
	if g.proxy != nil {
		return g.dial(ctx, network, address)
	}
	dialer := &net.Dialer{
		Timeout:  5 * time.Second,
		Resolver: g.resolver,
		ControlContext: func(_ context.Context, network, address string, _ syscall.RawConn) error {
			return g.Check(network, address)
		},
	}
	return dialer.DialContext(ctx, network, address) //nolint:wrapcheck // Class knows the types of what fails
}

// Lookup returns an error for a host that has no address. Whether one that it has
// may be reached is for Dial to say.
func (g *Guard) Lookup(ctx context.Context, host string) error {
	if numeric(host) {
		return ErrBlocked
	}
	_, err := g.names().LookupNetIP(ctx, "ip", host)
	return err //nolint:wrapcheck // Class knows the types of what fails
}

// LookupTXT returns what a name's DNS says in texts. Nothing is connected to.
func (g *Guard) LookupTXT(ctx context.Context, name string) ([]string, error) {
	return g.names().LookupTXT(ctx, name) //nolint:wrapcheck // the caller says what it means that there is none
}

// Resolve has names looked up by r and not by the machine's own resolver.
func (g *Guard) Resolve(r *net.Resolver) { g.resolver = r }

func (g *Guard) names() *net.Resolver {
	if g.resolver == nil {
		return net.DefaultResolver
	}
	return g.resolver
}

// Narrow is Client for answers of which little is read: their heads may have
// 8 KiB, and no more than 64 KiB of a body come in before they are asked for. A
// server that floods its callers costs each call about as much as one that does not.
func (g *Guard) Narrow(timeout time.Duration, perHost int) *http.Client {
	c := g.Client(timeout, perHost)
	t := c.Transport.(*http.Transport)
	t.MaxResponseHeaderBytes = 8 << 10
	t.HTTP2 = &http.HTTP2Config{MaxReceiveBufferPerStream: 64 << 10, MaxReceiveBufferPerConnection: 1 << 20}
	return c
}

// Stream is Client for bodies of any length: it gives up when the answer has
// not begun after timeout, and then lets it flow.
func (g *Guard) Stream(timeout time.Duration, perHost int) *http.Client {
	c := g.Client(timeout, perHost)
	c.Timeout = 0
	return c
}

// ParsePrefixes reads a comma-separated list of prefixes, such as 10.0.0.0/8,::1/128.
func ParsePrefixes(list string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for s := range strings.SplitSeq(list, ",") {
		if s = strings.TrimSpace(s); s == "" {
			continue
		}
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return nil, fmt.Errorf("%q is not an address prefix such as 10.0.0.0/8", s)
		}
		out = append(out, p)
	}
	return out, nil
}
