// Package egress is the only way out to addresses that a customer, a user or a
// provider named. It refuses private networks at the moment of dialling, so a
// name that changes its address (DNS rebinding) is refused too.
package egress

import (
	"context"
	"errors"
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

	resolver *net.Resolver // nil = the machine's
}

// NewGuard returns a guard for the public internet on ports 80, 443 and 8443,
// and for the allowed prefixes on any port.
func NewGuard(allow ...netip.Prefix) *Guard {
	return &Guard{allow: allow, public: ssrf.New(ssrf.WithPorts(80, 443, 8443), ssrf.WithDeniedV4Prefixes(azureWire))}
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
// uses no proxy from the environment, and gives up after timeout, which covers
// the body too. It reuses connections: up to perHost idle ones a host.
func (g *Guard) Client(timeout time.Duration, perHost int) *http.Client {
	dialer := &net.Dialer{
		Timeout:  5 * time.Second,
		Resolver: g.resolver,
		ControlContext: func(_ context.Context, network, address string, _ syscall.RawConn) error {
			return g.Check(network, address)
		},
	}
	return &http.Client{
		Timeout: timeout,
		Transport: &http.Transport{
			DialContext:            dialer.DialContext,
			Proxy:                  nil, // a proxy would hide the address from the guard
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

// Stream is Client for bodies of any length: it gives up when the answer has
// not begun after timeout, and then lets it flow.
func (g *Guard) Stream(timeout time.Duration, perHost int) *http.Client {
	c := g.Client(timeout, perHost)
	c.Timeout = 0
	return c
}

// CheckURL refuses, when a URL is saved, what could never be reached: another
// scheme, no host, credentials in it, a literal private address. It is help for
// the person who typed it; the guard decides at each call.
func (g *Guard) CheckURL(raw string) error {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return fault.New(fault.Invalid, "url", "%q is not an http or https URL.", clip(raw))
	}
	if u.User != nil {
		return fault.New(fault.Invalid, "url", "A URL may not hold a user name or password.")
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	host := u.Hostname()
	if strings.EqualFold(host, "localhost") {
		host = "127.0.0.1"
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		network := "tcp4"
		if ip.Is6() {
			network = "tcp6"
		}
		return g.Check(network, net.JoinHostPort(ip.String(), port))
	}
	return nil
}

func clip(s string) string {
	if len(s) > 100 {
		return s[:100] + "…"
	}
	return s
}

// Class names the way in which a call failed, without the addresses that an
// error text would show: blocked_address, timeout, tls, connection.
func Class(err error) string {
	var dns *net.DNSError
	switch {
	case err == nil:
		return ""
	case errors.Is(err, ErrBlocked):
		return "blocked_address"
	case errors.Is(err, context.DeadlineExceeded), isTimeout(err):
		return "timeout"
	case strings.Contains(err.Error(), "tls: ") || strings.Contains(err.Error(), "x509: "):
		return "tls"
	case errors.As(err, &dns):
		return "dns"
	default:
		return "connection"
	}
}

func isTimeout(err error) bool {
	t, ok := errors.AsType[net.Error](err)
	return ok && t.Timeout()
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
