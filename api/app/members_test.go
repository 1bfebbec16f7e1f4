package app_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pquerna/otp/totp"

	"github.com/patchbay-dev/patchbay/internal/member"
)

// Somebody new accepts an invitation and is signed in, with the role that was
// offered; the link is good once, and one that was taken back never.
func TestInvitation(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	owner, admin := g.person(t, member.Owner, true), g.person(t, member.Admin, true)
	ask := func(cookie, method, path, body string) reply { return g.do(t, method, path, body, "Cookie", cookie) }
	ask(admin, http.MethodPost, "/v1/invitations", `{"email":"eve@example.com","role":"owner"}`).refused(t, http.StatusForbidden, "owners_only")
	g.do(t, http.MethodPost, "/v1/invitations", `{"email":"eve@example.com","role":"owner"}`, "Authorization", "Bearer "+g.home.token).refused(t, http.StatusForbidden, "owners_only")
	made := ask(admin, http.MethodPost, "/v1/invitations", `{"email":"new@example.com","role":"developer","all_projects":false,"projects":[{"project_id":"`+g.home.project+`","role":"viewer"}]}`).is(t, http.StatusCreated)
	ask(admin, http.MethodPost, "/v1/invitations", `{"email":"New@Example.com","role":"viewer"}`).refused(t, http.StatusConflict, "invited")
	_, old, _ := strings.Cut(made.text(t, "link"), "/invitation#")
	_, link, _ := strings.Cut(ask(owner, http.MethodPost, "/v1/invitations/"+made.text(t, "id")+"/resend", "").is(t, http.StatusOK).text(t, "link"), "/invitation#")
	const at = "/console/api/invitation"
	g.do(t, http.MethodGet, at, "", "Invitation-Token", old).refused(t, http.StatusNotFound, "invitation_used")
	if o := g.do(t, http.MethodGet, at, "", "Invitation-Token", link).is(t, http.StatusOK); o.text(t, "email") != "new@example.com" || strings.Contains(o.Body, `"known":true`) {
		t.Errorf("offered: %s", o.Body)
	}
	g.do(t, http.MethodPost, at, `{}`, "Cookie", admin, "Invitation-Token", link).refused(t, http.StatusForbidden, "other_person")
	g.do(t, http.MethodPost, at, `{"name":"New","password":"short"}`, "Invitation-Token", link).refused(t, http.StatusBadRequest, "password")
	in := g.do(t, http.MethodPost, at, `{"name":"New","password":"`+password+`"}`, "Invitation-Token", link).is(t, http.StatusOK)
	c, err := http.ParseSetCookie(in.Header.Get("Set-Cookie"))
	if err != nil || in.text(t, "member", "role") != "developer" || in.text(t, "member", "projects", 0, "role") != "viewer" || in.text(t, "workspace", "id") != g.home.id {
		t.Fatal(in.Body, err)
	}
	g.do(t, http.MethodPost, at, `{"name":"New","password":"`+password+`"}`, "Invitation-Token", link).refused(t, http.StatusNotFound, "invitation_used")
	cookie := c.Name + "=" + c.Value
	if list := ask(owner, http.MethodGet, "/v1/members", "").is(t, http.StatusOK); strings.Count(list.Body, `"two_factors":false`) != 3 {
		t.Errorf("somebody has two factors: %s", list.Body)
	}
	if list := ask(cookie, http.MethodGet, "/v1/connect/projects", "").is(t, http.StatusOK); !strings.Contains(list.Body, g.home.project) || !strings.Contains(list.Body, `"total_count":1`) {
		t.Errorf("projects: %s", list.Body)
	}
	log := ask(owner, http.MethodGet, "/v1/audit_log?action=member.joined", "").is(t, http.StatusOK)
	if log.text(t, "data", 0, "actor", "name") != "new@example.com" {
		t.Errorf("logged: %s", log.Body)
	}
	// Who is here already joins another workspace by being signed in, and goes from one to the other.
	other := ask(owner, http.MethodPost, "/console/api/workspaces", `{"name":"Second"}`).is(t, http.StatusOK).text(t, "workspace", "id")
	second := ask(owner, http.MethodPost, "/v1/invitations", `{"email":"new@example.com","role":"admin"}`).is(t, http.StatusCreated)
	_, link, _ = strings.Cut(second.text(t, "link"), "/invitation#")
	g.do(t, http.MethodPost, at, `{"name":"X","password":"`+password+`"}`, "Invitation-Token", link).refused(t, http.StatusConflict, "sign_in_first")
	if in := g.do(t, http.MethodPost, at, `{}`, "Cookie", cookie, "Invitation-Token", link).is(t, http.StatusOK); in.text(t, "workspace", "id") != other {
		t.Errorf("opened: %s", in.Body)
	}
	ask(cookie, http.MethodPost, "/console/api/workspaces", `{"name":"Third"}`).refused(t, http.StatusForbidden, "new_workspace")
	ask(cookie, http.MethodPost, "/console/api/workspace", `{"id":"`+g.home.id+`"}`).is(t, http.StatusOK)
	ask(cookie, http.MethodPost, "/console/api/workspace", `{"id":"`+g.stranger().id+`"}`).refused(t, http.StatusNotFound, "workspace_not_found")
}

