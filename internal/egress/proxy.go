package egress

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/proxy"
)

// ErrProxy is the cause of a call that failed because of the egress proxy: it
// says nothing of whom the call was for.
var ErrProxy = errors.New("egress: the proxy did not do its work")

// Through lets every call go through a proxy: http://, https:// or socks5://,
// with user and password if it asks for them. The guard still decides: a name is
// resolved here, and the proxy is told the address that was checked.
func (g *Guard) Through(proxyURL string) error {
	u, err := url.Parse(proxyURL)
	if err != nil || u.Hostname() == "" || u.Path != "" && u.Path != "/" {
		return errors.New("want an address such as http://proxy.example.com:3128 or socks5://user:password@proxy.example.com:1080")
	}
	ports := map[string]string{"http": "80", "https": "443", "socks5": "1080"}
	if ports[u.Scheme] == "" {
		return fmt.Errorf("a proxy of the kind %q is not known: http, https or socks5", u.Scheme)
	}
	if u.Port() == "" {
		u.Host = net.JoinHostPort(u.Hostname(), ports[u.Scheme])
	}
	g.proxy = u
	return nil
}

// dial connects to an address that was checked, by way of the proxy.
func (g *Guard) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("split address: %w", err)
	}
	found, err := g.names().LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, fmt.Errorf("resolve: %w", err)
	}
	var refused error
	for _, ip := range found {
		at := net.JoinHostPort(ip.Unmap().String(), port)
		over := network + "6"
		if ip.Unmap().Is4() {
			over = network + "4"
		}
		if refused = g.Check(over, at); refused != nil {
			continue
		}
		c, err := g.connect(ctx, at)
		if err != nil {
			return nil, err
		}
		return &reached{c, at}, nil
	}
	return nil, refused
}

// reached is a connection through a proxy, which knows where it leads.
type reached struct {
	net.Conn
	address string
}

type endpoint string

func (endpoint) Network() string  { return "tcp" }
func (e endpoint) String() string { return string(e) }

// RemoteAddr is the address behind the proxy.
func (r *reached) RemoteAddr() net.Addr { return endpoint(r.address) }

const proxyTimeout = 10 * time.Second

// connect asks the proxy for a connection to address.
func (g *Guard) connect(ctx context.Context, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, proxyTimeout)
	defer cancel()
	if g.proxy.Scheme == "socks5" {
		return g.socks(ctx, address)
	}
	c, err := g.toProxy(ctx)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) })
	err = g.ask(c, address)
	if !stop() { // it was there, and is still busy: the address does not answer
		err = fmt.Errorf("the proxy could not connect: %w", ctx.Err())
	}
	if err != nil {
		_ = c.Close()
		return nil, err
	}
	return c, nil
}

// toProxy connects to the proxy itself, which the operator named: it may be anywhere.
func (g *Guard) toProxy(ctx context.Context) (net.Conn, error) {
	d := net.Dialer{Timeout: 5 * time.Second}
	var c net.Conn
	var err error
	if g.proxy.Scheme == "https" {
		c, err = (&tls.Dialer{NetDialer: &d, Config: &tls.Config{MinVersion: tls.VersionTLS12}}).DialContext(ctx, "tcp", g.proxy.Host)
	} else {
		c, err = d.DialContext(ctx, "tcp", g.proxy.Host)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrProxy, err)
	}
	return c, nil
}

// ask sends CONNECT. That the proxy could not reach the address (502, 504) is
// not the proxy's fault; any other refusal is.
func (g *Guard) ask(c net.Conn, address string) error {
	req := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: address}, Host: address, Header: http.Header{}}
	if u := g.proxy.User; u != nil {
		password, _ := u.Password()
		req.Header.Set("Proxy-Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(u.Username()+":"+password)))
	}
	if err := req.Write(c); err != nil {
		return fmt.Errorf("%w: %w", ErrProxy, err)
	}
	// A byte at a time: what follows the answer is not the proxy's.
	res, err := http.ReadResponse(bufio.NewReaderSize(&byByte{c, 16 << 10}, 16), req) //nolint:bodyclose // it has none
	if err != nil {
		return fmt.Errorf("%w: %w", ErrProxy, err)
	}
	switch res.StatusCode {
	case http.StatusOK:
		return nil
	case http.StatusBadGateway, http.StatusGatewayTimeout:
		return fmt.Errorf("the proxy could not connect: %s", res.Status)
	default:
		return fmt.Errorf("%w: it answered %s", ErrProxy, res.Status)
	}
}

// byByte reads a byte at a time, and so many in all.
type byByte struct {
	from net.Conn
	left int
}

func (b *byByte) Read(p []byte) (int, error) {
	if b.left--; b.left < 0 {
		return 0, errors.New("the answer of the proxy is too long")
	}
	return b.from.Read(p[:1]) //nolint:wrapcheck // a reader is transparent
}

// behind are the refusals of SOCKS5 (RFC 1928, 6) that speak of the address and not of the proxy.
var behind = []string{"network unreachable", "host unreachable", "connection refused", "TTL expired"}

func (g *Guard) socks(ctx context.Context, address string) (net.Conn, error) {
	var auth *proxy.Auth
	if u := g.proxy.User; u != nil {
		password, _ := u.Password()
		auth = &proxy.Auth{User: u.Username(), Password: password}
	}
	forward := &first{g: g}
	d, err := proxy.SOCKS5("tcp", g.proxy.Host, auth, forward)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrProxy, err)
	}
	c, err := d.(proxy.ContextDialer).DialContext(ctx, "tcp", address) //nolint:forcetypeassert // as it is documented
	if err == nil {
		return c, nil
	}
	if forward.done && ctx.Err() != nil {
		return nil, fmt.Errorf("the proxy could not connect: %w", ctx.Err())
	}
	for _, b := range behind {
		if forward.done && strings.HasSuffix(err.Error(), b) {
			return nil, fmt.Errorf("the proxy could not connect: %s", b)
		}
	}
	return nil, fmt.Errorf("%w: %w", ErrProxy, err)
}

// first dials the proxy itself, and remembers whether it was there.
type first struct {
	g    *Guard
	done bool
}

// Dial is there for the interface.
func (f *first) Dial(string, string) (net.Conn, error) {
	return f.DialContext(context.Background(), "", "")
}

// DialContext connects to the proxy.
func (f *first) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	c, err := f.g.toProxy(ctx)
	f.done = err == nil
	return c, err
}
