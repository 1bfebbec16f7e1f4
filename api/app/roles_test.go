package app_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/access"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/member"
)

// allowed says of each permission which roles have it besides the owner's: a for
// admins, d for developers, v for viewers. One that is new has to be put here,
// which is to say who has it.
var allowed = map[string]string{
	"connect:tokens:create": "ad", "connect:accounts:read": "adv", "connect:accounts:write": "ad", "connect:users:read": "adv", "connect:users:write": "ad",
	"connect:apps:read": "adv", "connect:actions:read": "adv", "connect:actions:run": "ad", "connect:triggers:read": "adv", "connect:triggers:write": "ad",
	"connect:deployed_triggers:read": "adv", "connect:deployed_triggers:write": "ad", "connect:webhooks:read": "adv", "connect:webhooks:write": "ad",
	"connect:oauth_apps:read": "adv", "connect:oauth_apps:write": "ad", "connect:app_overrides:read": "adv", "connect:app_overrides:write": "ad",
	"connect:instances:read": "adv", "connect:instances:write": "ad", "connect:projects:read": "adv", "connect:projects:write": "a", "connect:projects:export": "a", "connect:projects:promote": "a",
	"connect:usage:read": "adv", "connect:workflow:invoke": "ad", "connect:rate_limits:write": "a",
	"apps:read": "adv", "apps:write": "ad", "components:read": "adv", "components:write": "ad", "workflows:read": "adv", "workflows:write": "ad",
	"runs:read": "adv", "runs:write": "ad", "events:read": "adv", "deliveries:read": "adv", "deliveries:write": "ad", "notifications:read": "adv",
	"notifications:write": "ad", "requests:read": "adv", "data_stores:read": "adv", "data_stores:write": "ad", "variables:read": "adv", "variables:write": "ad",
	"connect_sessions:read": "adv", "clients:read": "a", "clients:write": "a", "audit:read": "a", "audit:write": "a", "members:read": "a", "members:write": "a",
	"workspace:read": "a", "workspace:write": "a",
}

// endless are the answers that do not end.
var endless = []string{"streamRun", "streamRuns", "readEvents"}

// person makes somebody who is a member of the home workspace, and returns the
// cookie of their session.
func (g *rig) person(t *testing.T, role member.Role, all bool, projects ...member.ProjectRole) string {
	t.Helper()
	personID, memberID := id.New("u"), id.New("mem")
	g.query(t, "INSERT INTO people (id, email, name, created_at) VALUES ($1, $1 || '@example.com', $2, now())", personID, string(role))
	g.query(t, "INSERT INTO members (id, workspace_id, person_id, role, all_projects, created_at) VALUES ($1, $2, $3, $4, $5, now())", memberID, g.home.id, personID, string(role), all)
	for _, p := range projects {
		g.query(t, "INSERT INTO member_projects (member_id, project_id, role) VALUES ($1, $2, $3)", memberID, p.ProjectID, string(p.Role))
	}
	return g.cookieOf(t, personID)
}

// cookieOf signs a person in by a link.
func (g *rig) cookieOf(t *testing.T, personID string) string {
	t.Helper()
	link, err := g.SignIns.NewLink(t.Context(), personID)
	if err != nil {
		t.Fatal(err)
	}
	c, err := http.ParseSetCookie(g.do(t, http.MethodGet, "/console/link/"+link, "").is(t, http.StatusSeeOther).Header.Get("Set-Cookie"))
	if err != nil {
		t.Fatal(err)
	}
	return c.Name + "=" + c.Value
}

// operationsOfMembers are the operations that a signed-in member may call at all.
func operationsOfMembers(t *testing.T) (all []*contracted) {
	t.Helper()
	for _, op := range everyOperation(t) {
		if op.takes("oauth") {
			all = append(all, op)
		}
	}
	return all
}

// What a member may do is their role by what an operation asks for: for each
// role, each operation of the contract is refused or is not.
func TestRolesOverAllOperations(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	project := g.home.newProject("of roles").project // empty: nothing can be harmed
	cookies := map[member.Role]string{}
	for _, role := range member.Roles {
		cookies[role] = g.person(t, role, true)
	}
	for _, o := range operationsOfMembers(t) {
		letters, known := allowed[o.permission]
		if !known {
			t.Errorf("%s asks for %s: say which roles have it", o.OperationID, o.permission)
			continue
		}
		for _, role := range member.Roles {
			may := role == member.Owner || strings.Contains(letters, string(role[0]))
			if access.Allows(role.Scopes(), o.permission) != may {
				t.Errorf("%s: %s of %s is %v, want %v", o.OperationID, o.permission, role, !may, may)
			}
			if may && (slices.Contains(endless, o.OperationID) || !strings.Contains(o.path, "{project_id}")) {
				continue
			}
			in := project
			if o.OperationID == "deleteProject" {
				in = g.home.newProject("that goes").project
			}
			path := strings.ReplaceAll(o.path, "{project_id}", in)
			r := g.do(t, o.method, "/v1"+path, "", "Cookie", cookies[role], "X-Pd-Environment", "development")
			if refused := r.Status == http.StatusForbidden && strings.Contains(r.Body, `"code":"role"`); refused == may {
				t.Errorf("%s as %s: %d %s", o.OperationID, role, r.Status, r.Body)
			}
		}
	}
}

