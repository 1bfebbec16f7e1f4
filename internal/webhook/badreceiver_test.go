package webhook_test

import (
	"bytes"
	"compress/gzip"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/patchbay-dev/patchbay/internal/redact"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// raw is a receiver that does with a connection what it likes, once a request
// has come.
func raw(t testing.TB, say func(c net.Conn)) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = c.Close() }()
				var b [4096]byte
				for head := []byte{}; !bytes.Contains(head, []byte("\r\n\r\n")); {
					n, err := c.Read(b[:])
					if err != nil {
						return
					}
					head = append(head, b[:n]...)
				}
				say(c)
			}()
		}
	}()
	return "http://" + l.Addr().String() + "/"
}

// pour writes a text again and again, until nobody reads any more.
func pour(c net.Conn, head, text string) {
	_, err := c.Write([]byte(head))
	for b := []byte(text); err == nil; {
		_, err = c.Write(b)
	}
}

// certificate is one for name, signed by itself and good until then.
func certificate(t testing.TB, name string, until time.Time) (tls.Certificate, *x509.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: until.Add(-time.Hour), NotAfter: until, IsCA: true, BasicConstraintsValid: true}
	if ip := net.ParseIP(name); ip != nil {
		form.IPAddresses = []net.IP{ip}
	} else {
		form.DNSNames = []string{name}
	}
	der, err := x509.CreateCertificate(rand.Reader, form, form, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, parsed
}

// secure is a receiver with a certificate, which the caller trusts if told to.
func secure(t testing.TB, r *rig, name string, until time.Time, trusted bool) (url string) {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	cert, root := certificate(t, name, until)
	s.TLS = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	s.StartTLS()
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	if trusted {
		roots.AddCert(root)
	}
	r.Client.Transport.(*http.Transport).TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	return s.URL
}

// bomb is 64 MiB of nothing, packed.
func bomb() string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	zeros := make([]byte, 1<<20)
	for range 64 {
		_, _ = w.Write(zeros)
	}
	_ = w.Close()
	return b.String()
}

const okHead = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"

