package webhook_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// A rate is kept by all workers together, and never more go than its burst and
// what time brings.
func TestRateIsKept(t *testing.T) {
	t.Parallel()
	r, to := newRig(t), testkit.NewReceiver(t)
	v := r.add(to.URL, webhook.Change{Rate: new(2.0), Burst: new(3)})
	r.emit(20, webhook.To{Project: true})
	all := func() int {
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if err := r.fresh().Deliver(t.Context(), r.scope, v.ID); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		return len(to.Calls())
	}
	for _, step := range []struct {
		passed time.Duration
		want   int
	}{{0, 3}, {0, 3}, {499 * time.Millisecond, 3}, {time.Millisecond, 4}, {time.Second, 6}, {time.Hour, 9}} {
		r.Pass(step.passed)
		if got := all(); got != step.want {
			t.Fatalf("%d calls after %s more, want %d", got, step.passed, step.want)
		}
	}
	r.change(v.ID, webhook.Change{Rate: new(0.0)})
	if got := all(); got != 20 {
		t.Fatalf("%d calls without a rate", got)
	}
}

// No more are under way at once than the endpoint wants, and as many.
func TestConcurrencyIsKept(t *testing.T) {
	t.Parallel()
	for _, width := range []int{1, 5, 40} {
		r, to := newRig(t), testkit.NewReceiver(t)
		v := r.add(to.URL, webhook.Change{Concurrency: &width})
		to.Answer(func(int, http.ResponseWriter, *http.Request) { time.Sleep(20 * time.Millisecond) })
		r.emit(2*width+5, webhook.To{Project: true})
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				if err := r.fresh().Deliver(t.Context(), r.scope, v.ID); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := len(to.Calls()); to.AtOnce() > width || n != 2*width+5 {
			t.Errorf("%d at once of %d, want at most %d", to.AtOnce(), n, width)
		}
	}
}

// caller makes a certificate for a client, which is over at a time.
func caller(t *testing.T, until time.Time) (*x509.Certificate, *webhook.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "webhooks.acme.test", Organization: []string{"Acme"}}, NotBefore: time.Unix(0, 0), NotAfter: until,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	block := func(kind string, b []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}))
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return parsed, &webhook.Certificate{Chain: block("CERTIFICATE", der), Key: secret.Text(block("PRIVATE KEY", pkcs8))}
}

// A receiver that asks who calls is shown the endpoint's certificate; another
// endpoint at the same address shows none, also while the first one's
// connection is still open.
func TestClientCertificate(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	leaf, pair := caller(t, r.Now().Add(24*time.Hour))
	var mu sync.Mutex
	var seen []string
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		name := "nobody"
		if len(req.TLS.PeerCertificates) > 0 {
			name = req.TLS.PeerCertificates[0].Subject.CommonName
		}
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, req.URL.Path+" "+name)
	}))
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	srv.TLS = &tls.Config{ClientAuth: tls.VerifyClientCertIfGiven, ClientCAs: pool, MinVersion: tls.VersionTLS12}
	srv.StartTLS()
	t.Cleanup(srv.Close)
	server := x509.NewCertPool()
	server.AddCert(srv.Certificate())
	r.Client.Transport.(*http.Transport).TLSClientConfig = &tls.Config{RootCAs: server, MinVersion: tls.VersionTLS12}

	with := r.add(srv.URL+"/with", webhook.Change{Certificate: pair})
	r.add(srv.URL+"/without", webhook.Change{})
	if with.CertificateSubject != "CN=webhooks.acme.test,O=Acme" || !with.CertificateExpiresAt.Equal(leaf.NotAfter) {
		t.Errorf("%+v", with.Settings)
	}
	for range 2 {
		r.tellAll(event.AccountDead)
	}
	got := map[string]int{}
	for _, s := range seen {
		got[s]++
	}
	if got["/with webhooks.acme.test"] != 2 || got["/without nobody"] != 2 || len(got) != 2 {
		t.Errorf("%v, %v", seen, tries(r.all()[0]))
	}
	_, over := caller(t, r.Now().Add(-time.Hour))
	_, other := caller(t, r.Now().Add(time.Hour))
	for what, c := range map[string]*webhook.Certificate{
		"one that is over": over, "another's key": {Chain: pair.Chain, Key: other.Key}, "no key": {Chain: pair.Chain}, "no certificate": {Key: pair.Key},
		"one without end": {Chain: strings.Repeat(pair.Chain, 200), Key: pair.Key},
	} {
		_, err := r.UpdateEndpoint(t.Context(), r.scope, with.ID, &webhook.Change{Certificate: c})
		if f, ok := errors.AsType[*fault.Error](err); !ok || f.Code != "client_certificate" || strings.Contains(err.Error(), "PRIVATE") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if v := r.change(with.ID, webhook.Change{Certificate: &webhook.Certificate{}}); v.Certificate != nil || v.CertificateExpiresAt != nil {
		t.Errorf("it was not removed: %+v", v.Settings)
	}
}
