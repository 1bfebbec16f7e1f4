package signin_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/member"
	"github.com/patchbay-dev/patchbay/internal/signin"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

const password = "correct horse battery"

type rig struct {
	*signin.Service
	t       *testing.T
	clock   *testkit.Clock
	ada     *member.Member
	letters *letters
}

func newRig(t *testing.T) *rig {
	t.Helper()
	clock, database := testkit.NewClock(), testkit.DB(t)
	r := &rig{t: t, clock: clock, Service: &signin.Service{DB: database, Members: &member.Service{DB: database, Now: clock.Now}, Now: clock.Now}}
	r.letters = &letters{}
	r.Mail, r.PublicURL, r.Box = r.letters, "https://patchbay.test", testkit.Box(t)
	t.Cleanup(r.Close)
	r.ada = r.person("Ada", " Ada@Example.com ")
	return r
}

// person makes somebody with a workspace.
func (r *rig) person(name, email string) *member.Member {
	r.t.Helper()
	m, err := r.Members.Create(r.t.Context(), name+"'s", email, name, password)
	if err != nil {
		r.t.Fatal(err)
	}
	return m
}

// enter signs in with a browser that nobody knows, and returns the session's token.
func (r *rig) enter(email, password string) (string, error) {
	o, err := r.SignIn(r.t.Context(), email, password, signin.Browser{Address: "192.0.2.1"})
	if err != nil {
		return "", err
	}
	return o.Token, nil
}

func (r *rig) exec(sql string, args ...any) {
	r.t.Helper()
	if err := r.DB.System(r.t.Context(), func(tx *gorm.DB) error { return tx.Exec(sql, args...).Error }); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) count(table string) (n int) {
	r.t.Helper()
	if err := r.DB.System(r.t.Context(), func(tx *gorm.DB) error { return tx.Table(table).Select("count(*)").Scan(&n).Error }); err != nil {
		r.t.Fatal(err)
	}
	return n
}

// Somebody who is a member of several workspaces is in the one that was chosen, else
// in the first; whoever is a member of none is told so.
func TestWorkspaceOfSession(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	bob := r.person("Bob", "bob@example.com")
	r.clock.Pass(time.Minute)
	r.exec("INSERT INTO members (id, workspace_id, person_id, role, created_at) VALUES ('mem_2', ?, ?, 'viewer', ?)", bob.WorkspaceID, r.ada.PersonID, r.clock.Now())
	raw, err := r.enter("ada@example.com", password)
	if err != nil {
		t.Fatal(err)
	}
	in := func(want *member.Member) {
		t.Helper()
		who, err := r.SignedIn(t.Context(), raw, "")
		if err != nil || who.Workspace.ID != want.WorkspaceID || who.Person.ID != r.ada.PersonID {
			t.Fatal(who, err)
		}
	}
	in(r.ada)
	r.exec("UPDATE sessions SET workspace_id = ?", bob.WorkspaceID)
	in(bob)
	// A request that names one is for that, whatever the session has chosen.
	eve := r.person("Eve", "eve@example.com")
	r.exec("INSERT INTO projects (id, workspace_id, name, created_at, updated_at) VALUES ('proj_ada', ?, 'A', now(), now()), ('proj_eve', ?, 'E', now(), now())", r.ada.WorkspaceID, eve.WorkspaceID)
	for name, try := range map[string]struct {
		at   signin.Place
		want string // "" = there is none
	}{
		"a workspace of hers":                    {signin.Place{Workspace: r.ada.WorkspaceID}, r.ada.WorkspaceID},
		"a project of hers":                      {signin.Place{Project: "proj_ada"}, r.ada.WorkspaceID},
		"somebody else's workspace":              {signin.Place{Workspace: eve.WorkspaceID}, ""},
		"one that is none":                       {signin.Place{Workspace: "o_none"}, ""},
		"somebody else's project":                {signin.Place{Project: "proj_eve"}, bob.WorkspaceID},
		"a project that is none":                 {signin.Place{Project: "proj_none"}, bob.WorkspaceID},
		"a workspace and a project of another":   {signin.Place{Workspace: bob.WorkspaceID, Project: "proj_ada"}, bob.WorkspaceID},
		"somebody else's, and a project of hers": {signin.Place{Workspace: eve.WorkspaceID, Project: "proj_ada"}, ""},
	} {
		who, err := r.SignedInAt(t.Context(), raw, "", try.at)
		if try.want == "" && !errors.Is(err, member.ErrWorkspaceNotFound) || try.want != "" && (err != nil || who.Workspace.ID != try.want || who.Member.WorkspaceID != try.want) {
			t.Errorf("%s: %+v, %v", name, who, err)
		}
	}
	in(bob)
	r.exec("DELETE FROM members WHERE id = 'mem_2'")
	in(r.ada) // and no longer in one that she is no member of
	r.exec("DELETE FROM members WHERE id = ?", r.ada.ID)
	if _, err := r.SignedIn(t.Context(), raw, ""); !errors.Is(err, signin.ErrNoWorkspace) {
		t.Fatal(err)
	}
}