// Two windows of one browser show two workspaces: the address, or what a window says,
// decides for each request, and a workspace that somebody is no member of is not there.
func TestWorkspaceOfAWindow(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	owner := g.person(t, member.Owner, true)
	ask := func(method, path, workspace string) reply {
		return g.do(t, method, path, `{"name":"Renamed"}`, "Cookie", owner, "X-Patchbay-Workspace", workspace)
	}
	second := g.do(t, http.MethodPost, "/console/api/workspaces", `{"name":"Second"}`, "Cookie", owner).is(t, http.StatusOK).text(t, "workspace", "id")
	stranger := g.stranger()
	session := func(query, workspace string) string {
		return ask(http.MethodGet, "/console/api/session"+query, workspace).is(t, http.StatusOK).text(t, "workspace", "id")
	}
	if got := []string{session("", ""), session("?project="+g.home.project, ""), session("?project="+stranger.project, ""), session("", g.home.id), session("", second)}; !slices.Equal(got, []string{second, g.home.id, second, g.home.id, second}) {
		t.Errorf("sessions: %v", got)
	}
	project := "/v1/connect/projects/" + g.home.project
	ask(http.MethodGet, project, "").is(t, http.StatusOK) // a link in a new window says nothing but the address
	ask(http.MethodGet, project, g.home.id).is(t, http.StatusOK)
	ask(http.MethodGet, project, second).refused(t, http.StatusNotFound, "project_not_found")
	ask(http.MethodGet, "/v1/connect/projects/"+stranger.project, "").refused(t, http.StatusNotFound, "project_not_found")
	ask(http.MethodPatch, "/v1/workspace", g.home.id).is(t, http.StatusOK)
	if now := ask(http.MethodGet, "/v1/workspace", second).is(t, http.StatusOK); now.text(t, "name") != "Second" {
		t.Errorf("another window's workspace was renamed: %s", now.Body)
	}
	for _, path := range []string{"/v1/workspace", "/v1/members", project, "/console/api/session", "/console/api/projects/" + g.home.project + "/views"} {
		ask(http.MethodGet, path, stranger.id).refused(t, http.StatusNotFound, "workspace_not_found")
	}
	ask(http.MethodPatch, "/v1/workspace", stranger.id).refused(t, http.StatusNotFound, "workspace_not_found")
	ask(http.MethodGet, "/console/api/workspaces", stranger.id).is(t, http.StatusOK) // from where there is a way out
}

// Who is here already comes in by an invitation no easier than by any other way:
// with a second factor, if they have one.
func TestInvitationAsksForTheSecondFactor(t *testing.T) {
	t.Parallel()
	g := newRig(t).people()
	ada := g.session(t)
	secret := g.as(t, ada, http.MethodPost, "/console/api/account/totp", nil).is(t, http.StatusOK).text(t, "secret")
	code := func(off time.Duration) map[string]string {
		c, err := totp.GenerateCode(secret, time.Now().Add(off))
		if err != nil {
			t.Fatal(err)
		}
		return map[string]string{"code": c}
	}
	g.as(t, ada, http.MethodPut, "/console/api/account/totp", code(0)).is(t, http.StatusOK)
	owner, err := g.Members.Create(t.Context(), "Other", "bob@example.com", "Bob", password)
	if err != nil {
		t.Fatal(err)
	}
	bob := g.cookieOf(t, owner.PersonID)
	_, link, _ := strings.Cut(g.as(t, bob, http.MethodPost, "/v1/invitations", map[string]any{"email": g.home.email, "role": "viewer"}).is(t, http.StatusCreated).text(t, "link"), "/invitation#")
	hold := func(cookie, method, body string) reply {
		return g.do(t, method, "/console/api/invitation", body, "Cookie", cookie, "Invitation-Token", link)
	}
	if o := hold(bob, http.MethodGet, "").is(t, http.StatusOK); o.text(t, "signed_in") != "bob@example.com" || o.at(t, "known") != true {
		t.Errorf("offered: %s", o.Body)
	}
	step := g.signIn(t, g.api, g.home.email, password).is(t, http.StatusAccepted).cookieOf(t, "patchbay_step")
	for _, cookie := range []string{"a=b", step} {
		if o := hold(cookie, http.MethodGet, "").is(t, http.StatusOK); o.at(t, "signed_in") != nil {
			t.Errorf("offered: %s", o.Body)
		}
		hold(cookie, http.MethodPost, `{"password":"`+password+`"}`).refused(t, http.StatusConflict, "sign_in_first")
	}
	in := g.as(t, step, http.MethodPost, "/console/api/session/code", code(30*time.Second)).is(t, http.StatusOK).cookieOf(t, "patchbay_session")
	if came := hold(in, http.MethodPost, `{}`).is(t, http.StatusOK); came.text(t, "workspace", "id") != owner.WorkspaceID || came.text(t, "member", "role") != "viewer" {
		t.Error(came.Body)
	}
}

