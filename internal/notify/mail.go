package notify

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"html/template"
	"net"
	netmail "net/mail"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"github.com/patchbay-dev/patchbay/internal/egress"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/signin"
)

// Mailer sends e-mail by the operator's server.
type Mailer struct {
	TLS *tls.Config // nil = the machine's certificates

	host, user string
	port       int
	password   secret.Text
	whole      bool // TLS from the beginning, and not by STARTTLS
	plain      bool // no TLS at all
	from       *netmail.Address
	guard      *egress.Guard
}

// NewMailer reads PATCHBAY_SMTP_URL and PATCHBAY_SMTP_FROM: smtp:// asks for
// STARTTLS, smtps:// begins with TLS, and smtp://…?tls=none does without, which
// is for a server on the same machine.
func NewMailer(at, from string, g *egress.Guard) (*Mailer, error) {
	u, err := url.Parse(at)
	if err != nil || u.Hostname() == "" || u.Scheme != "smtp" && u.Scheme != "smtps" {
		return nil, errors.New("want an address such as smtp://user:password@mail.example.com:587")
	}
	m := &Mailer{host: u.Hostname(), user: u.User.Username(), whole: u.Scheme == "smtps", plain: u.Query().Get("tls") == "none", guard: g}
	pass, _ := u.User.Password()
	m.password = secret.Text(pass)
	port := u.Port()
	if port == "" {
		port = map[bool]string{true: "465", false: "587"}[m.whole]
	}
	if m.port, err = strconv.Atoi(port); err != nil || m.port < 1 || m.port > 65535 {
		return nil, fmt.Errorf("%q is no port", port)
	}
	if m.plain && (m.whole || m.user != "") {
		return nil, errors.New("tls=none goes with smtp:// and without a password, which anybody could read on the way")
	}
	if m.from, err = netmail.ParseAddress(from); err != nil {
		return nil, errors.New("PATCHBAY_SMTP_FROM is no e-mail address")
	}
	return m, nil
}

// Letter is an e-mail as it is sent.
type Letter struct {
	Subject string `json:"subject"`
	Text    string `json:"text"`
	HTML    string `json:"html"`
}

// letter makes one e-mail of all messages.
func letter(ms []*Message) (*Letter, error) {
	l := &Letter{Subject: line("[Patchbay] " + heading(ms) + " · " + ms[0].place())}
	var text strings.Builder
	for i, m := range ms {
		if i > 0 {
			text.WriteString("\n----\n\n")
		}
		fmt.Fprintf(&text, "%s\n%s\n\n", m.headline(), m.place())
		if m.Text != "" {
			text.WriteString(m.Text + "\n\n")
		}
		if m.Code != "" {
			m = withCode(m)
		}
		for _, f := range m.Fields {
			fmt.Fprintf(&text, "%s: %s\n", f.Name, line(f.Value))
		}
		fmt.Fprintf(&text, "\nOpen: %s\nRunbook: %s\n", m.Link, m.Runbook)
	}
	l.Text = text.String()
	var html bytes.Buffer
	if err := page.Execute(&html, ms); err != nil {
		return nil, fmt.Errorf("draw e-mail: %w", err)
	}
	l.HTML = html.String()
	return l, nil
}

var page = template.Must(template.New("mail").Funcs(template.FuncMap{
	"colour":   func(m *Message) template.CSS { return template.CSS(fmt.Sprintf("#%06X", m.colour())) }, //nolint:gosec // a number of ours
	"headline": (*Message).headline,
	"place":    (*Message).place,
	"at":       func(m *Message) string { return m.At.UTC().Format("2 Jan 2006, 15:04:05 MST") },
}).Parse(`<!doctype html><html><body style="margin:0;padding:24px;background:#f4f5f7;font:15px/1.5 system-ui,sans-serif;color:#1c2024">
{{range .}}<div style="max-width:560px;margin:0 auto 16px;background:#fff;border-left:4px solid {{colour .}};border-radius:6px;padding:16px 20px">
<div style="font-size:17px;font-weight:600">{{headline .}}</div>
<div style="color:#60646c">{{place .}} · {{at .}}</div>
{{if .Text}}<p style="white-space:pre-line">{{.Text}}</p>{{end}}
<table style="border-collapse:collapse;margin:12px 0">{{if .Code}}<tr><td style="padding:2px 16px 2px 0;color:#60646c">Code</td><td><code>{{.Code}}</code></td></tr>{{end}}
{{range .Fields}}<tr><td style="padding:2px 16px 2px 0;color:#60646c;vertical-align:top">{{.Name}}</td><td style="word-break:break-word">{{.Value}}</td></tr>{{end}}</table>
<a href="{{.Link}}">Open</a> · <a href="{{.Runbook}}">Runbook</a></div>
{{end}}</body></html>
`))

