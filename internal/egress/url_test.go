package egress_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/egress"
)

func TestCheckURL(t *testing.T) {
	t.Parallel()
	g := egress.NewGuard()
	tests := map[string]bool{
		"https://example.com/hook": true, "http://example.com:8443/": true, "https://bücher.example/": true, "https://example.com.": true,
		"https://0x7f.example.com": true, "https://127.0.0.1.example.com": true, "https://93.184.216.34/": true, "https://[2606:2800:220:1::1]/": true,
		"ftp://example.com": false, "https://": false, "https://:443/": false, "example.com": false, "javascript:alert(1)": false, "//example.com": false, "": false,
	}
	for u, ok := range tests {
		if err := g.CheckURL(u); (err == nil) != ok {
			t.Errorf("CheckURL(%s) = %v, want allowed: %v", u, err, ok)
		}
	}
}

// inside are hosts that lead to the machine itself, into its network or to what
// a cloud tells its machines, each in the spellings in which they are tried.
var inside = []string{
	"localhost", "LOCALHOST", "localhost.", "a.localhost", "127.0.0.1", "127.0.0.1.", "127.255.255.254", "0.0.0.0", "0.1.2.3",
	"10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "169.254.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
	"169.254.169.254", "169.254.170.2", "100.100.100.200", "192.0.0.192", "168.63.129.16", "[fd00:ec2::254]", // metadata and host services
	"[::1]", "[::]", "[::127.0.0.1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:169.254.169.254]", "[::ffff:168.63.129.16]", // mapped
	"[64:ff9b::127.0.0.1]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::1]", "[2002:7f00:1::]", "[2002:a9fe:a9fe::1]", "[2001:0:7f00:1::]", // NAT64, 6to4, Teredo
	"[fe80::1]", "[fe80::1%25eth0]", "[fe80::1%25lo]", "[fec0::1]", "[fc00::1]", "[ff02::1]", "[5f00::1]", "[3fff::1]", // local, with a zone, reserved
	"2130706433", "0x7f000001", "0X7F000001", "017700000001", "0177.0.0.1", "0x7f.0.0.1", "127.1", "127.0.1", "127.0.0.01", "127.0.0.0x1", "0", "0x", "10.0.0.1.0x", // numbers
	"①②⑦.0.0.1", "127。0。0。1", "１２７.0.0.1", // what becomes one when a name is made of it
}

// What is seen to lead inside is refused when a URL is saved, and by the client
// whatever was saved.
func TestInside(t *testing.T) {
	t.Parallel()
	g := egress.NewGuard()
	c := g.Client(5*time.Second, 1)
	names := map[string]bool{"localhost.": true, "a.localhost": true, "127.0.0.1.": true}
	for _, host := range inside {
		for _, form := range []string{"http://%s/", "https://%s/hook?x=1", "http://%s:8443/", "http://%s:443/"} {
			if err := g.CheckURL(fmt.Sprintf(form, host)); err == nil {
				t.Errorf("CheckURL("+form+") lets it be saved", host)
			}
		}
		res, err := c.Get("http://" + host + "/")
		if err == nil {
			_ = res.Body.Close()
		}
		if names[host] && egress.Class(err) == "dns" {
			continue // this machine knows no such name
		}
		if !errors.Is(err, egress.ErrBlocked) || egress.Class(err) != "blocked_address" {
			t.Errorf("Get(%s) = %v (%s)", host, err, egress.Class(err))
		}
	}
}

// Credentials in a URL, and ports at which no web server is to be expected.
func TestCheckURLRest(t *testing.T) {
	t.Parallel()
	g, home := egress.NewGuard(), egress.NewGuard(netip.MustParsePrefix("10.0.0.0/8"))
	for _, u := range []string{
		"https://u:p@example.com", "https://u@example.com", "https://:@example.com", "https://@example.com", "https://example.com@127.0.0.1/", "https://127.0.0.1@example.com/", "https://example.com\\@127.0.0.1/",
		"https://example.com:22/", "https://example.com:6379/", "https://example.com:0/", "https://example.com:65616/", "https://example.com:99999999/", "https://93.184.216.34:25/",
		"https://exa mple.com/", "https://exa\nmple.com/", "https://%31%32%37.0.0.1/", "https://[::1/", "https://example.com:80:80/", "gopher://example.com/", "file:///etc/passwd", "unix:///run/docker.sock",
	} {
		if err := g.CheckURL(u); err == nil {
			t.Errorf("CheckURL(%q) lets it be saved", u)
		} else if len(err.Error()) > 400 {
			t.Errorf("CheckURL(%q) says %s", u, err)
		}
	}
	for u, ok := range map[string]bool{
		"http://10.1.2.3:9000/": true, "http://erp.internal:9000/": true, // an operator who allows addresses allows their ports
		"http://11.1.2.3:9000/": false, "http://erp.internal:99999/": false, "http://192.168.1.1/": false, "http://169.254.169.254/": false, "http://[::ffff:10.1.2.3]:9000/": true,
	} {
		if err := home.CheckURL(u); (err == nil) != ok {
			t.Errorf("with 10.0.0.0/8 allowed, CheckURL(%s) = %v, want allowed: %v", u, err, ok)
		}
	}
	if err := g.CheckURL("https://" + strings.Repeat("ü", 500) + " "); err == nil || len(err.Error()) > 250 {
		t.Errorf("a long URL: %v", err)
	}
}

// A proxy in the environment, a redirect and an upgrade lead nowhere.
func TestNoWayAround(t *testing.T) {
	t.Parallel()
	var reached atomic.Int64
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reached.Add(1)
		http.Redirect(w, r, "http://169.254.169.254/latest/meta-data/", http.StatusTemporaryRedirect)
	})}
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close() })
	c := egress.NewGuard(netip.MustParsePrefix("127.0.0.1/32")).Narrow(5*time.Second, 1)
	tr := c.Transport.(*http.Transport)
	if tr.Proxy != nil || !tr.DisableCompression || tr.MaxResponseHeaderBytes > 8<<10 || tr.HTTP2.MaxReceiveBufferPerStream > 64<<10 {
		t.Errorf("%+v", tr)
	}
	res, err := c.Post("http://"+l.Addr().String(), "application/json", strings.NewReader("{}"))
	if err != nil || res.StatusCode != http.StatusTemporaryRedirect || reached.Load() != 1 {
		t.Fatal(res, err)
	}
	_ = res.Body.Close()
}

func TestClass(t *testing.T) {
	t.Parallel()
	wrap := func(err error) error {
		return &url.Error{Op: "Post", URL: "https://example.com/tls: malformed HTTP", Err: err}
	}
	tests := map[string]error{
		"": nil, "connection": wrap(errors.New("EOF")), "protocol": wrap(errors.New(`net/http: HTTP/1.x transport connection broken: malformed HTTP response "tls: "`)),
		"tls": wrap(&tls.CertificateVerificationError{Err: errors.New("x509: certificate has expired")}), "dns": wrap(&net.DNSError{Err: "no such host"}),
		"timeout": wrap(&net.DNSError{IsTimeout: true}), "blocked_address": wrap(&net.OpError{Err: egress.ErrBlocked}), "url": wrap(errors.New("unsupported protocol scheme \"ftp\"")),
	}
	for want, err := range tests {
		if got := egress.Class(err); got != want {
			t.Errorf("Class(%v) = %q, want %q", err, got, want)
		}
	}
	_, err := url.Parse(strings.Join([]string{"http://exa", "mple/"}, " "))
	if got := egress.Class(err); got != "url" {
		t.Errorf("Class(%v) = %q", err, got)
	}
}