// However badly a receiver behaves, the attempt ends, is written down with the
// class of what went wrong, and the delivery waits for its next rung.
func TestBadReceivers(t *testing.T) {
	t.Parallel()
	later, earlier := time.Now().Add(time.Hour), time.Now().Add(-time.Hour)
	closed := func(c net.Conn) { _ = c.Close() }
	tests := map[string]struct {
		url  func(t *testing.T, r *rig) string
		want string // number, status, class and the beginning of the excerpt
	}{
		"no URL":                   {at("http://exa mple/"), "1: 0 url "},
		"no host":                  {at("http:///hook"), "1: 0 url "},
		"another scheme":           {at("ftp://example.com/"), "1: 0 url "},
		"a name that is none":      {at("http://nobody.invalid/"), "1: 0 dns "},
		"nobody there":             {at("http://127.0.0.1:1/"), "1: 0 connection "},
		"an address inside":        {at("http://10.1.2.3/"), "1: 0 blocked_address "},
		"metadata":                 {at("http://169.254.169.254/latest/"), "1: 0 blocked_address "},
		"a number for an address":  {at("http://2130706433/"), "1: 0 blocked_address "},
		"a certificate that ended": {func(t *testing.T, r *rig) string { return secure(t, r, "127.0.0.1", earlier, true) }, "1: 0 tls "},
		"a certificate of another": {func(t *testing.T, r *rig) string { return secure(t, r, "example.com", later, true) }, "1: 0 tls "},
		"a certificate of its own": {func(t *testing.T, r *rig) string { return secure(t, r, "127.0.0.1", later, false) }, "1: 0 tls "},
		"a good certificate":       {func(t *testing.T, r *rig) string { return secure(t, r, "127.0.0.1", later, true) }, "1: 200  "},
		"no TLS where it should be": {func(t *testing.T, _ *rig) string {
			return strings.Replace(testkit.NewReceiver(t).URL, "http", "https", 1)
		}, "1: 0 tls "},
		"a redirect inside":                  {plain("HTTP/1.1 307 X\r\nLocation: http://169.254.169.254/\r\nContent-Length: 2\r\n\r\nno"), "1: 307 status no"},
		"an upgrade":                         {plain("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"), "1: 101 status "},
		"a close at once":                    {says(closed), "1: 0 connection "},
		"a close in the head":                {says(func(c net.Conn) { _, _ = c.Write([]byte("HTTP/1.1 200 OK\r\nContent-Type: te")) }), "1: 0 connection "},
		"a reset":                            {says(func(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0) }), "1: 0 connection "},
		"a body without a head (HTTP/0.9)":   {plain("<html>hello</html>\r\n"), "1: 0 protocol "},
		"another protocol":                   {plain("SSH-2.0-OpenSSH_9.6\r\n\r\n"), "1: 0 protocol "},
		"bytes":                              {plain("\x15\x03\x01\x00\x02\x02\x50\x00\xff\xff\r\n\r\n"), "1: 0 protocol "},
		"a status that is no number":         {plain("HTTP/1.1 abc OK\r\n\r\n"), "1: 0 protocol "},
		"a header without a colon":           {plain("HTTP/1.1 200 OK\r\nnonsense\r\n\r\n"), "1: 0 protocol "},
		"two lengths":                        {plain(okHead + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"), "1: 0 protocol "},
		"one header without end":             {says(func(c net.Conn) { pour(c, "HTTP/1.1 200 OK\r\nX: ", strings.Repeat("x", 4096)) }), "1: 0 protocol "},
		"headers without end":                {says(func(c net.Conn) { pour(c, "HTTP/1.1 200 OK\r\n", strings.Repeat("X-Flood: x\r\n", 100)) }), "1: 0 protocol "},
		"a status line without end":          {says(func(c net.Conn) { pour(c, "HTTP/1.1 200 ", strings.Repeat("O", 4096)) }), "1: 0 protocol "},
		"news without end (103)":             {says(func(c net.Conn) { pour(c, "", strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", 50)) }), "1: 0 protocol "},
		"a head that never ends, slowly":     {says(func(c net.Conn) { trickle(c, "HTTP/1.1 200 OK\r\nX: ") }), "1: 0 timeout "},
		"silence":                            {says(func(c net.Conn) { trickle(c, "") }), "1: 0 timeout "},
		"a body that never ends":             {says(func(c net.Conn) { pour(c, okHead+"\r\n", strings.Repeat("a", 4096)) }), "1: 200  aaaa"},
		"a bad answer that never ends":       {says(func(c net.Conn) { pour(c, "HTTP/1.1 500 X\r\n\r\n", strings.Repeat("b", 4096)) }), "1: 500 status bbbb"},
		"a body that never ends, slowly":     {says(func(c net.Conn) { trickle(c, okHead+"\r\nso") }), "1: 200  so"},
		"a body that breaks off":             {plain(okHead + "Content-Length: 100\r\n\r\nshort"), "1: 200  short"},
		"a chunk that is none":               {plain(okHead + "Transfer-Encoding: chunked\r\n\r\nzz\r\n"), "1: 200  "},
		"trailers without end":               {says(func(c net.Conn) { pour(c, okHead+"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n", "X: y\r\n") }), "1: 200  a"},
		"64 MiB, packed":                     {plain("HTTP/1.1 500 X\r\nContent-Encoding: gzip\r\n\r\n" + bomb()), "1: 500 status \x1f\uFFFD"},
		"a Retry-After that is no time":      {plain("HTTP/1.1 500 X\r\nRetry-After: 99999999999999999999\r\nContent-Length: 0\r\n\r\n"), "1: 500 status "},
		"an answer that no text can hold":    {plain("HTTP/1.1 500 X\r\nContent-Length: 4\r\n\r\n\x00\xff\xfe\x00"), "1: 500 status \uFFFD"},
		"no length and an end":               {plain("HTTP/1.0 500 X\r\n\r\nold"), "1: 500 status old"},
		"an answer and more than was asked":  {plain("HTTP/1.1 500 X\r\nContent-Length: 1\r\n\r\nyHTTP/1.1 200 OK\r\n\r\n"), "1: 500 status y"},
		"a length that is less than nothing": {plain(okHead + "Content-Length: -1\r\n\r\n"), "1: 0 protocol "},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.Client = testkit.Guard().Narrow(700*time.Millisecond, 64)
			endpoint := r.emit(1, webhook.To{URL: tt.url(t, r)})[0] // past the check of whoever saved it
			r.deliver(endpoint)
			d := r.one()
			got := tries(d)
			if len(got) != 1 || !strings.HasPrefix(got[0], tt.want) || len(d.Attempts[0].ResponseExcerpt) > 4000 {
				t.Fatalf("%q, want %q", got, tt.want)
			}
			want := webhook.Pending
			if strings.HasPrefix(tt.want, "1: 200") {
				want = webhook.Delivered
			}
			if d.State != want || d.LeaseUntil != nil {
				t.Errorf("%s, want %s", d.State, want)
			}
			if want == webhook.Pending && !d.NextAttemptAt.After(r.Now()) {
				t.Errorf("it is due again in %s", d.NextAttemptAt.Sub(r.Now()))
			}
			if d.Attempts[0].Error != nil && (strings.Contains(*d.Attempts[0].Error, ".") || d.Attempts[0].Status == nil && d.Attempts[0].ResponseExcerpt != "") {
				t.Errorf("an attempt that did not leave shows %q, %q", *d.Attempts[0].Error, d.Attempts[0].ResponseExcerpt)
			}
		})
	}
}

func at(url string) func(*testing.T, *rig) string {
	return func(*testing.T, *rig) string { return url }
}

func says(say func(c net.Conn)) func(*testing.T, *rig) string {
	return func(t *testing.T, _ *rig) string { return raw(t, say) }
}

// plain answers with a text and closes.
func plain(answer string) func(*testing.T, *rig) string {
	return says(func(c net.Conn) { _, _ = c.Write([]byte(answer)) })
}

// trickle says a little, and goes on a byte at a time.
func trickle(c net.Conn, head string) {
	_, err := c.Write([]byte(head))
	for err == nil {
		time.Sleep(20 * time.Millisecond)
		if head == "" {
			_ = c.SetReadDeadline(time.Now().Add(time.Second))
			_, err = c.Read(make([]byte, 1)) // silent until the caller hangs up
			continue
		}
		_, err = c.Write([]byte("x"))
	}
}

// A receiver that floods its callers, and then holds them, has each of its
// attempts hold less than 64 KiB more than one that says nothing.
func TestFloodMemory(t *testing.T) { // not parallel: it counts what the whole process holds
	const endpoints, n = 6, 6 * webhook.InFlight // so many that what else the process holds does not count
	held := func(said string) float64 {
		r := newRig(t)
		r.Client = testkit.Guard().Narrow(2*time.Minute, 64)
		release := make(chan struct{})
		var holding atomic.Int64
		at := raw(t, func(c net.Conn) {
			_, _ = c.Write([]byte(said))
			holding.Add(1)
			<-release
		})
		to := make([]string, endpoints)
		for i := range to {
			to[i] = r.emit(webhook.InFlight, webhook.To{URL: fmt.Sprint(at, "/", i)})[0]
		}
		before := live()
		var g errgroup.Group
		for _, endpoint := range to {
			g.Go(func() error { return r.Deliver(t.Context(), r.scope, endpoint) })
		}
		testkit.Eventually(t, "all are held", func() bool { return holding.Load() == n })
		time.Sleep(100 * time.Millisecond) // until what was said has been read
		after := live()
		close(release)
		if err := g.Wait(); err != nil {
			t.Fatal(err)
		}
		return (after - before) / n
	}
	silent := held("")
	for name, said := range map[string]string{
		"a body":          okHead + "\r\n" + strings.Repeat("x", 60<<10),
		"a packed body":   okHead + "Content-Encoding: gzip\r\n\r\n" + bomb()[:60<<10],
		"one long header": "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 7900),
		"many headers":    "HTTP/1.1 200 OK\r\n" + strings.Repeat("X-Flood: x\r\n", 7900/12),
		"different ones":  "HTTP/1.1 200 OK\r\n" + different(7900),
		"much news (103)": strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", 7900/37),
		"a long status":   "HTTP/1.1 200 " + strings.Repeat("O", 7900),
	} {
		more := (held(said) - silent) / 1024
		for i := 0; i < 2 && more > floodBound; i++ { // other goroutines of the process may have been in the way
			more = (held(said) - silent) / 1024
		}
		t.Logf("%-16s %5.1f KiB more than silence's %.1f KiB", name, more, silent/1024)
		if more > floodBound {
			t.Errorf("%s makes an attempt hold %.1f KiB", name, more)
		}
	}
}

// different are headers of so many bytes, no two of one name.
func different(size int) string {
	var b strings.Builder
	for i := 0; b.Len() < size-10; i++ {
		_, _ = fmt.Fprintf(&b, "X-%d: x\r\n", i)
	}
	return b.String()
}

// live is how many bytes the process holds.
func live() float64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // what the first made free of pools
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc + m.StackInuse)
}

// What a receiver repeats of a secret is masked, also where its answer was cut.
func TestExcerptMasks(t *testing.T) {
	t.Parallel()
	const secret = "ctok_0123456789abcdef0123456789abcdef"
	for _, times := range []int{1, 3, 50, 107, 108, 109, 500} {
		for shift := range 3 {
			got := webhook.Excerpt(strings.NewReader(strings.Repeat("-", shift)+strings.Repeat(secret, times)), nil, secret)
			if strings.Contains(got, "ctok") || strings.Contains(got, "0123") {
				t.Errorf("%d times, shifted by %d: %s", times, shift, got[max(0, len(got)-60):])
			}
		}
	}
	if got := webhook.Excerpt(strings.NewReader("what you sent was ctok"), nil, secret); got != "what you sent was ctok" {
		t.Errorf("a whole answer became %q", got)
	}
}

// What a project takes out of its logs is not in what is kept of an answer, also
// where that was cut.
func TestExcerptRedacted(t *testing.T) {
	t.Parallel()
	rules, err := redact.New([]redact.Rule{{Kind: redact.Values, Match: "email"}, {Kind: redact.Path, Match: "/to"}})
	if err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{`{"by":"ann@shop.example","to":"Ann","n":1}`: `{"by":"[redacted]","n":1,"to":"[redacted]"}`, "sent to ann@shop.example": "sent to [redacted]"} {
		if got := webhook.Excerpt(strings.NewReader(in), rules); got != want {
			t.Errorf("%s became %s", in, got)
		}
	}
	for shift := range 20 {
		if got := webhook.Excerpt(strings.NewReader(strings.Repeat("-", shift)+strings.Repeat("ann@shop.example ", 1000)), rules); strings.Contains(got, "ann") || !strings.Contains(got, redact.Mark) {
			t.Errorf("shifted by %d: %s", shift, got)
		}
	}
	if got := webhook.Excerpt(strings.NewReader("x"), redact.Everything); got != redact.Mark {
		t.Error(got)
	}
}