// The right e-mail and password open a session; whatever else is one and the
// same refusal, and tells nothing.
func TestSignIn(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	refused := map[string][2]string{
		"a wrong password":    {"ada@example.com", "wrong horse battery"},
		"an unknown e-mail":   {"eve@example.com", password},
		"an empty password":   {"ada@example.com", ""},
		"nobody's password":   {"eve@example.com", "nobody has this password"},
		"a part of an e-mail": {"ada@example", password},
	}
	for name, in := range refused {
		r.clock.Pass(time.Hour) // guesses are held back: that is another test's
		if raw, err := r.enter(in[0], in[1]); !errors.Is(err, signin.ErrSignIn) || raw != "" {
			t.Errorf("%s: %q, %v", name, raw, err)
		}
	}
	if n := r.count("sessions"); n != 0 {
		t.Fatalf("%d sessions were opened", n)
	}
	raw, err := r.enter(" ADA@example.com", password)
	if err != nil {
		t.Fatal(err)
	}
	who, err := r.SignedIn(t.Context(), raw, "")
	if err != nil || who.Member.ID != r.ada.ID || who.Person.Email != "Ada@Example.com" || who.Workspace.ID != r.ada.WorkspaceID {
		t.Fatal(who, err)
	}
	for _, other := range []string{"", raw + "x", strings.ToUpper(raw)} {
		if _, err := r.SignedIn(t.Context(), other, ""); !errors.Is(err, signin.ErrSession) {
			t.Errorf("%q: %v", other, err)
		}
	}
	var row string
	err = r.DB.System(t.Context(), func(tx *gorm.DB) error {
		return tx.Raw("SELECT s::text || encode(token_hash, 'escape') || m::text FROM sessions s, people m").Scan(&row).Error
	})
	if err != nil || row == "" || strings.Contains(row, raw) || strings.Contains(row, password) {
		t.Errorf("a secret lies in the database: %v", err)
	}
	for range 2 { // ending it twice is no error
		if err := r.SignOut(t.Context(), raw); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.SignedIn(t.Context(), raw, ""); !errors.Is(err, signin.ErrSession) {
		t.Fatal(err)
	}
}

// A session ends after a week without use, and after a month in any case.
func TestSessionEnds(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	open := func() (string, error) { return r.enter("ada@example.com", password) }
	idle, err := open()
	if err != nil {
		t.Fatal(err)
	}
	used, err := open()
	if err != nil {
		t.Fatal(err)
	}
	began := r.clock.Now()
	for r.clock.Now().Add(6*24*time.Hour).Sub(began) < signin.SessionLife {
		r.clock.Pass(6 * 24 * time.Hour)
		if _, err := r.SignedIn(t.Context(), used, ""); err != nil {
			t.Fatalf("after %v: %v", r.clock.Now().Sub(began), err)
		}
	}
	if _, err := r.SignedIn(t.Context(), idle, ""); !errors.Is(err, signin.ErrSession) {
		t.Errorf("a session that was not used for %v: %v", r.clock.Now().Sub(began), err)
	}
	r.clock.Pass(signin.SessionLife - r.clock.Now().Sub(began) - time.Second)
	if _, err := r.SignedIn(t.Context(), used, ""); err != nil {
		t.Errorf("a second before its end: %v", err)
	}
	r.clock.Pass(time.Second)
	if _, err := r.SignedIn(t.Context(), used, ""); !errors.Is(err, signin.ErrSession) {
		t.Errorf("at its end: %v", err)
	}
}

// A link signs in once, however often and however fast it is clicked, and for
// half an hour.
func TestLink(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	raw, err := r.NewLink(t.Context(), r.ada.PersonID)
	if err != nil {
		t.Fatal(err)
	}
	sessions := make([]string, 8)
	testkit.Warm(t, r.DB)
	var g errgroup.Group
	for i := range sessions {
		g.Go(func() error {
			o, err := r.SignInByLink(t.Context(), raw, signin.Browser{})
			if o != nil {
				sessions[i] = o.Token
			}
			if errors.Is(err, signin.ErrLink) {
				return nil
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	opened := strings.Fields(strings.Join(sessions, " "))
	if len(opened) != 1 || r.count("sessions") != 1 {
		t.Fatalf("%d sessions were opened by one link", len(opened))
	}
	if who, err := r.SignedIn(t.Context(), opened[0], ""); err != nil || who.Member.ID != r.ada.ID {
		t.Fatal(who, err)
	}
	late, err := r.NewLink(t.Context(), r.ada.PersonID)
	if err != nil {
		t.Fatal(err)
	}
	r.clock.Pass(signin.LinkLife)
	for name, link := range map[string]string{"expired": late, "guessed": "pbl_0", "empty": ""} {
		if _, err := r.SignInByLink(t.Context(), link, signin.Browser{}); !errors.Is(err, signin.ErrLink) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
