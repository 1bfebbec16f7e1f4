package notify_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/notify"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// office is a mail server as operators run one: it wants TLS before a password,
// and a password before a letter.
type office struct {
	mu      sync.Mutex
	letters []string
	inClear bool // a letter came without TLS
}

func (o *office) NewSession(c *smtp.Conn) (smtp.Session, error) {
	return &counter{office: o, conn: c}, nil
}

type counter struct {
	office *office
	conn   *smtp.Conn
	known  bool
}

func (c *counter) AuthMechanisms() []string { return []string{sasl.Plain} }

func (c *counter) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "patchbay" || password != "s3cret" {
			return smtp.ErrAuthFailed
		}
		c.known = true
		return nil
	}), nil
}

func (c *counter) Mail(string, *smtp.MailOptions) error {
	if !c.known {
		return smtp.ErrAuthRequired
	}
	return nil
}

func (*counter) Rcpt(string, *smtp.RcptOptions) error { return nil }

func (c *counter) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	_, sealed := c.conn.TLSConnectionState()
	c.office.mu.Lock()
	defer c.office.mu.Unlock()
	c.office.letters, c.office.inClear = append(c.office.letters, string(raw)), c.office.inClear || !sealed
	return err
}

func (*counter) Reset()        {}
func (*counter) Logout() error { return nil }

// authority makes a certificate for 127.0.0.1, and the pool that believes it.
func authority(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Office"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

func (o *office) open(t *testing.T, c tls.Certificate, whole bool) (at string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := smtp.NewServer(o)
	s.Domain, s.TLSConfig = "office", &tls.Config{Certificates: []tls.Certificate{c}, MinVersion: tls.VersionTLS12}
	at = l.Addr().String()
	if whole {
		l = tls.NewListener(l, s.TLSConfig)
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close(); <-done })
	return at
}

// An e-mail goes to a real server behind STARTTLS, or TLS from the beginning, and
// with a password, which is not said to a server whose certificate nobody
// believes.
func TestEmailByTLS(t *testing.T) {
	t.Parallel()
	certificate, pool := authority(t)
	tests := map[string]struct {
		scheme, password string
		roots            *x509.CertPool
		want             notify.Code // "" = it arrives
	}{
		"STARTTLS":                       {"smtp", "s3cret", pool, ""},
		"TLS from the beginning":         {"smtps", "s3cret", pool, ""},
		"a certificate nobody believes":  {"smtp", "s3cret", x509.NewCertPool(), notify.SendFailed},
		"the same, from the beginning":   {"smtps", "s3cret", x509.NewCertPool(), notify.SendFailed},
		"a password that is not right":   {"smtp", "another", pool, notify.Forbidden},
		"the same, behind TLS all along": {"smtps", "another", pool, notify.Forbidden},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, o := newRig(t), &office{}
			m, err := notify.NewMailer(tt.scheme+"://patchbay:"+tt.password+"@"+o.open(t, certificate, tt.scheme == "smtps"), "alerts@example.com", testkit.Guard())
			if err != nil {
				t.Fatal(err)
			}
			m.TLS = &tls.Config{RootCAs: tt.roots, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS12}
			r.Mail = m
			in := r.all(notify.Email)
			in.URL, in.Addresses = "", []string{"ada@example.com"}
			route := r.create(in)
			r.emit(event.AccountRecovered, "apn_1", "{}")
			got, err := r.Test(t.Context(), r.scope, route.ID)
			if err != nil || got.Code != tt.want {
				t.Fatalf("%+v, %v", got, err)
			}
			o.mu.Lock()
			defer o.mu.Unlock()
			if arrived := len(o.letters) == 1 && strings.Contains(o.letters[0], "To: <ada@example.com>"); arrived != (tt.want == "") || o.inClear {
				t.Errorf("%d letters, in clear: %t", len(o.letters), o.inClear)
			}
		})
	}
}
