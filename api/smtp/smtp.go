// Package smtp takes e-mail in for workflows and triggers. What it has answered
// with 250 is in the database; who nobody is, it says when the recipient is named.
package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"time"

	"github.com/emersion/go-smtp"
	"golang.org/x/net/netutil"

	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/mail"
)

const (
	maxSessions   = 100
	maxRecipients = 10
	maxLine       = 2000
	idleFor       = time.Minute
	takeWithin    = time.Minute
	maxStrangers  = 10 // recipients of one session that nobody is
)

// Server is the face.
type Server struct {
	Mail *mail.Service
	Cert *tls.Config // nil = no STARTTLS
}

// Serve takes messages from a listener until ctx ends, and lets those under way
// finish, for drain at most.
func (s *Server) Serve(ctx context.Context, l net.Listener, drain time.Duration) error {
	srv := smtp.NewServer(smtp.BackendFunc(s.session))
	srv.Domain, srv.TLSConfig, srv.EnableSMTPUTF8 = s.Mail.Domain, s.Cert, true
	srv.MaxRecipients, srv.MaxMessageBytes, srv.MaxLineLength = maxRecipients, mail.MaxMessage, maxLine
	srv.ReadTimeout, srv.WriteTimeout = idleFor, idleFor
	srv.ErrorLog = slog.NewLogLogger(slog.Default().Handler(), slog.LevelDebug)
	done := make(chan struct{})
	go func() {
		defer close(done)
		<-ctx.Done()
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
		defer cancel()
		if err := srv.Shutdown(stop); err != nil {
			_ = srv.Close()
		}
	}()
	if err := srv.Serve(netutil.LimitListener(l, maxSessions)); err != nil && !errors.Is(err, smtp.ErrServerClosed) {
		return fmt.Errorf("serve SMTP: %w", err)
	}
	<-done
	return nil
}

func (s *Server) session(c *smtp.Conn) (smtp.Session, error) {
	ip, _, err := net.SplitHostPort(c.Conn().RemoteAddr().String())
	if err != nil {
		ip = ""
	}
	return &session{mail: s.Mail, conn: c, ip: ip}, nil
}

// session is what one client says.
type session struct {
	mail      *mail.Service
	conn      *smtp.Conn
	ip        string
	from      string
	to        []*mail.Recipient
	strangers int
}

// Reset forgets a message that was begun.
func (x *session) Reset() { x.from, x.to = "", nil }

// Logout ends the session.
func (x *session) Logout() error { return nil }

// Mail begins a message.
func (x *session) Mail(from string, _ *smtp.MailOptions) error {
	ctx, cancel := context.WithTimeout(context.Background(), takeWithin)
	defer cancel()
	if err := x.mail.Welcome(ctx, x.ip); err != nil {
		return reply(ctx, err)
	}
	x.from = from
	return nil
}

// Rcpt names a recipient, who is refused if nobody is there.
func (x *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	ctx, cancel := context.WithTimeout(context.Background(), takeWithin)
	defer cancel()
	if x.strangers >= maxStrangers {
		return &smtp.SMTPError{Code: 421, EnhancedCode: smtp.EnhancedCode{4, 7, 0}, Message: "Too many recipients that are nobody."}
	}
	r, err := x.mail.Find(ctx, to)
	if errors.Is(err, mail.ErrNobody) {
		x.strangers++
	}
	if err != nil {
		return reply(ctx, err)
	}
	x.to = append(x.to, r)
	return nil
}

// Data takes the message. It lies in a file meanwhile, of which nothing is left.
func (x *session) Data(r io.Reader) error {
	ctx, cancel := context.WithTimeout(context.Background(), takeWithin)
	defer cancel()
	f, err := os.CreateTemp("", "patchbay-mail-*")
	if err != nil {
		return reply(ctx, fmt.Errorf("keep message: %w", err))
	}
	defer func() { _, _ = f.Close(), os.Remove(f.Name()) }()
	size, err := io.Copy(f, r)
	if err != nil {
		if said, ok := errors.AsType[*smtp.SMTPError](err); ok {
			return said
		}
		return reply(ctx, fmt.Errorf("keep message: %w", err))
	}
	_, secure := x.conn.TLSConnectionState()
	e := mail.Envelope{From: x.from, ClientIP: x.ip, Helo: x.conn.Hostname(), TLS: secure}
	if err := x.mail.Take(ctx, x.to, e, f, size); err != nil {
		return reply(ctx, err)
	}
	return nil
}

// reply words a fault in the codes of RFC 5321 and RFC 3463: what may be otherwise
// later is a 4.
func reply(ctx context.Context, err error) error {
	f := fault.Of(err)
	out := &smtp.SMTPError{Message: f.Message}
	switch f.Kind {
	case fault.NotFound:
		out.Code, out.EnhancedCode = 550, smtp.EnhancedCode{5, 1, 1}
	case fault.RateLimited:
		out.Code, out.EnhancedCode = 450, smtp.EnhancedCode{4, 7, 1}
	case fault.TooLarge:
		out.Code, out.EnhancedCode = 552, smtp.EnhancedCode{5, 3, 4}
	case fault.Invalid, fault.Forbidden, fault.Unauthenticated:
		out.Code, out.EnhancedCode = 554, smtp.EnhancedCode{5, 6, 0}
	default:
		slog.ErrorContext(ctx, "a message was not taken", "error", err)
		out.Code, out.EnhancedCode, out.Message = 451, smtp.EnhancedCode{4, 3, 0}, "The message cannot be taken now. Send it again later."
	}
	return out
}
