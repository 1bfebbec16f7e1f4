package webhook

import (
	"crypto/sha256"
	"crypto/tls"
	"fmt"
	"net/http"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/patchbay-dev/patchbay/internal/secret"
)

// maxCertificate is how long a client certificate with its chain and its key may be.
const maxCertificate = 64 << 10

func certificateAssociated(endpointID string) string { return "webhook_certificate|" + endpointID }

// Certificate is what an endpoint shows to a receiver that asks who calls, in PEM.
type Certificate struct {
	Chain string
	Key   secret.Text
}

// take reads a certificate into the settings and seals it; nil removes it.
func (s *Settings) take(box *secret.Box, endpointID string, c *Certificate, now time.Time) error {
	s.Certificate, s.CertificateSubject, s.CertificateExpiresAt = nil, "", nil
	if c == nil {
		return nil
	}
	if len(c.Chain)+len(c.Key) > maxCertificate {
		return invalid("client_certificate", "A certificate and its key are together at most %d bytes long.", maxCertificate)
	}
	pair, err := tls.X509KeyPair([]byte(c.Chain), []byte(c.Key.Reveal()))
	if err != nil || pair.Leaf == nil {
		return invalid("client_certificate", "This is no certificate in PEM with the key that belongs to it. A key with a passphrase cannot be used.")
	}
	if now.After(pair.Leaf.NotAfter) {
		return invalid("client_certificate", "The certificate is over since %s.", pair.Leaf.NotAfter.UTC().Format(time.DateOnly))
	}
	s.Certificate, err = box.Seal([]byte(c.Chain+"\n"+c.Key.Reveal()), certificateAssociated(endpointID))
	if err != nil {
		return fmt.Errorf("seal certificate: %w", err)
	}
	s.CertificateSubject, s.CertificateExpiresAt = clipTo(pair.Leaf.Subject.String(), maxDescription), &pair.Leaf.NotAfter
	return nil
}

// clients keeps one HTTP client for each certificate, with its connections: a
// connection that showed one may not serve another endpoint.
type clients struct {
	made *lru.Cache[[sha256.Size]byte, *http.Client]
}

// kept is how many certificates' connections a process keeps.
const kept = 256

func newClients() *clients {
	made, err := lru.NewWithEvict(kept, func(_ [sha256.Size]byte, c *http.Client) { c.CloseIdleConnections() })
	if err != nil {
		panic(err) // a size that is none, which is a constant
	}
	return &clients{made}
}

// client returns the HTTP client for an endpoint.
func (s *Service) client(e *Endpoint) (*http.Client, error) {
	if e.Certificate == nil {
		return s.Client, nil
	}
	s.once.Do(func() { s.clients = newClients() })
	key := sha256.Sum256(e.Certificate)
	if c, ok := s.clients.made.Get(key); ok {
		return c, nil
	}
	both, err := s.Box.Open(e.Certificate, certificateAssociated(e.ID))
	if err != nil {
		return nil, fmt.Errorf("open certificate of %s: %w", e.ID, err)
	}
	pair, err := tls.X509KeyPair(both, both)
	if err != nil {
		return nil, fmt.Errorf("read certificate of %s: %w", e.ID, err)
	}
	transport, ok := s.Client.Transport.(*http.Transport)
	if !ok {
		return nil, fmt.Errorf("a transport that takes no certificate: %T", s.Client.Transport)
	}
	transport = transport.Clone()
	if transport.TLSClientConfig == nil {
		transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	transport.TLSClientConfig.Certificates = []tls.Certificate{pair}
	c := &http.Client{Transport: transport, Timeout: s.Client.Timeout, CheckRedirect: s.Client.CheckRedirect}
	if had, ok, _ := s.clients.made.PeekOrAdd(key, c); ok {
		return had, nil
	}
	return c, nil
}
