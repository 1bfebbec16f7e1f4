package provider_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/demo"
	"github.com/patchbay-dev/patchbay/internal/provider"
)

// certificate makes a client's certificate, as PEM, and its fingerprint.
func certificate(t *testing.T) (cert, key string, sum [sha256.Size]byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, form, form, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	block := func(kind string, b []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}))
	}
	return block("CERTIFICATE", der), block("EC PRIVATE KEY", raw), sha256.Sum256(der)
}

// A client that is known by its certificate gets a token by it, and none with
// another or without.
func TestClientCertificate(t *testing.T) {
	t.Parallel()
	cert, key, sum := certificate(t)
	other, otherKey, _ := certificate(t)
	acme := demo.New(demo.Config{Clients: []demo.Client{{ID: "tls", RedirectURIs: []string{"https://patchbay.test/cb"}, Certificate: &sum}}})
	srv := httptest.NewUnstartedServer(acme.Handler())
	srv.TLS = &tls.Config{ClientAuth: tls.RequestClientCert, MinVersion: tls.VersionTLS12}
	srv.StartTLS()
	acme.SetBaseURL(srv.URL)
	t.Cleanup(func() { srv.Close(); acme.Close() })
	p := &provider.Client{HTTP: srv.Client(), Now: time.Now}
	c := conn(catalog.Auth{PKCE: "S256", Authorize: catalog.Authorize{URL: srv.URL + "/oauth/authorize"}, Token: catalog.Endpoint{URL: srv.URL + "/oauth/token", ClientAuth: "tls"}})
	for name, fields := range map[string]map[string]string{
		"its own": {"certificate": cert, "certificate_key": key}, "another": {"certificate": other, "certificate_key": otherKey}, "none": {},
	} {
		c.Client = provider.OAuthClient{ID: "tls", Fields: fields}
		visit := provider.Authorization{RedirectURI: "https://patchbay.test/cb", State: "s", Verifier: oauth2.GenerateVerifier()}
		at, err := c.AuthorizeURL(visit)
		if err != nil {
			t.Fatal(err)
		}
		back, err := acme.Consent(at, demo.Ada, true)
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(back)
		if err != nil {
			t.Fatal(err)
		}
		g, err := p.Redeem(t.Context(), c, u.Query().Get("code"), visit.Verifier, visit.RedirectURI)
		if name == "its own" {
			if err != nil || !strings.HasPrefix(g.Tokens["main.access"], "acme_at_") {
				t.Errorf("%s: %v", name, err)
			}
		} else if provider.ClassOf(err) != provider.ClientConfig {
			t.Errorf("%s: %v", name, err)
		}
	}
}
