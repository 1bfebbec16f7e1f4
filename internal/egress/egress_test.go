package egress_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

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

func TestCheckURL(t *testing.T) {
	t.Parallel()
	g := egress.NewGuard()
	tests := map[string]bool{
		"https://example.com/hook": true, "http://example.com:8443/": true,
		"ftp://example.com": false, "https://": false, "example.com": false, "https://u:p@example.com": false,
		"http://localhost/x": false, "http://127.0.0.1": false, "http://[::1]/": false, "javascript:alert(1)": false,
	}
	for u, ok := range tests {
		if err := g.CheckURL(u); (err == nil) != ok {
			t.Errorf("CheckURL(%s) = %v, want allowed: %v", u, err, ok)
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
