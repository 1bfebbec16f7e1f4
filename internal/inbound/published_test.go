package inbound_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/inbound"
)

// published are requests as PayPal and Plaid would sign them, by Node's crypto:
// see testdata/published.mjs.
var published struct {
	At     int64
	Body   string
	PayPal struct {
		Public, Webhook string
		Headers         map[string]string
	}
	Plaid struct {
		Key map[string]any
		JWT string
	}
}

//go:embed testdata/published.json
var publishedJSON []byte

func init() {
	if err := json.Unmarshal(publishedJSON, &published); err != nil {
		panic(err)
	}
}

// provider stands in for the hosts of providers, and counts what it is asked.
type provider struct {
	mu     sync.Mutex
	asked  []string
	answer func(*http.Request) (int, string)
}

func (p *provider) RoundTrip(r *http.Request) (*http.Response, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, r.Method+" "+r.URL.String())
	status, body := p.answer(r)
	if status == 0 {
		return nil, errors.New("out")
	}
	return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(body)), Header: http.Header{}, Request: r}, nil
}

// chain is what issues certificates to PayPal: an authority that is believed,
// one between, and what the last one says.
type chain struct {
	roots       *x509.CertPool
	between     *x509.Certificate
	key         *rsa.PrivateKey
	from, until time.Time
}

func newChain(t *testing.T, now time.Time) *chain {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	c := &chain{roots: x509.NewCertPool(), key: key, from: now.Add(-time.Hour), until: now.Add(48 * time.Hour)}
	above := func(name string, parent *x509.Certificate) *x509.Certificate {
		made := &x509.Certificate{
			SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: c.from, NotAfter: c.until.AddDate(1, 0, 0),
			IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
		}
		if parent == nil {
			parent = made
		}
		return c.issue(t, made, parent, &key.PublicKey)
	}
	root := above("Root", nil)
	c.roots.AddCert(root)
	c.between = above("Between", root)
	return c
}

func (c *chain) issue(t *testing.T, made, parent *x509.Certificate, public any) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, made, parent, public, c.key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// file is what the provider publishes for a key: its certificate for a name, and
// the one above it.
func (c *chain) file(t *testing.T, name, public string) string {
	t.Helper()
	der, err := base64.StdEncoding.DecodeString(public)
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		t.Fatal(err)
	}
	leaf := c.issue(t, &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name}, NotBefore: c.from, NotAfter: c.until,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}, c.between, key)
	out := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leaf.Raw})
	return string(append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.between.Raw})...))
}

func paypalRequest(change map[string]string) *inbound.Request {
	r := &inbound.Request{Method: http.MethodPost, URL: "https://hooks.patchbay.test/e/en1", Header: http.Header{}, Body: []byte(published.Body)}
	for k, v := range published.PayPal.Headers {
		r.Header.Set(k, v)
	}
	for k, v := range change {
		r.Header.Set(k, v)
	}
	return r
}

func plaidRequest(token, body string) *inbound.Request {
	r := &inbound.Request{Method: http.MethodPost, URL: "https://hooks.patchbay.test/e/en1", Header: http.Header{}, Body: []byte(body)}
	r.Header.Set("Plaid-Verification", token)
	return r
}

// judge verifies as an address does: with a fetch in between, if one is asked for.
func judge(t *testing.T, f *inbound.Verifier, scheme string, r *inbound.Request, now time.Time, secrets ...string) error {
	t.Helper()
	f.Now = func() time.Time { return now }
	return f.Fetching(t.Context(), "hi_1", func() error { return f.Verify(&catalog.EventVerify{Kind: scheme}, r, secrets) })
}

const messageHost = "messageverificationcerts.paypal.com"

// PayPal's signature is believed by a certificate that was issued to PayPal by
// somebody we believe, that is fetched from PayPal once, and by no other.
func TestPayPal(t *testing.T) {
	t.Parallel()
	now := time.Unix(published.At, 0)
	c := newChain(t, now)
	good := c.file(t, messageHost, published.PayPal.Public)
	p := &provider{answer: func(*http.Request) (int, string) { return 200, good }}
	f := &inbound.Verifier{Client: &http.Client{Transport: p}, Roots: c.roots}

	webhook := published.PayPal.Webhook
	for _, secrets := range [][]string{{webhook}, {"another", webhook, ""}} {
		if err := judge(t, f, "paypal", paypalRequest(nil), now, secrets...); err != nil {
			t.Fatal(err)
		}
	}
	if len(p.asked) != 1 || p.asked[0] != "GET "+published.PayPal.Headers["Paypal-Cert-Url"] {
		t.Errorf("asked %q", p.asked)
	}
	refused := func(what string, err, want error) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", what, err, want)
		}
	}
	refused("no secret", judge(t, f, "paypal", paypalRequest(nil), now), inbound.ErrNoSecret)
	refused("another webhook's id", judge(t, f, "paypal", paypalRequest(nil), now, "2JE4291016473214C"), inbound.ErrSignature)
	refused("an empty id", judge(t, f, "paypal", paypalRequest(nil), now, ""), inbound.ErrSignature)
	other := paypalRequest(nil)
	other.Body = []byte(strings.Replace(published.Body, "WH-1", "WH-2", 1))
	refused("another body", judge(t, f, "paypal", other, now, webhook), inbound.ErrSignature)
	for header, value := range map[string]string{
		"Paypal-Transmission-Id": "another", "Paypal-Transmission-Time": "2026-11-21T08:33:21Z", "Paypal-Auth-Algo": "SHA1withRSA",
		"Paypal-Transmission-Sig": base64.StdEncoding.EncodeToString(make([]byte, 256)), "Paypal-Cert-Url": "",
	} {
		refused(header, judge(t, f, "paypal", paypalRequest(map[string]string{header: value}), now, webhook), inbound.ErrSignature)
	}
	refused("a certificate that is over", judge(t, f, "paypal", paypalRequest(nil), c.until.Add(time.Second), webhook), inbound.ErrSignature)
}

