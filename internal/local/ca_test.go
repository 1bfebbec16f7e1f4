package local_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/local"
)

// handshake serves with the files and connects as name, trusting the authority only.
func handshake(t *testing.T, cert, key, ca, name string, now time.Time) error {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(read(t, ca)) {
		t.Fatal("the authority's file holds no certificate")
	}
	clock := func() time.Time { return now }
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}, Time: clock})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	go func() {
		if c, err := l.Accept(); err == nil {
			_ = c.(*tls.Conn).Handshake()
			_ = c.Close()
		}
	}()
	c, err := tls.Dial("tcp", l.Addr().String(), &tls.Config{RootCAs: pool, ServerName: name, Time: clock})
	if err == nil {
		_ = c.Close()
	}
	return err
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The certificate serves the local names, and no other, to who trusts the authority.
func TestCertificateServesLocalNames(t *testing.T) {
	t.Parallel()
	now := time.Now()
	cert, key, ca, err := local.EnsureCA(t.TempDir(), now, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"localhost", "127.0.0.1", "::1", "en123.workflows.localhost"} {
		if err := handshake(t, cert, key, ca, name, now); err != nil {
			t.Errorf("handshake as %s: %v", name, err)
		}
	}
	if err := handshake(t, cert, key, ca, "example.com", now); err == nil {
		t.Error("a handshake as example.com succeeded")
	}
	if st, err := os.Stat(key); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("key file: %v %v, want mode 0600", st.Mode(), err)
	}
}

// A name beyond loopback is refused with a sentence, since no client would accept it.
func TestNamesBeyondLoopbackAreRefused(t *testing.T) {
	t.Parallel()
	for _, host := range []string{"example.com", "10.0.0.1", "notlocalhost", "127.0.0.2"} {
		_, _, _, err := local.EnsureCA(t.TempDir(), time.Now(), []string{host})
		if e := (*local.Error)(nil); !errors.As(err, &e) || e.Fix == "" {
			t.Errorf("EnsureCA(%s) = %v, want an error with a fix", host, err)
		}
	}
}

// The pair stays as it is until it is due, and the authority outlives it, so
// that a browser is told to trust it once.
func TestCertificateIsRenewedWhenDue(t *testing.T) {
	t.Parallel()
	dir, day := t.TempDir(), 24*time.Hour
	start := time.Now()
	cert, key, ca, err := local.EnsureCA(dir, start, nil)
	if err != nil {
		t.Fatal(err)
	}
	firstCert, firstCA := read(t, cert), read(t, ca)
	steps := []struct {
		name           string
		after          time.Duration
		hosts          []string
		damage         string
		sameCert, same bool
	}{
		{name: "the next day", after: day, sameCert: true, same: true},
		{name: "other order of hosts", after: day, hosts: []string{"::1", "127.0.0.1", "localhost", "*.workflows.localhost"}, sameCert: true, same: true},
		{name: "29 days before the end", after: (397 - 29) * day, same: true},
		{name: "other hosts", after: (397 - 29) * day, hosts: []string{"localhost"}, same: true},
		{name: "a damaged key", after: (397 - 29) * day, hosts: []string{"localhost"}, damage: key, same: true},
		{name: "the authority's own end", after: (3650 - 29) * day},
	}
	for _, s := range steps {
		if s.damage != "" {
			if err := os.WriteFile(s.damage, []byte("junk"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		now := start.Add(s.after)
		if _, _, _, err := local.EnsureCA(dir, now, s.hosts); err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		if got := bytes.Equal(read(t, cert), firstCert); got != s.sameCert {
			t.Errorf("%s: certificate kept = %v, want %v", s.name, got, s.sameCert)
		}
		if got := bytes.Equal(read(t, ca), firstCA); got != s.same {
			t.Errorf("%s: authority kept = %v, want %v", s.name, got, s.same)
		}
		if err := handshake(t, cert, key, ca, "localhost", now); err != nil {
			t.Errorf("%s: handshake: %v", s.name, err)
		}
		firstCert = read(t, cert)
	}
}
