package smtp_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http/httptest"
	"net/smtp"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"

	face "github.com/patchbay-dev/patchbay/api/smtp"
	"github.com/patchbay-dev/patchbay/internal/appfile"
	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/inbound"
	"github.com/patchbay-dev/patchbay/internal/intake"
	"github.com/patchbay-dev/patchbay/internal/mail"
	"github.com/patchbay-dev/patchbay/internal/registry"
	"github.com/patchbay-dev/patchbay/internal/stash"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/trigger"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

func (r *rig) only() (m mail.Message) {
	r.t.Helper()
	runs := r.got()
	if len(runs) != 1 {
		r.t.Fatalf("%d runs", len(runs))
	}
	if err := json.Unmarshal([]byte(runs[0].Input), &m); err != nil {
		r.t.Fatal(err)
	}
	return m
}

// A server that can has its message sent encrypted, which the event says.
func TestStartTLS(t *testing.T) {
	t.Parallel()
	certified := httptest.NewTLSServer(nil)
	certified.Close()
	r := newRig(t, func(_ *mail.Service, s *face.Server) {
		s.Cert = &tls.Config{Certificates: certified.TLS.Certificates, MinVersion: tls.VersionTLS12}
	})
	c, err := smtp.Dial(r.at)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if ok, _ := c.Extension("STARTTLS"); !ok {
		t.Fatal("no STARTTLS is offered")
	}
	if err := c.StartTLS(&tls.Config{InsecureSkipVerify: true}); err != nil {
		t.Fatal(err)
	}
	if err := c.Mail("ada@example.com"); err != nil {
		t.Fatal(err)
	}
	if err := c.Rcpt(r.address); err != nil {
		t.Fatal(err)
	}
	w, err := c.Data()
	if err == nil {
		_, err = io.WriteString(w, strings.ReplaceAll(strings.ReplaceAll(message, "SUBJECT", "Secret"), "\n", "\r\n"))
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	if m := r.only(); !m.Envelope.TLS || m.Subject != "Secret" {
		t.Errorf("%+v", m.Envelope)
	}
}

// A message says which domains signed it: rightly, by a key that is another, or by one
// that could not be asked for.
func TestSignatures(t *testing.T) {
	t.Parallel()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	other, _, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	record := func(k ed25519.PublicKey) []string {
		return []string{"v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(k)}
	}
	for name, tt := range map[string]struct {
		signer  string
		lookup  mail.Lookup
		result  string
		aligned bool
	}{
		"of the sender's domain": {"example.com", func(context.Context, string) ([]string, error) { return record(public), nil }, "pass", true},
		"of another domain":      {"other.test", func(context.Context, string) ([]string, error) { return record(public), nil }, "pass", false},
		"by another key":         {"example.com", func(context.Context, string) ([]string, error) { return record(other), nil }, "fail", false},
		"by an unknown key":      {"example.com", func(context.Context, string) ([]string, error) { return nil, errTemporary{} }, "unknown", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, func(m *mail.Service, _ *face.Server) { m.Lookup = tt.lookup })
			var signed bytes.Buffer
			raw := strings.ReplaceAll(strings.ReplaceAll(message, "SUBJECT", "Signed"), "\n", "\r\n")
			if err := dkim.Sign(&signed, strings.NewReader(raw), &dkim.SignOptions{Domain: tt.signer, Selector: "s", Signer: crypto.Signer(private)}); err != nil {
				t.Fatal(err)
			}
			if err := smtp.SendMail(r.at, nil, "ada@example.com", []string{r.address}, signed.Bytes()); err != nil {
				t.Fatal(err)
			}
			if a := r.only().Authentication; len(a.DKIM) != 1 || a.DKIM[0].Domain != tt.signer || a.DKIM[0].Result != tt.result || a.Aligned != tt.aligned {
				t.Errorf("%+v", a)
			}
		})
	}
}

// errTemporary is what a name server that does not answer comes to.
type errTemporary struct{}

func (errTemporary) Error() string   { return "no answer" }
func (errTemporary) Timeout() bool   { return true }
func (errTemporary) Temporary() bool { return true }

// keeping has files of messages kept.
func keeping(t *testing.T) func(*mail.Service, *face.Server) {
	t.Helper()
	return func(m *mail.Service, _ *face.Server) {
		kept, _ := testkit.Payloads(t, m.Stash.DB, m.Now)
		m.Stash = &stash.Service{DB: m.Stash.DB, Payloads: kept, Keys: kept.Keys, BaseURL: kept.BaseURL, Now: m.Now}
	}
}

