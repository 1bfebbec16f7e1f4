package smtp_test

import (
	"context"
	"encoding/json"
	"net"
	"net/smtp"
	"strings"
	"testing"
	"time"

	face "github.com/patchbay-dev/patchbay/api/smtp"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/endpoint"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/firing"
	"github.com/patchbay-dev/patchbay/internal/inbound"
	"github.com/patchbay-dev/patchbay/internal/mail"
	"github.com/patchbay-dev/patchbay/internal/run"
	"github.com/patchbay-dev/patchbay/internal/stash"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

type rig struct {
	t       *testing.T
	fired   *firing.Service
	mail    *mail.Service
	runs    *run.Service
	scope   tenant.Scope
	at      string // of the server
	address string // of the workflow
	off     string // of one that is switched off
}

func newRig(t *testing.T, other ...func(*mail.Service, *face.Server)) *rig {
	t.Helper()
	d, clock := testkit.DB(t), testkit.NewClock()
	runs := &run.Service{DB: d, Queue: testkit.DeadQueue(t), Box: testkit.Box(t), Verifier: &inbound.Verifier{Now: clock.Now}, Tally: &inbound.Tally{DB: d}, Metrics: telemetry.NewMetrics(), Now: clock.Now}
	fire := &firing.Service{DB: d, Runs: runs, Now: clock.Now}
	flows := &workflow.Service{DB: d, Now: clock.Now}
	r := &rig{t: t, runs: runs, scope: testkit.Scope(t, d)}
	def, err := workflow.ParseYAML([]byte("name: Mail\ntriggers:\n- {type: email, environment: development, filter: '{{ trigger.subject != \"Spam\" }}'}\n- {name: off, type: email, environment: development, disabled: true}\nsteps: [{name: a, type: delay, for: 1h}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	v, err := flows.Create(t.Context(), r.scope.Project(), def)
	if err == nil {
		_, err = flows.Deploy(t.Context(), r.scope.Project(), v.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	live, err := flows.Triggers(t.Context(), r.scope.Project(), v.ID)
	if err != nil || len(live) != 2 {
		t.Fatalf("%+v, %v", live, err)
	}
	m := &mail.Service{
		Endpoints: &endpoint.Service{DB: d}, Stash: &stash.Service{DB: d, Payloads: &event.Payloads{DB: d, Now: clock.Now}, Now: clock.Now}, Targets: map[string]mail.Target{"wt": fire.Mail()},
		Domain: "in.test", Lookup: func(context.Context, string) ([]string, error) { return nil, nil }, Now: clock.Now,
	}
	s := &face.Server{Mail: m}
	for _, set := range other {
		set(m, s)
	}
	r.fired, r.mail = fire, m
	r.address, r.off = m.Address(*live[0].EndpointID), m.Address(*live[1].EndpointID)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r.at = l.Addr().String()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l, time.Second) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return r
}

func (r *rig) send(to, subject string) error {
	r.t.Helper()
	return smtp.SendMail(r.at, nil, "ada@example.com", []string{to}, []byte(strings.ReplaceAll(strings.ReplaceAll(message, "SUBJECT", subject), "\n", "\r\n")))
}

const message = `From: =?utf-8?q?Ada_L=C3=B6velace?= <ada@example.com>
To: someone@in.test
Subject: SUBJECT
Message-ID: <SUBJECT@example.com>
Date: Sat, 21 Nov 2026 10:00:00 +0100
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=outer

--outer
Content-Type: multipart/alternative; boundary=inner

--inner
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

Caf=E9
--inner
Content-Type: text/html; charset=utf-8

<p>Caf&eacute;</p>
--inner--
--outer
Content-Type: text/csv
Content-Disposition: attachment; filename="../report.csv"
Content-Transfer-Encoding: base64

YSxiCjEsMgo=
--outer--
`

func (r *rig) got() []run.Run {
	r.t.Helper()
	page, err := r.runs.List(r.t.Context(), r.scope, run.Filter{}, db.Cursor{})
	if err != nil {
		r.t.Fatal(err)
	}
	for i := range page.Items {
		one, _, err := r.runs.Get(r.t.Context(), r.scope, page.Items[i].ID)
		if err != nil {
			r.t.Fatal(err)
		}
		page.Items[i] = *one
	}
	return page.Items
}

// A message that was taken is a run, whose event tells all of it; one that is sent
// again is none.
func TestMessageBecomesARun(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	local, domain, _ := strings.Cut(r.address, "@")
	for range 2 {
		if err := r.send(local+"+Orders@"+domain, "Hello"); err != nil {
			t.Fatal(err)
		}
	}
	runs := r.got()
	if len(runs) != 1 || runs[0].Trigger != "email" {
		t.Fatalf("%+v", runs)
	}
	var m mail.Message
	if err := json.Unmarshal([]byte(runs[0].Input), &m); err != nil {
		t.Fatal(err)
	}
	if m.Subject != "Hello" || m.MessageID != "Hello@example.com" || m.From[0].Name != "Ada Lövelace" || m.From[0].Address != "ada@example.com" || m.Text != "Café" || m.HTML != "<p>Caf&eacute;</p>" {
		t.Errorf("%+v", m)
	}
	if m.Envelope.From != "ada@example.com" || m.Envelope.Suffix != "orders" || m.Envelope.ClientIP != "127.0.0.1" || m.Authentication.SPF != "not_checked" || m.Authentication.Aligned {
		t.Errorf("%+v, %+v", m.Envelope, m.Authentication)
	}
	if len(m.Attachments) != 1 || m.Attachments[0].Name != "report.csv" || m.Attachments[0].Text != "a,b\n1,2\n" {
		t.Errorf("%+v", m.Attachments)
	}
	if err := r.send(r.address, "Spam"); err != nil {
		t.Error("what the filter is not true of is taken all the same:", err)
	}
	if n := len(r.got()); n != 1 {
		t.Errorf("%d runs", n)
	}
}

// Who is nobody is refused before the message is sent.
func TestNobody(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	local, _, _ := strings.Cut(r.address, "@")
	for name, to := range map[string]string{
		"an address of nobody": "em00000000000000000000000000@in.test", "a name": "postmaster@in.test", "another domain": local + "@elsewhere.test", "one that is off": r.off,
	} {
		if err := r.send(to, "Hello"); err == nil || !strings.Contains(err.Error(), "550") || !strings.Contains(err.Error(), "5.1.1 ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := len(r.got()); n != 0 {
		t.Errorf("%d runs", n)
	}
}
