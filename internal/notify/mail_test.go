package notify_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/limit"
	"github.com/patchbay-dev/patchbay/internal/member"
	"github.com/patchbay-dev/patchbay/internal/notify"
	"github.com/patchbay-dev/patchbay/internal/redis"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// post is a mail server that keeps what it is given.
type post struct {
	url string

	mu     sync.Mutex
	refuse string // the answer to a recipient; "" = 250
	got    []string
}

func newPost(t *testing.T) *post {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	p := &post{url: "smtp://" + l.Addr().String()}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go p.talk(c)
		}
	}()
	return p
}

func (p *post) talk(c net.Conn) {
	defer func() { _ = c.Close() }()
	in := bufio.NewScanner(c)
	say := func(s string) { _, _ = fmt.Fprintf(c, "%s\r\n", s) }
	say("220 post")
	var letter []string
	for data := false; in.Scan(); {
		s := in.Text()
		switch word, _, _ := strings.Cut(strings.ToUpper(s), " "); {
		case data && s == ".":
			data = false
			p.mu.Lock()
			p.got = append(p.got, strings.Join(letter, "\n"))
			p.mu.Unlock()
			say("250 taken")
		case data:
			letter = append(letter, s)
		case word == "EHLO":
			say("250-post")
			say("250 ENHANCEDSTATUSCODES")
		case word == "RCPT":
			p.mu.Lock()
			say(map[bool]string{true: "250 ok", false: p.refuse}[p.refuse == ""])
			p.mu.Unlock()
			letter = append(letter, s)
		case word == "DATA":
			data = true
			say("354 go on")
		case word == "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

// letters are what the server was given.
func (p *post) letters() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string{}, p.got...)
}

func (r *rig) mailing(p *post, query string) notify.Settings {
	r.t.Helper()
	m, err := notify.NewMailer(p.url+query, "Patchbay <alerts@example.com>", testkit.Guard())
	if err != nil {
		r.t.Fatal(err)
	}
	r.Mail = m
	in := r.all(notify.Email)
	in.URL, in.Addresses = "", []string{"ada@example.com", "bob@example.com"}
	return in
}

// An e-mail goes to all addresses, as text and as HTML, and no word of a user
// becomes a header or markup.
func TestEmail(t *testing.T) {
	t.Parallel()
	r, p := newRig(t), newPost(t)
	route := r.create(r.mailing(p, "?tls=none"))
	if route.Shown != "a•••@example.com, b•••@example.com" {
		t.Errorf("shown as %s", route.Shown)
	}
	r.emit(event.WorkflowFailed, "p_1", `{"workflow":{"name":"x\r\nBcc: eve@example.com"},"error":{"message":"<script>alert(1)</script>"}}`)
	r.send(route.ID)
	got := p.letters()
	if len(got) != 1 || r.states() != "sent" {
		t.Fatalf("%s: %q", r.states(), got)
	}
	head, body, _ := strings.Cut(got[0], "\n\n")
	for _, want := range []string{"RCPT TO:<ada@example.com>", "RCPT TO:<bob@example.com>", "[Patchbay]_A_workflow_failed_", "Auto-Submitted: auto-generated", "Message-ID: <" + r.notices()[0].ID + "@example.com>"} {
		if !strings.Contains(head, want) {
			t.Errorf("no %q in\n%s", want, head)
		}
	}
	if strings.Contains(head, "eve@") || !strings.Contains(body, "&lt;script&gt;") || !strings.Contains(body, "text/html") {
		t.Errorf("%s", got[0])
	}
}

// A letter of a project's code goes to members of its workspace who may see the project,
// to nobody named to its owners, and to nobody else.
func TestLetters(t *testing.T) {
	t.Parallel()
	r, p := newRig(t), newPost(t)
	l := notify.Letter{Subject: "x\r\nBcc: eve@example.com", Text: "<b>hello</b>"}
	if _, err := r.Write(t.Context(), r.scope, nil, l); !errors.Is(err, notify.ErrNoMail) {
		t.Fatal(err)
	}
	r.mailing(p, "?tls=none")
	c, err := redis.New(testkit.Redis(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	r.Members, r.Limits = &member.Service{DB: r.DB, Now: r.Now}, &limit.Service{Redis: c, Metrics: r.Metrics, Now: r.Now}
	err = r.DB.System(t.Context(), func(tx *gorm.DB) error {
		return tx.Exec(`WITH who AS (INSERT INTO people (id, email, name, password_hash, created_at)
			SELECT 'per_' || n, n || '@example.com', n, '', now() FROM unnest(ARRAY['ada', 'bob', 'eve']) n RETURNING id, name)
			INSERT INTO members (id, workspace_id, person_id, role, all_projects, created_at)
			SELECT 'mem_' || name, (SELECT workspace_id FROM projects WHERE id = ?), id, CASE name WHEN 'ada' THEN 'owner' ELSE 'viewer' END, name <> 'eve', now() FROM who`, r.scope.Project()).Error
	})
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		to   []string
		l    notify.Letter
		want error
		n    int
	}{
		"owners":          {nil, l, nil, 1},
		"named":           {[]string{"Bob <BOB@example.com>", "ada@example.com"}, l, nil, 2},
		"a stranger":      {[]string{"ada@example.com", "who@example.org"}, l, notify.ErrNoMember, 0},
		"no address":      {[]string{"ada"}, l, notify.ErrNoMember, 0},
		"another project": {[]string{"eve@example.com"}, l, notify.ErrNoMember, 0},
		"too large":       {nil, notify.Letter{Subject: "x", HTML: strings.Repeat("x", 300<<10)}, notify.ErrLetterLarge, 0},
	}
	sent := 0
	for name, tt := range tests {
		n, err := r.Write(t.Context(), r.scope, tt.to, tt.l)
		if n != tt.n || !errors.Is(err, tt.want) {
			t.Errorf("%s: %d, %v", name, n, err)
		}
		if tt.want == nil {
			sent++
		}
	}
	if got := strings.Join(p.letters(), "\n"); len(p.letters()) != sent || !strings.Contains(got, "RCPT TO:<bob@example.com>") || !strings.Contains(got, "&lt;b&gt;hello") || strings.Contains(got, "\nBcc:") {
		t.Error(got)
	}
	for range 70 {
		if _, err = r.Write(t.Context(), r.scope, nil, l); err != nil {
			break
		}
	}
	if _, ok := errors.AsType[*limit.Exceeded](err); !ok {
		t.Error("there is no end of letters:", err)
	}
}

// What a mail server says has a code; one without STARTTLS gets nothing, unless
// the operator said that it needs none.
func TestEmailOutcomes(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		refuse, query string
		want          notify.Code
	}{
		"no such address": {"550 5.1.1 nobody", "?tls=none", notify.InvalidWebhook},
		"not now":         {"451 4.3.0 later", "?tls=none", notify.SendFailed},
		"not from you":    {"550 5.7.1 spam", "?tls=none", notify.Forbidden},
		"no STARTTLS":     {"", "", notify.SendFailed},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, p := newRig(t), newPost(t)
			p.refuse = tt.refuse
			route := r.create(r.mailing(p, tt.query))
			got, err := r.Test(t.Context(), r.scope, route.ID)
			if err != nil || got.Code != tt.want || len(p.letters()) != 0 {
				t.Fatalf("%+v, %v", got, err)
			}
		})
	}
}

