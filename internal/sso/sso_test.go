package sso_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/demo"
	"github.com/patchbay-dev/patchbay/internal/egress"
	"github.com/patchbay-dev/patchbay/internal/member"
	"github.com/patchbay-dev/patchbay/internal/signin"
	"github.com/patchbay-dev/patchbay/internal/sso"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// rig is a workspace whose owner is Otto, and Acme CRM as an identity provider
// with its own clock: its tokens are good when ours says so.
type rig struct {
	*sso.Service
	t     *testing.T
	clock *testkit.Clock
	acme  *demo.Server
	url   string
	otto  *member.Member
	dns   map[string][]string
}

const password = "correct horse battery"

var here = signin.Browser{Address: "192.0.2.1"}

func newRig(t *testing.T) *rig {
	t.Helper()
	clock, database, box := testkit.NewClock(), testkit.DB(t), testkit.Box(t)
	r := &rig{t: t, clock: clock, dns: map[string][]string{}, acme: demo.New(demo.Config{Now: clock.Now})}
	at := httptest.NewServer(r.acme.Handler())
	t.Cleanup(func() { at.Close(); r.acme.Close() })
	r.url = at.URL
	r.acme.SetBaseURL(at.URL)
	members := &member.Service{DB: database, Now: clock.Now}
	r.Service = &sso.Service{
		DB: database, Box: box, Members: members, Guard: testkit.Guard(), HTTP: testkit.Guard().Client(time.Minute, 2), PublicURL: "https://patchbay.test", Now: clock.Now,
		SignIns: &signin.Service{DB: database, Box: box, Members: members, PublicURL: "https://patchbay.test", Now: clock.Now},
		LookupTXT: func(_ context.Context, name string) ([]string, error) {
			return r.dns[name], nil
		},
	}
	t.Cleanup(r.SignIns.Close)
	r.otto = r.person("Otto", "otto@example.com")
	return r
}

func (r *rig) person(name, email string) *member.Member {
	r.t.Helper()
	m, err := r.Members.Create(r.t.Context(), name+"'s", email, name, password)
	if err != nil {
		r.t.Fatal(err)
	}
	return m
}

// as signs somebody in with their password.
func (r *rig) as(email string) *signin.Who {
	r.t.Helper()
	o, err := r.SignIns.SignIn(r.t.Context(), email, password, here)
	if err != nil {
		r.t.Fatal(err)
	}
	return r.who(o)
}

func (r *rig) who(o *signin.Opened) *signin.Who {
	r.t.Helper()
	w, err := r.SignIns.SignedIn(r.t.Context(), o.Token, "")
	if err != nil {
		r.t.Fatal(err)
	}
	return w
}

func (r *rig) wish() sso.Wish {
	return sso.Wish{Issuer: r.url, ClientID: "console", Secret: "s3cret", Joins: true, DefaultRole: member.Viewer}
}

// connect has Otto's workspace take people of acme.test by Acme CRM.
func (r *rig) connect(change ...func(*sso.Wish)) *sso.Connection {
	r.t.Helper()
	r.acme.RegisterClient(demo.Client{ID: "console", Secret: "s3cret", Name: "Patchbay", RedirectURIs: []string{r.CallbackURL(r.otto.WorkspaceID)}})
	w, wish := r.as("otto@example.com"), r.wish()
	for _, fn := range change {
		fn(&wish)
	}
	c, err := r.Save(r.t.Context(), w, wish)
	if err != nil {
		r.t.Fatal(err)
	}
	d, err := r.AddDomain(r.t.Context(), w, " ACME.test. ")
	if err != nil {
		r.t.Fatal(err)
	}
	r.dns[d.Record()] = []string{"v=spf1 -all", d.Proof}
	if _, err := r.ProveDomain(r.t.Context(), w, d.ID); err != nil {
		r.t.Fatal(err)
	}
	return c
}

