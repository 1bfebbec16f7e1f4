package app

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/textproto"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// certificateWarn is how long before its end a certificate is to be renewed.
const certificateWarn = 14 * 24 * time.Hour

// mail looks at the two ways of e-mail: out, to people, and in, to triggers.
func (d *doctor) mail(ctx context.Context) {
	if u, err := url.Parse(d.config.SMTPURL); err == nil && d.config.SMTPURL != "" { // that it is one was checked with the configuration
		port := map[string]string{"smtp": "587", "smtps": "465"}[u.Scheme]
		if p := u.Port(); p != "" {
			port = p
		}
		d.greet(ctx, "e-mail out", net.JoinHostPort(u.Hostname(), port), u.Scheme == "smtps", fail, "Look at PATCHBAY_SMTP_URL, and at what may go out from here.")
	}
	if d.config.SMTPAddress == "" {
		return
	}
	d.certificate()
	host, port, err := net.SplitHostPort(d.config.SMTPAddress)
	if err != nil {
		d.find("e-mail in", fail, "Give a host and a port, or a port alone, such as :25.", "PATCHBAY_SMTP_ADDRESS is %q.", d.config.SMTPAddress)
		return
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	if d.greet(ctx, "e-mail in", net.JoinHostPort(host, port), false, warn, "Start it: patchbay serve. If it runs, correct PATCHBAY_SMTP_ADDRESS.") {
		d.exchanger(ctx)
	}
}

// greet waits for the greeting of a server that takes e-mail.
func (d *doctor) greet(ctx context.Context, check, address string, secure bool, refused state, remedy string) bool {
	var dialer interface {
		DialContext(ctx context.Context, network, address string) (net.Conn, error)
	} = &net.Dialer{}
	if secure {
		dialer = &tls.Dialer{}
	}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		if !errors.Is(err, syscall.ECONNREFUSED) {
			refused = fail
		}
		d.find(check, refused, remedy, "Nothing takes e-mail at %s: %s.", address, withoutSecrets(err))
		return false
	}
	defer func() { _ = conn.Close() }()
	if at, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(at)
	}
	if _, _, err := textproto.NewConn(conn).ReadResponse(220); err != nil {
		d.find(check, fail, remedy, "Something else than a mail server answers at %s.", address)
		return false
	}
	d.find(check, well, "", "%s takes e-mail.", address)
	return true
}

// certificate looks at what STARTTLS is offered with.
func (d *doctor) certificate() {
	const check = "e-mail TLS"
	if d.config.SMTPCert == "" {
		d.find(check, warn, "Set PATCHBAY_SMTP_CERT and PATCHBAY_SMTP_KEY.", "E-mail comes in unencrypted: STARTTLS is not offered.")
		return
	}
	pair, err := tls.LoadX509KeyPair(d.config.SMTPCert, d.config.SMTPKey)
	if err != nil {
		d.find(check, fail, "Look at PATCHBAY_SMTP_CERT and PATCHBAY_SMTP_KEY.", "The certificate for STARTTLS cannot be used: %s.", err)
		return
	}
	ends := pair.Leaf.NotAfter
	switch left := time.Until(ends); {
	case left < 0:
		d.find(check, fail, "Renew it, and start the server again.", "The certificate for STARTTLS ended %s.", day(ends))
	case left < certificateWarn:
		d.find(check, warn, "Renew it, and start the server again.", "The certificate for STARTTLS ends %s.", day(ends))
	default:
		d.find(check, well, "", "STARTTLS is offered with a certificate that ends %s.", day(ends))
	}
}

// exchanger asks DNS where e-mail for the domain is brought.
func (d *doctor) exchanger(ctx context.Context) {
	const check = "e-mail domain"
	domain := d.config.mailDomain()
	if domain == "localhost" || strings.HasSuffix(domain, ".localhost") {
		d.find(check, well, "", "Addresses end with @%s, which nobody but this machine knows.", domain)
		return
	}
	found, err := net.DefaultResolver.LookupMX(ctx, domain)
	if err != nil || len(found) == 0 {
		d.find(check, warn, "Add an MX record for it that names this server.", "DNS names no server for e-mail to @%s.", domain)
		return
	}
	d.find(check, well, "", "E-mail to @%s is brought to %s.", domain, strings.TrimSuffix(found[0].Host, "."))
}
