package local

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	caLife      = 10 * 365 * 24 * time.Hour
	leafLife    = 397 * 24 * time.Hour // browsers refuse more than 825 days, some more than 398
	renewBefore = 30 * 24 * time.Hour
)

// DefaultHosts are the names that local development is reached by.
var DefaultHosts = []string{"localhost", "127.0.0.1", "::1", "*.workflows.localhost"}

// EnsureCA returns the files of a certificate for hosts and of the authority that
// signed it, and creates what is missing. hosts are DNS names and addresses;
// none means DefaultHosts. The authority lives ten years and can vouch for
// loopback names only, so that trusting it in a browser risks nothing else. A
// certificate that ends within 30 days, or names other hosts, is made anew; call
// it at every start. All files are readable by their owner alone.
func EnsureCA(dir string, now time.Time, hosts []string) (certFile, keyFile, caFile string, err error) {
	if len(hosts) == 0 {
		hosts = DefaultHosts
	}
	if err := loopbackOnly(hosts); err != nil {
		return "", "", "", err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", "", "", err
	}
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	caFile = filepath.Join(dir, "ca.pem")
	caKey := filepath.Join(dir, "ca-key.pem")
	ca, err := load(caFile, caKey)
	if err != nil || expires(ca.Leaf, now) {
		if ca, err = issue(caFile, caKey, authority(now), nil); err != nil {
			return "", "", "", fmt.Errorf("create the local certificate authority: %w", err)
		}
	}
	leaf, err := load(certFile, keyFile)
	if err != nil || expires(leaf.Leaf, now) || leaf.Leaf.CheckSignatureFrom(ca.Leaf) != nil || !covers(leaf.Leaf, hosts) {
		if _, err = issue(certFile, keyFile, server(now, ca.Leaf.NotAfter, hosts), &ca); err != nil {
			return "", "", "", fmt.Errorf("create the local certificate: %w", err)
		}
	}
	return certFile, keyFile, caFile, nil
}

func expires(c *x509.Certificate, now time.Time) bool {
	return now.Before(c.NotBefore) || c.NotAfter.Sub(now) < renewBefore
}

// loopbackOnly refuses what the authority's own limits would make invalid.
func loopbackOnly(hosts []string) error {
	for _, h := range hosts {
		ip := net.ParseIP(h)
		if h == "localhost" || strings.HasSuffix(h, ".localhost") || ip != nil && loopback(ip) {
			continue
		}
		return &Error{
			What: fmt.Sprintf("the local certificate authority cannot vouch for %q", h),
			Fix:  "use localhost, a name below .localhost, 127.0.0.1 or ::1, or bring a certificate of your own",
		}
	}
	return nil
}

func loopback(ip net.IP) bool {
	return ip.Equal(net.IPv4(127, 0, 0, 1)) || ip.Equal(net.IPv6loopback)
}

// covers reports whether c names exactly hosts, in any order.
func covers(c *x509.Certificate, hosts []string) bool {
	names := slices.Clone(c.DNSNames)
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	hosts = slices.Clone(hosts)
	for i, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			hosts[i] = ip.String() // one spelling
		}
	}
	slices.Sort(names)
	slices.Sort(hosts)
	return slices.Equal(names, hosts)
}

func authority(now time.Time) *x509.Certificate {
	return &x509.Certificate{
		Subject:               pkix.Name{Organization: []string{"Patchbay"}, CommonName: "Patchbay local authority"},
		NotBefore:             now.Add(-time.Hour),
		NotAfter:              now.Add(caLife),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
		MaxPathLenZero:        true,

		PermittedDNSDomainsCritical: true,
		PermittedDNSDomains:         []string{"localhost"}, // and everything below it
		PermittedIPRanges: []*net.IPNet{
			{IP: net.IPv4(127, 0, 0, 1).To4(), Mask: net.CIDRMask(32, 32)},
			{IP: net.IPv6loopback, Mask: net.CIDRMask(128, 128)},
		},
	}
}

func server(now, latest time.Time, hosts []string) *x509.Certificate {
	c := &x509.Certificate{
		Subject:     pkix.Name{Organization: []string{"Patchbay"}, CommonName: "localhost"},
		NotBefore:   now.Add(-time.Hour),
		NotAfter:    now.Add(leafLife),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if c.NotAfter.After(latest) {
		c.NotAfter = latest
	}
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			c.IPAddresses = append(c.IPAddresses, ip)
		} else {
			c.DNSNames = append(c.DNSNames, h)
		}
	}
	return c
}

// issue makes a key, has c signed by ca (or by itself) and writes both files.
func issue(certFile, keyFile string, c *x509.Certificate, ca *tls.Certificate) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	if c.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127)); err != nil {
		return tls.Certificate{}, err
	}
	parent, signer := c, any(key)
	if ca != nil {
		parent, signer = ca.Leaf, ca.PrivateKey
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, key.Public(), signer)
	if err != nil {
		return tls.Certificate{}, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return tls.Certificate{}, err
	}
	err = errors.Join(writePEM(keyFile, "PRIVATE KEY", secret), writePEM(certFile, "CERTIFICATE", der))
	if err != nil {
		return tls.Certificate{}, err
	}
	return load(certFile, keyFile)
}

// load reads a pair; one that a crash left half written does not match and fails.
func load(certFile, keyFile string) (tls.Certificate, error) {
	return tls.LoadX509KeyPair(certFile, keyFile)
}

// writePEM replaces path at once: a reader sees the old file or the new one.
func writePEM(path, kind string, der []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return err
	}
	err = errors.Join(pem.Encode(f, &pem.Block{Type: kind, Bytes: der}), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
