package egress_test

import (
	"bufio"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/egress"
)

// gateway is an HTTP proxy that a test sees through.
type gateway struct {
	address string
	mu      sync.Mutex
	asked   []string
	answer  func(target string) string // "" = it connects
}

func newGateway(t *testing.T) *gateway {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	g := &gateway{address: l.Addr().String(), answer: func(string) string { return "" }}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go g.serve(c)
		}
	}()
	return g
}

func (g *gateway) serve(c net.Conn) {
	defer func() { _ = c.Close() }()
	in := bufio.NewReader(c)
	req, err := http.ReadRequest(in)
	if err != nil {
		return
	}
	g.mu.Lock()
	g.asked = append(g.asked, req.Method+" "+req.Host+" "+req.Header.Get("Proxy-Authorization"))
	said := g.answer(req.Host)
	g.mu.Unlock()
	if said == "hang" {
		_, _ = io.Copy(io.Discard, in)
		return
	}
	if said != "" {
		_, _ = io.WriteString(c, said)
		return
	}
	to, err := net.Dial("tcp", req.Host)
	if err != nil {
		_, _ = io.WriteString(c, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
		return
	}
	defer func() { _ = to.Close() }()
	_, _ = io.WriteString(c, "HTTP/1.1 200 Connection established\r\n\r\n")
	go func() { _, _ = io.Copy(to, in) }()
	_, _ = io.Copy(c, to)
}

// What goes out goes through the proxy, which is told the address that was
// checked and asked for nothing that may not be reached.
func TestThroughAProxy(t *testing.T) {
	t.Parallel()
	p := newGateway(t)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "here") }))
	t.Cleanup(srv.Close)
	g := egress.NewGuard(netip.MustParsePrefix("127.0.0.1/32"))
	if err := g.Through("http://user:pass%21@" + p.address); err != nil {
		t.Fatal(err)
	}
	client := g.Client(5*time.Second, 2)
	remote := ""
	req, _ := http.NewRequestWithContext(httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{GotConn: func(c httptrace.GotConnInfo) { remote = c.Conn.RemoteAddr().String() }}), http.MethodGet, srv.URL, http.NoBody)
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	at := strings.TrimPrefix(srv.URL, "http://")
	want := "CONNECT " + at + " Basic " + base64.StdEncoding.EncodeToString([]byte("user:pass!"))
	if len(p.asked) != 1 || p.asked[0] != want || remote != at {
		t.Errorf("asked %q and reached %s, want %q", p.asked, remote, want)
	}
	for _, inside := range []string{"http://10.1.2.3/", "http://169.254.169.254/", "http://127.0.0.2/", "http://[::1]/", "http://2130706433/", "http://[::ffff:10.0.0.1]/"} {
		if _, err := client.Get(inside); egress.Class(err) != "blocked_address" { //nolint:bodyclose // it is refused
			t.Errorf("%s: %v", inside, err)
		}
	}
	if len(p.asked) != 1 {
		t.Errorf("the proxy was asked for %q", p.asked)
	}
}

// Whose fault it is that a call failed: the proxy's if it is not there, does not
// let us in or says nonsense, and not if it could not reach whom we asked for.
func TestWhoseFault(t *testing.T) {
	t.Parallel()
	const empty = "\r\nContent-Length: 0\r\n\r\n"
	tests := map[string]struct {
		answer string
		class  string
	}{
		"it asks for a password":       {"HTTP/1.1 407 Proxy Authentication Required" + empty, "proxy"},
		"it refuses":                   {"HTTP/1.1 403 Forbidden" + empty, "proxy"},
		"it is broken":                 {"HTTP/1.1 500 Internal Server Error" + empty, "proxy"},
		"it speaks something else":     {"SSH-2.0-OpenSSH_9.6\r\n", "proxy"},
		"it says more than any head":   {"HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 20<<10), "proxy"},
		"it could not connect":         {"HTTP/1.1 502 Bad Gateway" + empty, "connection"},
		"it waited in vain":            {"HTTP/1.1 504 Gateway Timeout" + empty, "connection"},
		"whom we asked does not speak": {"hang", "timeout"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newGateway(t)
			p.answer = func(string) string { return tt.answer }
			g := egress.NewGuard()
			if err := g.Through("http://" + p.address); err != nil {
				t.Fatal(err)
			}
			_, err := g.Client(500*time.Millisecond, 2).Get("http://93.184.216.34/") //nolint:bodyclose // it fails
			if got := egress.Class(err); got != tt.class {
				t.Errorf("%s: %v", got, err)
			}
		})
	}
	t.Run("it is not there", func(t *testing.T) {
		t.Parallel()
		for _, scheme := range []string{"http", "https", "socks5"} {
			g := egress.NewGuard()
			if err := g.Through(scheme + "://127.0.0.1:1"); err != nil {
				t.Fatal(err)
			}
			if _, err := g.Client(5*time.Second, 2).Get("http://93.184.216.34/"); !errors.Is(err, egress.ErrProxy) { //nolint:bodyclose // it fails
				t.Errorf("%s: %v", scheme, err)
			}
		}
	})
}

// SOCKS5 says in a byte who is at fault.
func TestSocks(t *testing.T) {
	t.Parallel()
	for code, class := range map[byte]string{0: "", 1: "proxy", 2: "proxy", 3: "connection", 4: "connection", 5: "connection", 6: "connection", 7: "proxy"} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			t.Parallel()
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = l.Close() })
			go func() {
				c, err := l.Accept()
				if err != nil {
					return
				}
				defer func() { _ = c.Close() }()
				in := bufio.NewReader(c)
				_, _ = io.ReadFull(in, make([]byte, 3)) // version, one method, none
				_, _ = c.Write([]byte{5, 0})
				head := make([]byte, 10)
				if _, err := io.ReadFull(in, head); err != nil || string(head[3:8]) != "\x01\x5d\xb8\xd8\x22" { // 93.184.216.34, as an address
					_, _ = c.Write([]byte{5, 1, 0, 1, 0, 0, 0, 0, 0, 0})
					return
				}
				_, _ = c.Write([]byte{5, code, 0, 1, 0, 0, 0, 0, 0, 0})
				if req, err := http.ReadRequest(in); code == 0 && err == nil && req.Host == "93.184.216.34" {
					_, _ = io.WriteString(c, "HTTP/1.1 204 No Content\r\n\r\n")
				}
			}()
			g := egress.NewGuard()
			if err := g.Through("socks5://" + l.Addr().String()); err != nil {
				t.Fatal(err)
			}
			res, err := g.Client(5*time.Second, 2).Get("http://93.184.216.34/")
			if got := egress.Class(err); got != class {
				t.Errorf("%s: %v", got, err)
			}
			if err == nil {
				_ = res.Body.Close()
			}
		})
	}
}

func TestProxyAddresses(t *testing.T) {
	t.Parallel()
	for at, ok := range map[string]bool{
		"http://proxy.test:3128": true, "https://u:p@proxy.test": true, "socks5://proxy.test": true, "http://proxy.test/": true,
		"proxy.test:3128": false, "ftp://proxy.test": false, "http://": false, "http://proxy.test/path": false, "": false, "http://u:secret@ /": false,
	} {
		err := egress.NewGuard().Through(at)
		if (err == nil) != ok || err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", at, err)
		}
	}
}