func TestNewMailer(t *testing.T) {
	t.Parallel()
	for at, ok := range map[string]bool{
		"smtp://u:p@mail.example.com:587": true, "smtps://mail.example.com": true, "smtp://127.0.0.1:25?tls=none": true, "smtp://u:p@mail.example.com?tls=none": false,
		"http://mail.example.com": false, "mail.example.com:25": false, "smtp://": false, "smtp://mail.example.com:99999": false,
	} {
		if _, err := notify.NewMailer(at, "a@example.com", nil); (err == nil) != ok {
			t.Errorf("%s: %v", at, err)
		}
	}
	if _, err := notify.NewMailer("smtp://mail.example.com", "nobody", nil); err == nil {
		t.Error("a sender that is no address is taken")
	}
}

// A digest comes at its hour, once, and only if there is something, unless it is
// asked for in any case.
func TestDigest(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	in := r.all(notify.Discord)
	in.Digest = notify.Digest{Every: "daily", At: "09:00"}
	quiet := r.create(in)
	in.Digest.Empty = true
	loud := r.create(in)
	if quiet.NextDigestAt == nil {
		t.Fatal("no digest is due")
	}
	sweep := func() {
		t.Helper()
		if err := r.SweepDigests(t.Context()); err != nil {
			t.Fatal(err)
		}
		r.send(quiet.ID)
		r.send(loud.ID)
	}
	sweep()
	if len(r.Calls()) != 0 {
		t.Fatal("a digest before its hour")
	}
	r.Pass(quiet.NextDigestAt.Sub(r.Now()))
	sweep()
	sweep()
	if got := r.embeds(); len(got) != 1 || got[0][0] != "Digest" || !strings.Contains(r.states(), "empty") {
		t.Fatalf("%v, %s", got, r.states())
	}
	if at := r.route(quiet.ID); !at.NextDigestAt.Equal(quiet.NextDigestAt.AddDate(0, 0, 1)) {
		t.Errorf("the next is at %s", at.NextDigestAt)
	}
}