// back goes to the provider as somebody of its own, and returns what their
// browser brings back.
func (r *rig) back(begun *sso.Begun, person string) sso.Answer {
	r.t.Helper()
	at, err := r.acme.Consent(begun.URL, person, true)
	if err != nil {
		r.t.Fatal(err)
	}
	u, err := url.Parse(at)
	if err != nil {
		r.t.Fatal(err)
	}
	q := u.Query()
	return sso.Answer{WorkspaceID: r.otto.WorkspaceID, State: q.Get("state"), Code: q.Get("code"), Issuer: q.Get("iss"), Error: q.Get("error"), Browser: begun.Browser}
}

func (r *rig) begin(c *sso.Connection) *sso.Begun {
	r.t.Helper()
	begun, err := r.Begin(r.t.Context(), c.ID, "ada@acme.test", "/account", here)
	if err != nil {
		r.t.Fatal(err)
	}
	return begun
}

// enter signs one of the provider's people in.
func (r *rig) enter(c *sso.Connection, person string) (*signin.Opened, error) {
	r.t.Helper()
	came, err := r.Callback(r.t.Context(), r.back(r.begin(c), person), here)
	if err != nil {
		return nil, err
	}
	if came.Next != "/account" || came.Tested {
		r.t.Errorf("%+v", came)
	}
	return came.Opened, nil
}