// Who sends a request names the certificate's address: nothing is fetched but
// from PayPal's own place for it.
func TestPayPalAddress(t *testing.T) {
	t.Parallel()
	now := time.Unix(published.At, 0)
	for _, at := range []string{
		"http://api.paypal.com/v1/notifications/certs/CERT-1", "https://api.paypal.com.evil.example/v1/notifications/certs/CERT-1",
		"https://evilpaypal.com/v1/notifications/certs/CERT-1", "https://u:p@api.paypal.com/v1/notifications/certs/CERT-1", "https://api.paypal.com:8443/v1/notifications/certs/CERT-1",
		"https://api.paypal.com/v1/notifications/certs/../../x", "https://api.paypal.com/v1/notifications/certs/%2e%2e", "https://api.paypal.com/v1/notifications/certs/CERT-1?a=1",
		"https://api.paypal.com/go?to=https://evil.example", "https://evil.example#.paypal.com/v1/notifications/certs/CERT-1", "//api.paypal.com/v1/notifications/certs/CERT-1", "https://169.254.169.254/v1/notifications/certs/CERT-1",
	} {
		p := &provider{answer: func(*http.Request) (int, string) { return 200, "" }}
		f := &inbound.Verifier{Client: &http.Client{Transport: p}}
		if err := judge(t, f, "paypal", paypalRequest(map[string]string{"Paypal-Cert-Url": at}), now, published.PayPal.Webhook); !errors.Is(err, inbound.ErrSignature) || len(p.asked) != 0 {
			t.Errorf("%s: %v, asked %q", at, err, p.asked)
		}
	}
}

// A certificate that is not PayPal's, or that nobody we believe has issued, is as
// good as none, and is not asked for again with each request.
func TestPayPalCertificate(t *testing.T) {
	t.Parallel()
	now := time.Unix(published.At, 0)
	c, stranger := newChain(t, now), newChain(t, now)
	late := newChain(t, now)
	late.roots, late.until = c.roots, now.Add(-time.Minute)
	for name, file := range map[string]string{
		"a stranger's name": c.file(t, "evil.example", published.PayPal.Public), "a name that only ends so": c.file(t, "evilpaypal.com", published.PayPal.Public),
		"a stranger's authority": stranger.file(t, messageHost, published.PayPal.Public), "one that is over": late.file(t, messageHost, published.PayPal.Public),
		"no certificate": "hello", "nothing": "", "half of one": c.file(t, messageHost, published.PayPal.Public)[:400],
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &provider{answer: func(*http.Request) (int, string) { return 200, file }}
			f := &inbound.Verifier{Client: &http.Client{Transport: p}, Roots: c.roots}
			for range 3 {
				if err := judge(t, f, "paypal", paypalRequest(nil), now, published.PayPal.Webhook); !errors.Is(err, inbound.ErrSignature) {
					t.Fatal(err)
				}
			}
			if len(p.asked) != 1 {
				t.Errorf("asked %d times", len(p.asked))
			}
		})
	}
}