func TestNextDigest(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		digest      notify.Digest
		after, want string
	}{
		{notify.Digest{Every: "daily", At: "09:00"}, "2026-11-21T07:59:59Z", "2026-11-21T08:00:00Z"},
		{notify.Digest{Every: "daily", At: "09:00"}, "2026-11-21T08:00:00Z", "2026-11-22T08:00:00Z"},
		{notify.Digest{Every: "daily", At: "09:00"}, "2026-03-28T12:00:00Z", "2026-03-29T07:00:00Z"}, // the clocks go on
		{notify.Digest{Every: "weekly", At: "09:00", Day: "mon"}, "2026-11-21T12:00:00Z", "2026-11-23T08:00:00Z"},
		{notify.Digest{Every: "off"}, "2026-11-21T12:00:00Z", ""},
	} {
		after, err := time.Parse(time.RFC3339, tt.after)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if at := notify.NextDigest(&tt.digest, after, berlin); at != nil {
			got = at.Format(time.RFC3339)
		}
		if got != tt.want {
			t.Errorf("%+v after %s: %s, want %s", tt.digest, tt.after, got, tt.want)
		}
	}
}

// A test says what came of it; one that arrives ends a pause, and no log names the target.
func TestTry(t *testing.T) {
	r := newRig(t)
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	defer slog.SetDefault(before)
	route := r.create(r.all(notify.Discord))
	if strings.Contains(route.Shown, "tokenOf") {
		t.Errorf("shown as %s", route.Shown)
	}
	r.Status(http.StatusInternalServerError)
	for range 5 {
		r.emit(event.AccountRecovered, "apn_1", "{}")
		r.send(route.ID)
	}
	got, err := r.Test(t.Context(), r.scope, route.ID)
	if err != nil || got.Sent() || got.Code != notify.SendFailed || got.Status != 500 {
		t.Fatalf("%+v, %v", got, err)
	}
	r.Status(http.StatusNoContent)
	if got, err = r.Test(t.Context(), r.scope, route.ID); err != nil || !got.Sent() || r.route(route.ID).Breaker != notify.Closed {
		t.Fatalf("%+v, %v", got, err)
	}
	calls := r.Calls()
	if !strings.Contains(calls[len(calls)-1].Body, `"title":"Test\\: `) {
		t.Errorf("%s", calls[len(calls)-1].Body)
	}
	if log.Len() == 0 || strings.Contains(log.String(), "tokenOf") {
		t.Errorf("the log names the target, or says nothing:\n%s", log.String())
	}
}