func (r *rig) logged() (actions []string) {
	r.t.Helper()
	err := r.DB.System(r.t.Context(), func(tx *gorm.DB) error {
		return tx.Raw("SELECT action FROM audit_log WHERE workspace_id = ? ORDER BY id", r.otto.WorkspaceID).Scan(&actions).Error
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return actions
}

// Somebody of the provider comes in, is a member from then on, and is the same
// person when their e-mail there is another.
func TestEnter(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	c := r.connect()
	o, err := r.enter(c, demo.Ada)
	if err != nil {
		t.Fatal(err)
	}
	w := r.who(o)
	if w.Person.Email != "ada@acme.test" || w.Person.Name != "Ada Lovelace" || w.Person.PasswordHash != "" || w.Workspace.ID != r.otto.WorkspaceID || w.Member.Role != member.Viewer {
		t.Fatalf("%+v %+v", w.Person, w.Member)
	}
	if got := r.logged(); !slices.Equal(got[len(got)-2:], []string{audit.MemberJoined, audit.SignedIn}) {
		t.Errorf("logged %v", got)
	}
	r.acme.SetEmail(demo.Ada, "countess@acme.test")
	if o, err = r.enter(c, demo.Ada); err != nil || r.who(o).Person.ID != w.Person.ID {
		t.Fatal(err)
	}
	// Whoever gets her old e-mail there is not she.
	r.acme.SetEmail(demo.Grace, "ada@acme.test")
	if _, err := r.enter(c, demo.Grace); !errors.Is(err, sso.ErrOtherPerson) {
		t.Fatal(err)
	}
	// Once she was taken out, she may come back under another subject.
	if err := r.Members.Remove(t.Context(), r.otto.WorkspaceID, member.Owner, w.Member.ID); err != nil {
		t.Fatal(err)
	}
	if o, err = r.enter(c, demo.Grace); err != nil || r.who(o).Person.ID != w.Person.ID {
		t.Fatal(err)
	}
}

// What attackers send, and what providers send that lie or are broken, opens nothing.
func TestAttacks(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	c := r.connect()
	other := r.begin(c)
	for name, try := range map[string]struct {
		wrong string
		spoil func(*sso.Answer)
		want  error
	}{
		"another nonce":               {"nonce", nil, sso.ErrProvider},
		"another issuer":              {"issuer", nil, sso.ErrProvider},
		"another audience":            {"audience", nil, sso.ErrProvider},
		"expired":                     {"expired", nil, sso.ErrProvider},
		"no algorithm":                {"none", nil, sso.ErrProvider},
		"a shared secret as the key":  {"hs256", nil, sso.ErrProvider},
		"a key of somebody else":      {"key", nil, sso.ErrProvider},
		"no ID token":                 {"absent", nil, sso.ErrProvider},
		"an e-mail that is not shown": {"unverified", nil, sso.ErrUnverified},
		"the state of another browser": {"", func(a *sso.Answer) {
			a.Browser = other.Browser
		}, sso.ErrFlow},
		"no browser":             {"", func(a *sso.Answer) { a.Browser = "" }, sso.ErrFlow},
		"a made-up state":        {"", func(a *sso.Answer) { a.State = strings.Repeat("0", 64) }, sso.ErrFlow},
		"another workspace":      {"", func(a *sso.Answer) { a.WorkspaceID = "o_1" }, sso.ErrFlow},
		"a made-up code":         {"", func(a *sso.Answer) { a.Code = "acme_code_x" }, sso.ErrProvider},
		"no code":                {"", func(a *sso.Answer) { a.Code = "" }, sso.ErrProvider},
		"an answer of another":   {"", func(a *sso.Answer) { a.Issuer = "https://evil.test" }, sso.ErrProvider},
		"an answer of nobody":    {"", func(a *sso.Answer) { a.Issuer = "" }, sso.ErrProvider},
		"who declined":           {"", func(a *sso.Answer) { a.Error = "access_denied" }, sso.ErrDeclined},
		"a code of another flow": {"", func(a *sso.Answer) { a.Code = r.back(r.begin(c), demo.Ada).Code }, sso.ErrProvider},
	} {
		r.acme.SetFaults(demo.Faults{IDToken: try.wrong})
		a := r.back(r.begin(c), demo.Ada)
		if try.spoil != nil {
			try.spoil(&a)
		}
		if came, err := r.Callback(t.Context(), a, here); !errors.Is(err, try.want) || came != nil {
			t.Errorf("%s: %+v, %v", name, came, err)
		}
	}
	r.acme.SetFaults(demo.Faults{IDToken: "bare"}) // the e-mail is at the userinfo endpoint
	if _, err := r.enter(c, demo.Ada); err != nil {
		t.Errorf("bare: %v", err)
	}
	r.acme.SetFaults(demo.Faults{IDToken: "unsaid"})
	if _, err := r.enter(c, demo.Ada); err != nil {
		t.Errorf("the userinfo endpoint says that the e-mail is verified: %v", err)
	}
	if got := r.logged(); !slices.Contains(got, audit.SignInFailed) {
		t.Errorf("logged %v", got)
	}
}

// The userinfo endpoint's answer for somebody else is not taken.
func TestStranger(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	c := r.connect(func(w *sso.Wish) {
		w.GroupRoles = []sso.GroupRole{{Group: "admins", Role: member.Admin}}
		w.GroupsClaim = "teams"
	})
	r.acme.SetFaults(demo.Faults{IDToken: "stranger"}) // asked, since no groups are told
	if _, err := r.enter(c, demo.Ada); !errors.Is(err, sso.ErrProvider) {
		t.Fatal(err)
	}
}

// A way is good once, and for some minutes.
func TestOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	c := r.connect()
	a := r.back(r.begin(c), demo.Ada)
	if _, err := r.Callback(t.Context(), a, here); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Callback(t.Context(), a, here); !errors.Is(err, sso.ErrFlow) {
		t.Errorf("twice: %v", err)
	}
	for next, want := range map[string]string{"//evil.test": "/", "https://evil.test": "/", "/\\evil.test": "/", "": "/", "/a?b=c": "/a?b=c"} {
		begun, err := r.Begin(t.Context(), c.ID, "", next, here)
		if err != nil {
			t.Fatal(err)
		}
		if came, err := r.Callback(t.Context(), r.back(begun, demo.Ada), here); err != nil || came.Next != want {
			t.Errorf("%q leads to %+v, %v", next, came, err)
		}
	}
	late := r.begin(c)
	r.clock.Pass(10 * time.Minute)
	if _, err := r.Callback(t.Context(), r.back(late, demo.Ada), here); !errors.Is(err, sso.ErrFlow) {
		t.Errorf("late: %v", err)
	}
	if err := r.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// Who is in another workspace, too, is let into the provider's alone, and the
// provider's session can change nothing of theirs.
func TestConfined(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ada := r.person("Ada", "ada@acme.test")
	c := r.connect()
	own, err := r.SignIns.SignIn(t.Context(), "ada@acme.test", password, here)
	if err != nil {
		t.Fatal(err)
	}
	o, err := r.enter(c, demo.Ada)
	if err != nil {
		t.Fatal(err)
	}
	w := r.who(o)
	if w.Person.ID != ada.PersonID || w.Workspace.ID != r.otto.WorkspaceID {
		t.Fatalf("%+v", w.Workspace)
	}
	for name, err := range map[string]error{
		"another workspace":   r.SignIns.Choose(t.Context(), o.Token, ada.WorkspaceID),
		"an app for codes":    second(r.SignIns.BeginTOTP(t.Context(), w)),
		"a password":          second(r.SignIns.ChangePassword(t.Context(), w, password, "another good password", here)),
		"a proof":             second(r.SignIns.Prove(t.Context(), w, password, "", here)),
		"her own session":     r.SignIns.EndSession(t.Context(), w, r.who(own).Session.ID, here),
		"a passkey":           func() error { _, _, err := r.SignIns.BeginPasskey(t.Context(), w); return err }(),
		"a workspace of hers": w.Free(),
	} {
		if err == nil {
			t.Error(name)
		}
	}
	if all, err := r.SignIns.Sessions(t.Context(), w); err != nil || len(all) != 1 {
		t.Errorf("sees %v, %v", all, err)
	}
	if n, err := r.SignIns.EndSessions(t.Context(), w, true, here); err != nil || n != 1 {
		t.Error(n, err)
	}
	if p, err := r.SignIns.Person(t.Context(), o.Token); p != nil || err != nil {
		t.Error(p, err)
	}
	if r.who(own).Workspace.ID != ada.WorkspaceID {
		t.Error("her own session is gone")
	}
	if _, err := r.enter(c, demo.Ada); err != nil {
		t.Fatal(err)
	}
	if n, err := r.SignIns.EndSessions(t.Context(), r.who(own), false, here); err != nil || n != 1 {
		t.Error("she does not end what came by the provider", n, err)
	}
	if o, err = r.enter(c, demo.Ada); err != nil {
		t.Fatal(err)
	}
	if err := r.Remove(t.Context(), r.as("otto@example.com")); err != nil {
		t.Fatal(err)
	}
	if _, err := r.SignIns.SignedIn(t.Context(), o.Token, ""); !errors.Is(err, signin.ErrSession) {
		t.Error("a session outlived its connection", err)
	}
}

func second[T any](_ T, err error) error { return err }

// A provider speaks of domains that were shown to be the workspace's, by DNS or
// by the operator, and of no others.
func TestDomains(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	c := r.connect()
	r.acme.SetEmail(demo.Ada, "otto@example.com")
	if _, err := r.enter(c, demo.Ada); !errors.Is(err, sso.ErrOtherDomain) {
		t.Fatalf("another domain: %v", err)
	}
	w := r.as("otto@example.com")
	d, err := r.AddDomain(t.Context(), w, "example.com")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.enter(c, demo.Ada); !errors.Is(err, sso.ErrOtherDomain) {
		t.Fatalf("one that is not proved: %v", err)
	}
	r.dns[d.Record()] = []string{"patchbay-0"}
	if _, err := r.ProveDomain(t.Context(), w, d.ID); !errors.Is(err, sso.ErrUnproved) {
		t.Fatal(err)
	}
	if _, err := r.Choices(t.Context(), "x@example.com", here); !errors.Is(err, sso.ErrNowhere) {
		t.Fatal(err)
	}
	r.Domains = []string{"example.com=o_1"}
	if _, err := r.Choices(t.Context(), "x@example.com", here); !errors.Is(err, sso.ErrNowhere) {
		t.Fatalf("another workspace's: %v", err)
	}
	r.Domains = []string{"example.com=" + r.otto.WorkspaceID}
	if all, err := r.Choices(t.Context(), " X@EXAMPLE.com ", here); err != nil || len(all) != 1 || all[0].ConnectionID != c.ID {
		t.Fatal(all, err)
	}
	o, err := r.enter(c, demo.Ada)
	if err != nil || r.who(o).Person.ID != r.otto.PersonID {
		t.Fatal(err)
	}
	r.person("Bob", "bob@example.com")
	bob := r.as("bob@example.com")
	if _, err := r.ProveDomain(t.Context(), bob, d.ID); !errors.Is(err, sso.ErrNoDomain) {
		t.Errorf("another workspace proves it: %v", err)
	}
	if err := r.RemoveDomain(t.Context(), bob, d.ID); !errors.Is(err, sso.ErrNoDomain) {
		t.Errorf("another workspace removes it: %v", err)
	}
	if err := r.RemoveDomain(t.Context(), w, d.ID); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"", "localhost", "a b.com", "ada@acme.test", "192.0.2.1", strings.Repeat("a", 64) + ".com", "a..com"} {
		if _, err := r.AddDomain(t.Context(), w, bad); !errors.Is(err, sso.ErrDomain) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if sso.CheckDomains([]string{"acme.test", "acme.test=o_1"}) != nil || sso.CheckDomains([]string{"Acme.test"}) == nil || sso.CheckDomains([]string{"acme.test="}) == nil {
		t.Error("an operator's domains")
	}
}

// Who was not invited stays out where nobody may join; who was comes in with
// what they were invited to.
func TestInvited(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	c := r.connect(func(w *sso.Wish) { w.Joins = false })
	if _, err := r.enter(c, demo.Ada); !errors.Is(err, sso.ErrUninvited) {
		t.Fatal(err)
	}
	if _, err := r.Members.Person(t.Context(), "ada@acme.test"); !errors.Is(err, member.ErrNobody) {
		t.Errorf("somebody was made who stays out: %v", err)
	}
	if _, _, err := r.Members.Invite(t.Context(), r.otto.WorkspaceID, member.Owner, "Ada@acme.test", member.Rights{Role: member.Admin, AllProjects: true}); err != nil {
		t.Fatal(err)
	}
	o, err := r.enter(c, demo.Ada)
	if err != nil || r.who(o).Member.Role != member.Admin {
		t.Fatal(err)
	}
	if all, err := r.Members.Invitations(t.Context(), r.otto.WorkspaceID); err != nil || len(all) != 0 {
		t.Errorf("the invitation is still there: %v, %v", all, err)
	}
}

// Whom the workspace's directory has as not active stays out, though anybody may join.
func TestInactive(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	c := r.connect()
	exec := func(sql string, args ...any) {
		t.Helper()
		if err := r.DB.System(t.Context(), func(tx *gorm.DB) error { return tx.Exec(sql, args...).Error }); err != nil {
			t.Fatal(err)
		}
	}
	exec("INSERT INTO directory_users (id, connection_id, user_name, email, active, created_at, updated_at) VALUES ('du_1', ?, 'ada', 'ADA@acme.test', false, now(), now())", c.ID)
	if _, err := r.enter(c, demo.Ada); !errors.Is(err, sso.ErrInactive) {
		t.Fatal(err)
	}
	exec("UPDATE directory_users SET active = true")
	if _, err := r.enter(c, demo.Ada); err != nil {
		t.Fatal(err)
	}
}

// Groups give roles each time that somebody comes in; an owner stays one.
func TestGroups(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	c := r.connect(func(w *sso.Wish) {
		w.GroupRoles = []sso.GroupRole{{Group: "engineers", Role: member.Developer}, {Group: "admins", Role: member.Admin}}
	})
	role := func(person string) member.Role {
		t.Helper()
		o, err := r.enter(c, person)
		if err != nil {
			t.Fatal(err)
		}
		return r.who(o).Member.Role
	}
	if got := role(demo.Ada); got != member.Admin {
		t.Errorf("Ada is %s", got)
	}
	if got := role(demo.Grace); got != member.Developer {
		t.Errorf("Grace is %s", got)
	}
	r.acme.SetGroups(demo.Ada, "engineers")
	if got := role(demo.Ada); got != member.Developer {
		t.Errorf("Ada is %s", got)
	}
	r.acme.SetGroups(demo.Ada)
	if got := role(demo.Ada); got != member.Developer { // nothing is said of her role
		t.Errorf("Ada is %s", got)
	}
	r.Domains = []string{"example.com"}
	if _, err := r.AddDomain(t.Context(), r.as("otto@example.com"), "example.com"); err != nil {
		t.Fatal(err)
	}
	r.acme.SetEmail(demo.Grace, "otto@example.com")
	if err := r.DB.System(t.Context(), func(tx *gorm.DB) error { return tx.Exec("DELETE FROM sso_identities").Error }); err != nil {
		t.Fatal(err)
	}
	if got := role(demo.Grace); got != member.Owner {
		t.Errorf("Otto is %s", got)
	}
}

// Where single sign-on is the only way, members other than owners have to come by
// it; it is switched on only once it was seen to work.
func TestRequired(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	c, w := r.connect(), r.as("otto@example.com")
	only := r.wish()
	only.Secret, only.Required = "", true
	if _, err := r.Save(t.Context(), w, only); !errors.Is(err, sso.ErrUntested) {
		t.Fatal(err)
	}
	test := func(wrong string) *sso.Test {
		t.Helper()
		r.acme.SetFaults(demo.Faults{IDToken: wrong})
		begun, err := r.BeginTest(t.Context(), w, "/x?y=z")
		if err != nil {
			t.Fatal(err)
		}
		came, err := r.Callback(t.Context(), r.back(begun, demo.Ada), here)
		if err != nil || !came.Tested || came.Opened != nil || came.Next != "/x?y=z" {
			t.Fatal(came, err)
		}
		got, err := r.Of(t.Context(), r.otto.WorkspaceID)
		if err != nil {
			t.Fatal(err)
		}
		if !got.UpdatedAt.Equal(c.UpdatedAt) {
			t.Error("a test counts as a change")
		}
		return got.Test
	}
	if got := test("unverified"); got.Code != "sso_unverified" || got.Says == "" {
		t.Errorf("%+v", got)
	}
	if _, err := r.Save(t.Context(), w, only); !errors.Is(err, sso.ErrUntested) {
		t.Fatal(err)
	}
	if got := test(""); got.Code != "" || got.Email != "ada@acme.test" || got.Role != member.Viewer || !slices.Equal(got.Groups, []string{}) {
		t.Errorf("%+v", got)
	}
	if _, err := r.Members.Person(t.Context(), "ada@acme.test"); !errors.Is(err, member.ErrNobody) {
		t.Errorf("a test made somebody: %v", err)
	}
	if c, err := r.Save(t.Context(), w, only); err != nil || !c.Required {
		t.Fatal(err)
	}
	if err := r.as("otto@example.com").Ready(); err != nil {
		t.Errorf("the owner is shut out: %v", err)
	}
	ada, err := r.enter(c, demo.Ada)
	if err != nil || r.who(ada).Ready() != nil {
		t.Fatal(err)
	}
	link, err := r.SignIns.NewLink(t.Context(), r.who(ada).Person.ID)
	if err != nil {
		t.Fatal(err)
	}
	o, err := r.SignIns.SignInByLink(t.Context(), link, here)
	if err != nil || !errors.Is(r.who(o).Ready(), signin.ErrSSOOnly) {
		t.Fatal("a link lets her in", err)
	}
}

// What cannot be right is refused when it is saved.
func TestSave(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.as("otto@example.com")
	silent := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(silent.Close)
	for name, try := range map[string]struct {
		change func(*sso.Wish)
		want   error
	}{
		"no issuer":              {func(w *sso.Wish) { w.Issuer = "" }, sso.ErrIssuer},
		"plain http":             {func(w *sso.Wish) { w.Issuer = "http://login.example.com" }, sso.ErrIssuer},
		"another scheme":         {func(w *sso.Wish) { w.Issuer = "javascript:alert(1)" }, sso.ErrIssuer},
		"a query":                {func(w *sso.Wish) { w.Issuer = r.url + "/?a=b" }, sso.ErrIssuer},
		"a password":             {func(w *sso.Wish) { w.Issuer = "https://a:b@example.com" }, sso.ErrIssuer},
		"a private address":      {func(w *sso.Wish) { w.Issuer = "https://10.0.0.1" }, egress.ErrBlocked},
		"a cloud's own address":  {func(w *sso.Wish) { w.Issuer = "https://169.254.169.254" }, egress.ErrBlocked},
		"not where it says":      {func(w *sso.Wish) { w.Issuer = r.url + "/" }, sso.ErrDiscovery},
		"nothing there":          {func(w *sso.Wish) { w.Issuer = silent.URL }, sso.ErrDiscovery},
		"no client":              {func(w *sso.Wish) { w.ClientID = " " }, sso.ErrClient},
		"no secret":              {func(w *sso.Wish) { w.Secret = "" }, sso.ErrSecret},
		"a secret of two lines":  {func(w *sso.Wish) { w.Secret = "a\nb" }, sso.ErrSecret},
		"owners":                 {func(w *sso.Wish) { w.DefaultRole = member.Owner }, sso.ErrRole},
		"owners by a group":      {func(w *sso.Wish) { w.GroupRoles = []sso.GroupRole{{Group: "x", Role: member.Owner}} }, sso.ErrRole},
		"a group without a name": {func(w *sso.Wish) { w.GroupRoles = []sso.GroupRole{{Role: member.Admin}} }, sso.ErrGroups},
		"a group that comes twice": {func(w *sso.Wish) {
			w.GroupRoles = []sso.GroupRole{{Group: "x", Role: member.Admin}, {Group: " x ", Role: member.Viewer}}
		}, sso.ErrGroups},
	} {
		wish := r.wish()
		try.change(&wish)
		if _, err := r.Save(t.Context(), w, wish); !errors.Is(err, try.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := r.Of(t.Context(), r.otto.WorkspaceID); !errors.Is(err, sso.ErrNotFound) {
		t.Fatal("something was saved", err)
	}
	c := r.connect()
	kept := r.wish()
	kept.Secret = ""
	if _, err := r.Save(t.Context(), w, kept); err != nil {
		t.Errorf("as it is: %v", err)
	}
	seen := c.UpdatedAt.Add(-time.Second)
	kept.Seen = &seen
	if _, err := r.Save(t.Context(), w, kept); err == nil {
		t.Error("what another owner changed is written over")
	}
	// The secret of one provider is not sent to another.
	second := demo.New(demo.Config{})
	at := httptest.NewServer(second.Handler())
	t.Cleanup(func() { at.Close(); second.Close() })
	second.SetBaseURL(at.URL)
	elsewhere := r.wish()
	elsewhere.Issuer, elsewhere.Secret = at.URL, ""
	if _, err := r.Save(t.Context(), w, elsewhere); !errors.Is(err, sso.ErrSecret) {
		t.Error(err)
	}
	for _, role := range []member.Role{member.Admin, member.Developer, member.Viewer} {
		no := *w
		m := *w.Member
		m.Role, no.Member = role, &m
		if _, err := r.Save(t.Context(), &no, r.wish()); !errors.Is(err, sso.ErrOwner) {
			t.Errorf("%s: %v", role, err)
		}
		if _, err := r.BeginTest(t.Context(), &no, ""); !errors.Is(err, sso.ErrOwner) {
			t.Errorf("%s tests: %v", role, err)
		}
	}
}