// While the provider is out, senders are told to come again; and an address at
// which anybody can name keys asks for a few of them only.
func TestFetch(t *testing.T) {
	t.Parallel()
	now := time.Unix(published.At, 0)
	c := newChain(t, now)
	file, out := c.file(t, messageHost, published.PayPal.Public), true
	p := &provider{answer: func(*http.Request) (int, string) {
		if out {
			return 0, ""
		}
		return 200, file
	}}
	f := &inbound.Verifier{Client: &http.Client{Transport: p}, Roots: c.roots}
	webhook := published.PayPal.Webhook
	if err := judge(t, f, "paypal", paypalRequest(nil), now, webhook); !errors.Is(err, inbound.ErrKey) {
		t.Fatal(err)
	}
	out = false
	if err := judge(t, f, "paypal", paypalRequest(nil), now, webhook); err != nil {
		t.Fatal(err)
	}
	flood := func(source string) (last error) {
		for i := range 50 {
			r := paypalRequest(map[string]string{"Paypal-Cert-Url": "https://api.paypal.com/v1/notifications/certs/CERT-" + strings.Repeat("x", i+1) + source})
			last = f.Fetching(t.Context(), source, func() error { return f.Verify(&catalog.EventVerify{Kind: "paypal"}, r, []string{"none"}) })
		}
		return last
	}
	before := len(p.asked)
	if err := flood("flooded"); !errors.Is(err, inbound.ErrKey) || len(p.asked)-before != 5 {
		t.Errorf("%v: asked %d times", err, len(p.asked)-before)
	}
	if err := judge(t, f, "paypal", paypalRequest(nil), now, webhook); err != nil {
		t.Errorf("what is known: %v", err)
	}
	before = len(p.asked)
	if err := flood("another"); len(p.asked) == before {
		t.Errorf("one address's flood is another's: %v", err)
	}
}

// Plaid's token holds the body's hash and is good for five minutes, by a key that
// Plaid gives for its id to who has a secret there, in either of its environments.
func TestPlaid(t *testing.T) {
	t.Parallel()
	now := time.Unix(published.At, 0)
	key, _ := json.Marshal(map[string]any{"key": published.Plaid.Key})
	var asked []map[string]string
	p := &provider{answer: func(r *http.Request) (int, string) {
		var ask map[string]string
		_ = json.NewDecoder(r.Body).Decode(&ask)
		asked = append(asked, ask)
		if r.Method != http.MethodPost || r.URL.Path != "/webhook_verification_key/get" || r.URL.Host != "sandbox.plaid.com" || ask["client_id"] != "id" || ask["secret"] != "s:3" {
			return 400, `{"error_code":"INVALID_API_KEYS"}`
		}
		return 200, string(key)
	}}
	f := &inbound.Verifier{Client: &http.Client{Transport: p}}
	good := published.Plaid.JWT
	for range 2 {
		if err := judge(t, f, "plaid", plaidRequest(good, published.Body), now, "id:s:3"); err != nil {
			t.Fatal(err)
		}
	}
	if len(asked) != 2 || asked[1]["key_id"] != published.Plaid.Key["kid"] {
		t.Errorf("asked %v", asked)
	}
	refused := func(what string, err, want error) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", what, err, want)
		}
	}
	for _, at := range []time.Duration{5 * time.Minute, -5 * time.Minute} {
		if err := judge(t, f, "plaid", plaidRequest(good, published.Body), now.Add(at), "id:s:3"); err != nil {
			t.Errorf("at the end of its time: %v", err)
		}
		refused("late or early", judge(t, f, "plaid", plaidRequest(good, published.Body), now.Add(at+at/300), "id:s:3"), inbound.ErrLate)
	}
	refused("another body", judge(t, f, "plaid", plaidRequest(good, published.Body+" "), now, "id:s:3"), inbound.ErrSignature)
	parts := strings.Split(good, ".")
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","kid":"k"}`)) + "." + parts[1] + "."
	symmetric := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256","kid":"k"}`)) + "." + parts[1] + "." + parts[2]
	forged := parts[0] + "." + parts[1] + "." + base64.RawURLEncoding.EncodeToString(make([]byte, 64))
	for name, token := range map[string]string{"no algorithm": none, "another algorithm": symmetric, "another signature": forged, "no token": "", "half of one": parts[0]} {
		refused(name, judge(t, f, "plaid", plaidRequest(token, published.Body), now, "id:s:3"), inbound.ErrSignature)
	}
	refused("a secret that Plaid does not know", judge(t, f, "plaid", plaidRequest(good, published.Body), now, "id:other"), inbound.ErrSignature)
	refused("a secret that is none", judge(t, f, "plaid", plaidRequest(good, published.Body), now, "secret"), inbound.ErrSignature)
}

// A key that Plaid says is over, or that is none by ES256, verifies nothing.
func TestPlaidKey(t *testing.T) {
	t.Parallel()
	now := time.Unix(published.At, 0)
	for name, change := range map[string]map[string]any{
		"over": {"expired_at": published.At}, "another algorithm": {"alg": "RS256"}, "another curve": {"crv": "P-384"}, "no point": {"x": strings.Repeat("A", 43)}, "no text": {"y": "%"},
	} {
		key := map[string]any{}
		for k, v := range published.Plaid.Key {
			key[k] = v
		}
		for k, v := range change {
			key[k] = v
		}
		answer, _ := json.Marshal(map[string]any{"key": key})
		p := &provider{answer: func(*http.Request) (int, string) { return 200, string(answer) }}
		f := &inbound.Verifier{Client: &http.Client{Transport: p}}
		if err := judge(t, f, "plaid", plaidRequest(published.Plaid.JWT, published.Body), now, "id:secret"); !errors.Is(err, inbound.ErrSignature) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