// A file that comes with a message is kept, and the event says where it lies.
func TestAttachmentIsKept(t *testing.T) {
	t.Parallel()
	r := newRig(t, keeping(t))
	raw := strings.NewReplacer("SUBJECT", "File", "text/csv", "application/pdf", "report.csv", "report.pdf", "\n", "\r\n").Replace(message)
	if err := smtp.SendMail(r.at, nil, "ada@example.com", []string{r.address}, []byte(raw)); err != nil {
		t.Fatal(err)
	}
	m := r.only()
	if len(m.Attachments) != 1 || m.Attachments[0].ID == "" || m.Attachments[0].Text != "" || m.Attachments[0].Size != 8 || !strings.HasPrefix(m.Attachments[0].URL, "https://patchbay.test/files/") {
		t.Fatalf("%+v", m.Attachments)
	}
	f, err := r.mail.Stash.Get(t.Context(), r.scope, "", m.Attachments[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	from, err := r.mail.Stash.Open(t.Context(), r.scope, f)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = from.Close() }()
	if got, err := io.ReadAll(from); err != nil || string(got) != "a,b\n1,2\n" {
		t.Errorf("%q, %v", got, err)
	}
}

// A trigger for e-mail that is deployed for a user emits each message once, as its
// settings say, until it is off.
func TestDeployedForEmail(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	guard := testkit.Guard()
	shipped, err := catalog.Load("https://patchbay.test", "")
	if err != nil {
		t.Fatal(err)
	}
	schemes, err := inbound.Load(shipped)
	if err != nil {
		t.Fatal(err)
	}
	apps := &appfile.Service{DB: r.fired.DB, Shipped: shipped, Now: r.mail.Now}
	all := func() *component.Registry {
		known, err := component.Shipped()
		if err != nil {
			panic(err)
		}
		return component.NewRegistry(known)
	}
	hooks := &webhook.Service{DB: r.fired.DB, Box: testkit.Box(t), Queue: testkit.DeadQueue(t), Guard: guard, Metrics: telemetry.NewMetrics(), Ladder: webhook.Ladder, Now: r.mail.Now}
	s := &trigger.Service{DB: r.fired.DB, Box: hooks.Box, Webhooks: hooks, Apps: apps, Schemes: schemes, Components: &registry.Service{DB: r.fired.DB, Apps: apps, Shipped: all, Now: r.mail.Now}, Firings: r.fired, Metrics: hooks.Metrics, Now: r.mail.Now}
	in := trigger.Deploy{ComponentKey: "email-new-email", ExternalUserID: "ada", Intake: &intake.Settings{Filter: "trigger.subject != 'Spam'"}}
	if _, _, err := s.Deploy(t.Context(), r.scope, in); !errors.Is(err, trigger.ErrNoMail) {
		t.Fatal(err)
	}
	s.TakesMail = true
	for name, bad := range map[string]trigger.Deploy{
		"props":      {ConfiguredProps: map[string]any{"x": 1}},
		"a response": {Intake: &intake.Settings{Response: &intake.Response{Status: 200}}},
	} {
		bad.ComponentKey, bad.ExternalUserID = in.ComponentKey, in.ExternalUserID
		if _, _, err := s.Deploy(t.Context(), r.scope, bad); err == nil {
			t.Errorf("%s were taken", name)
		}
	}
	tr, _, err := s.Deploy(t.Context(), r.scope, in)
	if err != nil {
		t.Fatal(err)
	}
	r.mail.Targets["ei"] = s.Mail()
	at := r.mail.Address(*tr.EndpointID)
	for _, subject := range []string{"Hello", "Hello", "Spam"} {
		if err := r.send(at, subject); err != nil {
			t.Fatal(err)
		}
	}
	events, err := s.Events(t.Context(), r.scope, tr.ID, "ada", 10)
	if err != nil || len(events) != 1 || !strings.Contains(events[0].Body, `"Hello"`) || events[0].ExternalUserID != "ada" {
		t.Fatalf("%+v, %v", events, err)
	}
	off := false
	if _, err := s.Update(t.Context(), r.scope, tr.ID, "ada", trigger.Change{Active: &off}); err != nil {
		t.Fatal(err)
	}
	if err := r.send(at, "Again"); err == nil || !strings.Contains(err.Error(), "550") {
		t.Error(err)
	}
}
