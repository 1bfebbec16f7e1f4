package egress_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/patchbay-dev/patchbay/internal/egress"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	g := egress.NewGuard(netip.MustParsePrefix("10.1.0.0/16"))
	tests := map[string]bool{
		"93.184.216.34:443": true, "93.184.216.34:8443": true, "[2606:2800:220:1::1]:443": true,
		"10.1.2.3:9000":    true, // allowed by the operator, on any port
		"93.184.216.34:22": false, "127.0.0.1:443": false, "0.0.0.0:80": false, "10.2.0.1:443": false,
		"172.16.0.1:443": false, "192.168.1.1:80": false, "169.254.169.254:80": false, "100.100.100.200:80": false,
		"168.63.129.16:80": false, "[::1]:443": false, "[::ffff:127.0.0.1]:443": false, "[fd00:ec2::254]:80": false,
		"[64:ff9b::7f00:1]:443": false, "[fe80::1%25eth0]:80": false, "224.0.0.1:80": false, "garbage": false,
	}
	for address, ok := range tests {
		network := "tcp4"
		if address[0] == '[' {
			network = "tcp6"
		}
		if err := g.Check(network, address); (err == nil) != ok {
			t.Errorf("Check(%s) = %v, want allowed: %v", address, err, ok)
		}
	}
}

// The guard stands at the dial, and a redirect is an answer, not an order.
func TestClient(t *testing.T) {
	t.Parallel()
	reached := false
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reached = true
		http.Redirect(w, r, "http://169.254.169.254/", http.StatusFound)
	}))
	t.Cleanup(s.Close)
	_, err := egress.NewGuard().Client(time.Second, 1).Get(s.URL) //nolint:bodyclose // there is no answer
	if !errors.Is(err, egress.ErrBlocked) || reached || egress.Class(err) != "blocked_address" {
		t.Fatalf("Get(loopback) = %v, reached %v", err, reached)
	}
	open := egress.NewGuard(netip.MustParsePrefix("127.0.0.0/8")).Client(time.Second, 1)
	res, err := open.Get(s.URL)
	if err != nil || res.StatusCode != http.StatusFound {
		t.Fatal(res, err)
	}
	_ = res.Body.Close()
	s.Close()
	if _, err = open.Get(s.URL); egress.Class(err) != "connection" { //nolint:bodyclose // there is no answer
		t.Fatalf("Class(%v) = %s", err, egress.Class(err))
	}
}

// The addresses by which machines reach what is their own, in every spelling.
func TestCheckSpellings(t *testing.T) {
	t.Parallel()
	g := egress.NewGuard()
	for _, address := range []string{
		"169.254.169.254:80", "[::ffff:169.254.169.254]:80", "[::ffff:a9fe:a9fe]:80", "[fd00:ec2::254]:80", "169.254.170.2:80", "100.100.100.200:80", // metadata
		"168.63.129.16:80", "[::ffff:168.63.129.16]:80", "[64:ff9b::a83f:8110]:80", // Azure's host
		"100.64.0.1:443", "100.127.255.254:443", "[::ffff:100.64.0.1]:443", // carriers' own
		"0.0.0.0:80", "0.1.2.3:80", "[::]:80", "[::ffff:0.0.0.0]:80", // this host
		"127.0.0.1:80", "127.255.255.254:80", "[::1]:80", "[::ffff:127.0.0.1]:80", "[::127.0.0.1]:80", "[2002:7f00:1::]:80", "[64:ff9b::127.0.0.1]:80",
		"10.0.0.1:80", "172.31.255.255:80", "192.168.0.1:80", "[::ffff:10.0.0.1]:80", "[2002:a00:1::]:80", "[fc00::1]:80",
		"169.254.0.1:80", "[fe80::1]:80", "[fec0::1]:80", "192.0.2.1:80", "198.18.0.1:80", "240.0.0.1:80", "255.255.255.255:80", "224.0.0.1:80", "[ff02::1]:80",
	} {
		network := "tcp4"
		if address[0] == '[' {
			network = "tcp6"
		}
		if err := g.Check(network, address); !errors.Is(err, egress.ErrBlocked) {
			t.Errorf("Check(%s) = %v", address, err)
		}
	}
}

// A name that was checked and has another address now (DNS rebinding) is refused
// at the dial.
func TestRebinding(t *testing.T) {
	t.Parallel()
	var reached atomic.Int64
	h := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) })
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.2:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close() })
	_, port, _ := net.SplitHostPort(l.Addr().String())
	names := &nameServer{address: [4]byte{127, 0, 0, 2}}
	g := egress.NewGuard(netip.MustParsePrefix("127.0.0.2/32")) // what stands for the public internet
	g.Resolve(names.resolver(t))
	c := g.Client(10*time.Second, 1)
	c.Transport.(*http.Transport).DisableKeepAlives = true
	res, err := c.Get("http://app.test:" + port)
	if err != nil || reached.Load() != 1 {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	for _, to := range [][4]byte{{127, 0, 0, 1}, {169, 254, 169, 254}, {0, 0, 0, 0}, {100, 64, 0, 1}} {
		names.set(to)
		if _, err := c.Get("http://app.test:" + port); !errors.Is(err, egress.ErrBlocked) || reached.Load() != 1 { //nolint:bodyclose // there is no answer
			t.Errorf("%v: %v, reached %d times", to, err, reached.Load())
		}
	}
}

// nameServer answers every question for an IPv4 address with one.
type nameServer struct {
	mu      sync.Mutex
	address [4]byte
}

func (n *nameServer) set(a [4]byte) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.address = a
}

func (n *nameServer) resolver(t *testing.T) *net.Resolver {
	t.Helper()
	p, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	go func() {
		b := make([]byte, 1500)
		for {
			k, from, err := p.ReadFrom(b)
			if err != nil {
				return
			}
			var q dnsmessage.Message
			if q.Unpack(b[:k]) != nil || len(q.Questions) != 1 {
				continue
			}
			a := dnsmessage.Message{Header: dnsmessage.Header{ID: q.ID, Response: true, RecursionAvailable: true}, Questions: q.Questions}
			if q.Questions[0].Type == dnsmessage.TypeA {
				n.mu.Lock()
				a.Answers = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: q.Questions[0].Name, Class: dnsmessage.ClassINET}, Body: &dnsmessage.AResource{A: n.address}}}
				n.mu.Unlock()
			}
			if out, err := a.Pack(); err == nil {
				_, _ = p.WriteTo(out, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", p.LocalAddr().String())
	}}
}