// Who is in some projects finds the others as if they were not there, has in each
// the role that they have there, and of the workspace sees what projects are built of.
func TestMemberOfSomeProjects(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	one, two, three := g.home.newProject("One").project, g.home.newProject("Two").project, g.home.newProject("Three").project
	cookie := g.person(t, member.Viewer, false, member.ProjectRole{ProjectID: one, Role: member.Admin}, member.ProjectRole{ProjectID: two, Role: member.Viewer})
	ask := func(method, path, body string) reply {
		return g.do(t, method, "/v1"+path, body, "Cookie", cookie, "X-Pd-Environment", "development")
	}
	for _, o := range operationsOfMembers(t) {
		if strings.Contains(o.path, "{project_id}") {
			ask(o.method, strings.ReplaceAll(o.path, "{project_id}", three), "").refused(t, http.StatusNotFound, "project_not_found")
		} else if strings.HasSuffix(o.permission, ":write") {
			ask(o.method, o.path, "").refused(t, http.StatusForbidden, "role")
		}
	}
	list := ask(http.MethodGet, "/connect/projects", "").is(t, http.StatusOK)
	if strings.Contains(list.Body, three) || !strings.Contains(list.Body, one) || !strings.Contains(list.Body, two) || !strings.Contains(list.Body, `"total_count":2`) {
		t.Errorf("the list of projects is %s", list.Body)
	}
	ask(http.MethodPatch, "/connect/projects/"+one, `{"name":"First"}`).is(t, http.StatusOK)
	ask(http.MethodPatch, "/connect/projects/"+two, `{"name":"Second"}`).refused(t, http.StatusForbidden, "role")
	ask(http.MethodGet, "/connect/"+two+"/users", "").is(t, http.StatusOK)
	ask(http.MethodGet, "/workflow_templates", "").is(t, http.StatusOK)
	for _, path := range []string{"/clients", "/audit_log", "/variables"} {
		ask(http.MethodGet, path, "").refused(t, http.StatusForbidden, "role")
	}
}

// In one project a member may have another role than everywhere else.
func TestMemberWithAnotherRoleInOneProject(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	one, two := g.home.newProject("One").project, g.home.newProject("Two").project
	cookie := g.person(t, member.Developer, true, member.ProjectRole{ProjectID: one, Role: member.Viewer})
	ask := func(project string) reply {
		return g.do(t, http.MethodPost, "/v1/connect/"+project+"/tokens", `{"external_user_id":"u"}`, "Cookie", cookie, "X-Pd-Environment", "development")
	}
	ask(one).refused(t, http.StatusForbidden, "role")
	ask(two).is(t, http.StatusOK)
}

// Viewers are shown no secret, not even where an operation shows it to others.
func TestViewersSeeNoSecrets(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	f := &filler{t: t, w: w, known: map[string]string{"project_id": w.project}, user: user}
	hook := f.text("/v1/connect/{project_id}/deployed-triggers/{trigger_id}/webhooks?external_user_id=" + user)
	one := f.text("/v1/connect/{project_id}/deployed-triggers/{trigger_id}/webhooks/{webhook_id}?external_user_id=" + user)
	endpoint := f.text("/v1/projects/{project_id}/endpoints/{endpoint_id}")
	for _, role := range []member.Role{member.Developer, member.Viewer} {
		cookie := g.person(t, role, true)
		for _, path := range []string{hook, one, endpoint} {
			r := g.do(t, http.MethodGet, path, "", "Cookie", cookie, "X-Pd-Environment", "development").is(t, http.StatusOK)
			shown := strings.Contains(r.Body, `"signing_key":"`) && !strings.Contains(r.Body, `"signing_key":""`)
			if shown && role == member.Viewer || !shown && role == member.Developer && path != endpoint {
				t.Errorf("%s as %s: %s", path, role, r.Body)
			}
		}
		accounts := g.do(t, http.MethodGet, "/v1/connect/"+w.project+"/accounts?include_credentials=true", "", "Cookie", cookie, "X-Pd-Environment", "development")
		accounts.refused(t, http.StatusForbidden, "credentials_scope")
	}
}