// A workspace has an owner always; admins touch none.
func TestOwners(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	owner, admin := g.person(t, member.Owner, true), g.person(t, member.Admin, true)
	ask := func(cookie, method, path, body string) reply { return g.do(t, method, path, body, "Cookie", cookie) }
	of := func(cookie string) string {
		return ask(cookie, http.MethodGet, "/console/api/session", "").is(t, http.StatusOK).text(t, "member", "id")
	}
	o, a := of(owner), of(admin)
	ask(admin, http.MethodPatch, "/v1/members/"+o, `{"role":"viewer"}`).refused(t, http.StatusForbidden, "owners_only")
	ask(admin, http.MethodDelete, "/v1/members/"+o, "").refused(t, http.StatusForbidden, "owners_only")
	ask(admin, http.MethodPatch, "/v1/members/"+a, `{"role":"owner"}`).refused(t, http.StatusForbidden, "owners_only")
	ask(owner, http.MethodPatch, "/v1/members/"+o, `{"role":"admin"}`).refused(t, http.StatusConflict, "last_owner")
	ask(owner, http.MethodDelete, "/v1/members/"+o, "").refused(t, http.StatusConflict, "last_owner")
	ask(owner, http.MethodPost, "/console/api/workspace/leave", "").refused(t, http.StatusConflict, "last_owner")
	ask(owner, http.MethodPost, "/console/api/workspace/transfer", `{"member_id":"`+a+`"}`).is(t, http.StatusNoContent)
	ask(owner, http.MethodPatch, "/v1/members/"+a, `{"role":"viewer"}`).refused(t, http.StatusForbidden, "owners_only")
	ask(owner, http.MethodPost, "/console/api/workspace/leave", "").is(t, http.StatusNoContent)
	ask(owner, http.MethodGet, "/console/api/session", "").refused(t, http.StatusUnauthorized, "no_workspace")
}

// count counts rows as the database's owner.
func (g *rig) count(t *testing.T, statement string, args ...any) (n int) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), g.config.DatabaseURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(t.Context()) }()
	if err := c.QueryRow(t.Context(), statement, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// A project that is deleted is there for nobody at once; then its users and what
// they granted go, and at the end the project itself.
func TestProjectDeletion(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home.newProject("Going")
	w.account(t, user)
	w.trigger(t, user, "http://127.0.0.1:9/hook")
	ctok := w.connectToken(t, user, "")
	left := "/console/api/removals/" + w.project
	owner := g.person(t, member.Owner, true)
	g.as(t, owner, http.MethodGet, left, nil).refused(t, http.StatusNotFound, "project_not_found")
	w.call(t, http.MethodDelete, "/v1/connect/projects/{p}", "").is(t, http.StatusNoContent)
	if is := g.as(t, owner, http.MethodGet, left, nil).is(t, http.StatusOK); is.text(t, "name") != "Going" || is.at(t, "users") != 1.0 || is.at(t, "triggers") != 1.0 || is.at(t, "grants") != 0.0 {
		t.Errorf("left: %s", is.Body)
	}
	elsewhere, err := g.Members.Create(t.Context(), "Elsewhere", "eve@example.com", "Eve", password)
	if err != nil {
		t.Fatal(err)
	}
	for _, cookie := range []string{g.person(t, member.Developer, true), g.cookieOf(t, elsewhere.PersonID)} {
		g.as(t, cookie, http.MethodGet, left, nil).refused(t, http.StatusNotFound, "project_not_found")
	}
	w.call(t, http.MethodDelete, "/v1/connect/projects/{p}", "").refused(t, http.StatusNotFound, "project_not_found")
	w.call(t, http.MethodGet, "/v1/connect/{p}/users", "").refused(t, http.StatusNotFound, "project_not_found")
	g.do(t, http.MethodGet, "/v1/connect/-/accounts", "", "Authorization", "Bearer "+ctok).is(t, http.StatusUnauthorized)
	g.work()
	soon(t, "the project to be gone", func() bool { return g.count(t, "SELECT count(*) FROM projects WHERE id = $1", w.project) == 0 })
	g.as(t, owner, http.MethodGet, left, nil).refused(t, http.StatusNotFound, "project_not_found")
	if g.count(t, "SELECT count(*) FROM projects WHERE id = $1", g.home.project) != 1 {
		t.Error("another project went along")
	}
}
