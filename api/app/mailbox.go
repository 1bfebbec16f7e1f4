package app

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/patchbay-dev/patchbay/api/smtp"
	"github.com/patchbay-dev/patchbay/internal/endpoint"
	"github.com/patchbay-dev/patchbay/internal/limit"
	"github.com/patchbay-dev/patchbay/internal/mail"
)

// mailbox builds what takes e-mail, if an address is set at which it is taken.
func (a *App) mailbox(limits *limit.Service) {
	if a.config.SMTPAddress == "" {
		return
	}
	a.triggers.TakesMail = true
	a.mail = &mail.Service{
		Endpoints: &endpoint.Service{DB: a.db}, Stash: a.stash, Limits: limits, Targets: map[string]mail.Target{"wt": a.firings.Mail(), "ei": a.triggers.Mail()},
		Domain: a.config.mailDomain(), Lookup: mail.DNS, Now: a.clock.Now,
	}
}

// mailDomain is what the addresses of triggers end with.
func (c *Config) mailDomain() string {
	return strings.ToLower(cmp.Or(c.SMTPDomain, c.WorkflowDomain))
}

// takeMail takes e-mail until ctx ends, if it is to be taken.
func (a *App) takeMail(ctx context.Context, g *errgroup.Group) error {
	if a.mail == nil {
		return nil
	}
	s := &smtp.Server{Mail: a.mail}
	if a.config.SMTPCert != "" {
		pair, err := tls.LoadX509KeyPair(a.config.SMTPCert, a.config.SMTPKey)
		if err != nil {
			return configError("PATCHBAY_SMTP_CERT: %w", err)
		}
		s.Cert = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.config.SMTPAddress)
	if err != nil {
		return fmt.Errorf("cannot listen on %s: %w", a.config.SMTPAddress, err)
	}
	g.Go(func() error { return s.Serve(ctx, l, a.config.Drain) })
	return nil
}
