package inbound

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"hash/crc32"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// certPath is where PayPal publishes its certificates.
var certPath = regexp.MustCompile(`^/v1/notifications/certs/[A-Za-z0-9-]{1,100}$`)

// certFor is how long a certificate is not fetched again.
const certFor = 24 * time.Hour

func ofPayPal(host string) bool { return strings.HasSuffix(strings.ToLower(host), ".paypal.com") }

// certURL reports whether an address, which the request chose, is one at which
// PayPal publishes certificates.
func certURL(text string) bool {
	at, err := url.Parse(text)
	return err == nil && at.Scheme == "https" && at.User == nil && at.Port() == "" && at.RawQuery == "" && at.Fragment == "" &&
		ofPayPal(at.Hostname()) && certPath.MatchString(at.EscapedPath())
}

// paypal judges a request as developer.paypal.com/api/rest/webhooks describes:
// an RSA signature over the transmission's id and time, the webhook's id, which
// is the secret here, and the body's checksum, by a certificate whose address
// the request names.
func (f *Verifier) paypal(r *Request, secrets []string, now time.Time) error {
	at, id, stamp := r.Header.Get("Paypal-Cert-Url"), r.Header.Get("Paypal-Transmission-Id"), r.Header.Get("Paypal-Transmission-Time")
	sig, ok := plain("base64", r.Header.Get("Paypal-Transmission-Sig"))
	if !ok || len(sig) < 256 || id == "" || stamp == "" || r.Header.Get("Paypal-Auth-Algo") != "SHA256withRSA" || !certURL(at) {
		return ErrSignature
	}
	k, err := f.key(at, now, func(ctx context.Context) (published, error) { return f.certificate(ctx, at, now) })
	if err != nil {
		return err
	}
	public, ok := k.(*rsa.PublicKey)
	if !ok {
		return ErrSignature
	}
	check := strconv.FormatUint(uint64(crc32.ChecksumIEEE(r.Body)), 10)
	for _, webhookID := range secrets {
		sum := sha256.Sum256([]byte(strings.Join([]string{id, stamp, webhookID, check}, "|")))
		if webhookID != "" && rsa.VerifyPKCS1v15(public, crypto.SHA256, sum[:], sig) == nil {
			return nil
		}
	}
	return ErrSignature
}

// certificate fetches a certificate of PayPal's and those above it. One that was
// not issued to PayPal by somebody we believe is as good as none.
func (f *Verifier) certificate(ctx context.Context, at string, now time.Time) (published, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at, http.NoBody)
	if err != nil {
		return published{}, err //nolint:wrapcheck // Fetch says what failed
	}
	rest, err := f.answerTo(req)
	if errors.Is(err, errNoKey) {
		return published{}, nil
	}
	if err != nil {
		return published{}, err
	}
	var leaf *x509.Certificate
	between := x509.NewCertPool()
	for block, more := pem.Decode(rest); block != nil; block, more = pem.Decode(more) {
		c, err := x509.ParseCertificate(block.Bytes)
		switch {
		case err != nil || block.Type != "CERTIFICATE":
			return published{}, nil //nolint:nilerr // it is no certificate
		case leaf == nil:
			leaf = c
		default:
			between.AddCert(c)
		}
	}
	if leaf == nil || !slices.ContainsFunc(append(leaf.DNSNames, leaf.Subject.CommonName), ofPayPal) {
		return published{}, nil
	}
	how := x509.VerifyOptions{Roots: f.Roots, Intermediates: between, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}
	if _, err := leaf.Verify(how); err != nil {
		return published{}, nil //nolint:nilerr // it is none that we believe
	}
	return published{key: leaf.PublicKey, from: leaf.NotBefore, until: leaf.NotAfter, stale: now.Add(certFor)}, nil
}