// send sends a letter. Its id is the same when it is sent again, so that a
// reader's program can tell.
func (m *Mailer) send(ctx context.Context, to []string, id string, l *Letter, now time.Time) Outcome {
	msg := mail.NewMsg()
	msg.FromMailAddress(m.from)
	if err := msg.To(to...); err != nil {
		return Outcome{Code: InvalidWebhook, Detail: "an address is not one"}
	}
	msg.Subject(l.Subject)
	msg.SetDateWithValue(now)
	msg.SetMessageIDWithValue(id + "@" + m.from.Address[strings.LastIndexByte(m.from.Address, '@')+1:])
	msg.SetUserAgent("Patchbay")
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetBodyString(mail.TypeTextPlain, l.Text)
	msg.AddAlternativeString(mail.TypeTextHTML, l.HTML)
	c, err := m.client()
	if err == nil {
		err = c.DialAndSendWithContext(ctx, msg)
	}
	return m.outcome(err)
}

// Post sends one person a letter that is not of a workflow but of their sign-in.
func (m *Mailer) Post(ctx context.Context, to, id string, l signin.Letter) error {
	text := l.Text + "\n"
	if l.Link != "" {
		text += "\n" + l.Action + ": " + l.Link + "\n"
	}
	var html bytes.Buffer
	if err := personal.Execute(&html, l); err != nil {
		return fmt.Errorf("draw e-mail: %w", err)
	}
	if o := m.send(ctx, []string{to}, id, &Letter{Subject: line(l.Subject), Text: text, HTML: html.String()}, time.Now()); !o.Sent() { //nolint:forbidigo // the date of the letter
		return fmt.Errorf("send e-mail: %s %s", o.Code, o.Detail)
	}
	return nil
}

var personal = template.Must(template.New("personal").Parse(`<!doctype html><html><body style="margin:0;padding:24px;background:#f4f5f7;font:15px/1.5 system-ui,sans-serif;color:#1c2024">
<div style="max-width:560px;margin:0 auto;background:#fff;border-radius:6px;padding:16px 20px">
<div style="font-size:17px;font-weight:600">{{.Subject}}</div><p style="white-space:pre-line">{{.Text}}</p>{{if .Link}}<p><a href="{{.Link}}">{{.Action}}</a></p>{{end}}</div></body></html>
`))

func (m *Mailer) client() (*mail.Client, error) {
	config := m.TLS
	if config == nil {
		config = &tls.Config{ServerName: m.host, MinVersion: tls.VersionTLS12}
	}
	dial := m.guard.Server(net.JoinHostPort(m.host, strconv.Itoa(m.port)))
	options := []mail.Option{mail.WithPort(m.port), mail.WithTimeout(sendTimeout), mail.WithTLSConfig(config), mail.WithTLSPolicy(mail.TLSMandatory)}
	switch {
	case m.whole:
		options = append(options, mail.WithSSL(), mail.WithDialContextFunc(func(ctx context.Context, network, address string) (net.Conn, error) {
			raw, err := dial(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return tls.Client(raw, config), nil
		}))
	case m.plain:
		options = append(options, mail.WithTLSPolicy(mail.NoTLS), mail.WithDialContextFunc(dial))
	default:
		options = append(options, mail.WithDialContextFunc(dial))
	}
	if m.user != "" {
		// The ways are named: left to find one, the library takes a connection that we made for one without TLS.
		ways := []mail.SMTPAuthType{mail.SMTPAuthSCRAMSHA256, mail.SMTPAuthSCRAMSHA1, mail.SMTPAuthPlain, mail.SMTPAuthLogin}
		options = append(options, mail.WithOpportunisticSMTPAuth(ways...), mail.WithUsername(m.user), mail.WithPassword(m.password.Reveal()))
	}
	return mail.NewClient(m.host, options...)
}

// outcome reads what a server said. Its words may hold addresses, so only its
// numbers are kept.
func (m *Mailer) outcome(err error) Outcome {
	if err == nil {
		return Outcome{}
	}
	if said, ok := errors.AsType[*textproto.Error](err); ok && said.Code >= 530 && said.Code < 540 {
		return Outcome{Code: Forbidden, Status: said.Code, Detail: fmt.Sprintf("the mail server answered %d", said.Code)} // it does not take the password
	}
	var said *mail.SendError
	if !errors.As(err, &said) || said.ErrorCode() == 0 {
		return byError(err)
	}
	o := Outcome{Code: InvalidWebhook, Status: said.ErrorCode(), Detail: fmt.Sprintf("the mail server answered %d", said.ErrorCode())}
	switch n := said.ErrorCode(); {
	case said.IsTemp() || n < 500:
		o.Code = SendFailed
	case n == 552 || said.EnhancedStatusCode() == "5.3.4":
		o.Code = PayloadTooLarge
	case n == 530 || n == 535 || n == 550 && strings.HasPrefix(said.EnhancedStatusCode(), "5.7."):
		o.Code = Forbidden
	}
	return o
}
