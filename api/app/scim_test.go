package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/api/app"
)

// scim is a directory that speaks for a workspace.
type scim struct {
	g     *rig
	token string
}

// directory sets a workspace's single sign-on up, and returns its directory.
func (g *rig) directory(t *testing.T, owner string, roles ...map[string]string) *scim {
	t.Helper()
	const at = "/console/api/workspace/sso"
	g.as(t, owner, http.MethodPut, at, map[string]any{"issuer": g.config.DemoURL, "client_id": "console", "client_secret": "s3cret", "default_role": "viewer", "group_roles": roles}).is(t, http.StatusOK)
	g.as(t, owner, http.MethodPost, at+"/domains", map[string]string{"domain": "acme.test"}).is(t, http.StatusOK)
	return &scim{g, g.as(t, owner, http.MethodPost, at+"/token", nil).is(t, http.StatusOK).text(t, "token")}
}

func (d *scim) do(t *testing.T, method, path string, body any) reply {
	t.Helper()
	text, ok := body.(string)
	if body != nil && !ok {
		b, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		text = string(b)
	}
	return d.g.do(t, method, "/scim/v2"+path, text, "Authorization", "Bearer "+d.token, "Content-Type", "application/scim+json")
}

// wrong asserts an error in SCIM's form.
func (r reply) wrong(t *testing.T, status int, kind string) {
	t.Helper()
	var e struct {
		Schemas          []string
		Status, ScimType string
		Detail           string
	}
	err := json.Unmarshal([]byte(r.Body), &e)
	if err != nil || r.Status != status || e.Status != fmt.Sprint(status) || e.ScimType != kind || e.Detail == "" || len(e.Schemas) != 1 || !strings.HasSuffix(e.Schemas[0], ":Error") || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/scim+json") {
		t.Fatalf("got %d %s, want %d %s (%v)", r.Status, r.Body, status, kind, err)
	}
}

func ops(all ...map[string]any) map[string]any {
	return map[string]any{"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:PatchOp"}, "Operations": all}
}

func op(op, path string, value any) map[string]any {
	out := map[string]any{"op": op}
	if path != "" {
		out["path"] = path
	}
	if value != nil {
		out["value"] = value
	}
	return out
}

// roleOf is somebody's role in the home workspace; "" = they are no member.
func (g *rig) roleOf(t *testing.T, email string) string {
	t.Helper()
	all, err := g.Members.List(t.Context(), g.home.id)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		if m.Email == email {
			return string(m.Role)
		}
	}
	return ""
}

// Users of a directory become members and stop being it, as Entra ID and Okta
// write it; groups give roles.
func TestSCIM(t *testing.T) {
	t.Parallel()
	g := newRig(t, func(c *app.Config) { c.SSODomains = "acme.test,example.com" }).people()
	owner := g.session(t)
	d := g.directory(t, owner, map[string]string{"group": "Admins", "role": "admin"}, map[string]string{"group": "Engineers", "role": "developer"})

	// As Entra ID begins: is it there? No. Then it is made.
	if got := d.do(t, http.MethodGet, `/Users?filter=userName+eq+"ada@acme.test"`, nil).is(t, http.StatusOK); got.at(t, "totalResults") != float64(0) {
		t.Error(got.Body)
	}
	made := d.do(t, http.MethodPost, "/Users", map[string]any{
		"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"}, "externalId": "e-1", "userName": "ada@acme.test", "active": true,
		"displayName": "Ada Lovelace", "title": "Countess", "name": map[string]string{"givenName": "Ada", "familyName": "Lovelace"},
		"emails": []map[string]any{{"type": "home", "value": "ada@home.test"}, {"primary": true, "type": "work", "value": "ada@acme.test"}},
	}).is(t, http.StatusCreated)
	ada := made.text(t, "id")
	if made.Header.Get("Location") != g.config.PublicURL+"/scim/v2/Users/"+ada || made.at(t, "active") != true || made.at(t, "emails", 0, "value") != "ada@acme.test" || g.roleOf(t, "ada@acme.test") != "viewer" {
		t.Fatalf("%s, role %s", made.Body, g.roleOf(t, "ada@acme.test"))
	}
	d.do(t, http.MethodPost, "/Users", map[string]any{"userName": "ADA@acme.test", "emails": []map[string]any{{"value": "other@acme.test"}}}).wrong(t, http.StatusConflict, "uniqueness")
	d.do(t, http.MethodPost, "/Users", map[string]any{"userName": "eve@elsewhere.test"}).wrong(t, http.StatusBadRequest, "invalidValue")
	if g.roleOf(t, "other@acme.test") != "" {
		t.Error("what was refused left a member")
	}
	for _, filter := range []string{`externalId eq "e-1"`, `emails[type eq "work"].value eq "Ada@acme.test"`, `userName eq "ADA@ACME.TEST" and externalId eq "e-1"`} {
		if got := d.do(t, http.MethodGet, "/Users?filter="+strings.NewReplacer(" ", "%20", `"`, "%22", "[", "%5B", "]", "%5D").Replace(filter), nil).is(t, http.StatusOK); got.at(t, "Resources", 0, "id") != ada {
			t.Errorf("%s: %s", filter, got.Body)
		}
	}
	d.do(t, http.MethodGet, "/Users?filter=userName+co+%22ada%22", nil).wrong(t, http.StatusBadRequest, "invalidFilter")
	d.do(t, http.MethodGet, "/Users?filter=title+eq+%22x%22", nil).wrong(t, http.StatusBadRequest, "invalidFilter")
	d.do(t, http.MethodGet, "/Users?startIndex=x", nil).wrong(t, http.StatusBadRequest, "invalidValue")
	if got := d.do(t, http.MethodGet, "/Users?startIndex=2&count=1", nil).is(t, http.StatusOK); got.at(t, "totalResults") != float64(1) || got.at(t, "itemsPerPage") != float64(0) {
		t.Error(got.Body)
	}

	// Groups, with members added and removed in the ways of both.
	group := d.do(t, http.MethodPost, "/Groups", map[string]any{"displayName": "Engineers", "externalId": "g-1"}).is(t, http.StatusCreated).text(t, "id")
	role := func(want string, body any) {
		t.Helper()
		d.do(t, http.MethodPatch, "/Groups/"+group, body).is(t, http.StatusOK)
		if got := g.roleOf(t, "ada@acme.test"); got != want {
			t.Fatalf("Ada is %q, want %q", got, want)
		}
	}
	who := []map[string]string{{"value": ada}}
	role("developer", ops(op("Add", "members", who)))
	role("viewer", ops(op("Remove", "members", who)))
	role("developer", ops(op("add", "members", who), op("add", "members", who)))
	role("viewer", ops(op("remove", `members[value eq "`+ada+`"]`, nil)))
	role("admin", ops(op("replace", "", map[string]any{"id": group, "displayName": "Admins"}), op("replace", "members", who)))
	role("developer", ops(op("replace", "displayName", "engineers"), op("Replace", "displayName", "Engineers")))
	if got := d.do(t, http.MethodGet, "/Users/"+ada, nil).is(t, http.StatusOK); got.at(t, "groups", 0, "display") != "Engineers" {
		t.Error(got.Body)
	}
	if got := d.do(t, http.MethodGet, "/Groups?filter=displayName+eq+%22engineers%22&excludedAttributes=members", nil).is(t, http.StatusOK); got.at(t, "Resources", 0, "id") != group || strings.Contains(got.Body, ada) {
		t.Error(got.Body)
	}
	d.do(t, http.MethodPatch, "/Groups/"+group, ops(op("add", "members", []map[string]string{{"value": "du_nobody"}}))).wrong(t, http.StatusBadRequest, "invalidValue")
	d.do(t, http.MethodPatch, "/Groups/"+group, ops(op("move", "members", who))).wrong(t, http.StatusBadRequest, "invalidPath")
	d.do(t, http.MethodPatch, "/Groups/"+group, ops()).wrong(t, http.StatusBadRequest, "invalidSyntax")

	// Attributes, as Entra ID writes them, and what is not kept.
	patched := d.do(t, http.MethodPatch, "/Users/"+ada, ops(op("Replace", "name.familyName", "King"), op("Add", `emails[type eq "work"].value`, "ada@acme.test"), op("Replace", `phoneNumbers[type eq "mobile"].value`, "1"))).is(t, http.StatusOK)
	if patched.at(t, "name", "familyName") != "King" {
		t.Error(patched.Body)
	}
	// Away and back: a session ends, and what came by the directory comes again.
	link, err := g.SignIns.NewLink(t.Context(), g.personOf(t, "ada@acme.test"))
	if err != nil {
		t.Fatal(err)
	}
	cookie := g.do(t, http.MethodGet, "/console/link/"+link, "").cookieOf(t, "patchbay_session")
	g.as(t, cookie, http.MethodGet, "/console/api/session", nil).is(t, http.StatusOK)
	if got := d.do(t, http.MethodPatch, "/Users/"+ada, ops(op("Replace", "active", "False"))).is(t, http.StatusOK); got.at(t, "active") != false || g.roleOf(t, "ada@acme.test") != "" {
		t.Fatal(got.Body)
	}
	g.as(t, cookie, http.MethodGet, "/console/api/session", nil).refused(t, http.StatusUnauthorized, "no_workspace")
	d.do(t, http.MethodPatch, "/Users/"+ada, ops(op("replace", "", map[string]any{"active": true}))).is(t, http.StatusOK)
	if g.roleOf(t, "ada@acme.test") != "developer" {
		t.Error("she came back as", g.roleOf(t, "ada@acme.test"))
	}
	// A directory that tells another e-mail changes nobody's.
	d.do(t, http.MethodPut, "/Users/"+ada, map[string]any{"userName": "ada@acme.test", "emails": []map[string]any{{"value": g.home.email}}, "active": true}).is(t, http.StatusOK)
	if g.roleOf(t, "ada@acme.test") != "developer" {
		t.Error("the person is another")
	}
	// The last owner stays, and stays an owner.
	boss := d.do(t, http.MethodPost, "/Users", map[string]any{"userName": g.home.email}).wrongUnlessProved(t, d, owner, g.home.email)
	d.do(t, http.MethodPatch, "/Groups/"+group, ops(op("add", "members", []map[string]string{{"value": boss}}))).is(t, http.StatusOK)
	if g.roleOf(t, g.home.email) != "owner" {
		t.Error("a group changed an owner")
	}
	d.do(t, http.MethodPatch, "/Users/"+boss, ops(op("replace", "active", false))).wrong(t, http.StatusConflict, "mutability")
	d.do(t, http.MethodDelete, "/Users/"+boss, nil).wrong(t, http.StatusConflict, "mutability")
	g.as(t, owner, http.MethodGet, "/console/api/session", nil).is(t, http.StatusOK)

	d.do(t, http.MethodDelete, "/Groups/"+group, nil).is(t, http.StatusNoContent)
	if g.roleOf(t, "ada@acme.test") != "viewer" {
		t.Error("without a group Ada is", g.roleOf(t, "ada@acme.test"))
	}
	d.do(t, http.MethodDelete, "/Users/"+ada, nil).is(t, http.StatusNoContent)
	d.do(t, http.MethodGet, "/Users/"+ada, nil).wrong(t, http.StatusNotFound, "")
	if g.roleOf(t, "ada@acme.test") != "" {
		t.Error("who was deleted is a member")
	}
}

func (g *rig) personOf(t *testing.T, email string) string {
	t.Helper()
	p, err := g.Members.Person(t.Context(), email)
	if err != nil {
		t.Fatal(err)
	}
	return p.ID
}

// wrongUnlessProved asserts that an e-mail of a domain that nobody added is
// refused, adds the domain, and makes the user.
func (r reply) wrongUnlessProved(t *testing.T, d *scim, owner, email string) string {
	t.Helper()
	r.wrong(t, http.StatusBadRequest, "invalidValue")
	d.g.as(t, owner, http.MethodPost, "/console/api/workspace/sso/domains", map[string]string{"domain": email[strings.IndexByte(email, '@')+1:]}).is(t, http.StatusOK)
	return d.do(t, http.MethodPost, "/Users", map[string]any{"userName": email}).is(t, http.StatusCreated).text(t, "id")
}

// Another workspace's directory reaches nothing of this one, and nobody does
// without a token; one that was changed is good no more.
func TestSCIMIsolation(t *testing.T) {
	t.Parallel()
	g := newRig(t, func(c *app.Config) { c.SSODomains = "acme.test" }).people()
	owner := g.session(t)
	d := g.directory(t, owner)
	user := d.do(t, http.MethodPost, "/Users", map[string]any{"userName": "ada@acme.test"}).is(t, http.StatusCreated).text(t, "id")
	group := d.do(t, http.MethodPost, "/Groups", map[string]any{"displayName": "Secret group", "members": []map[string]string{{"value": user}}}).is(t, http.StatusCreated).text(t, "id")

	if _, err := g.Members.Create(t.Context(), "theirs", "eve@example.org", "Eve", password); err != nil {
		t.Fatal(err)
	}
	eve := g.signIn(t, g.api, "eve@example.org", password).is(t, http.StatusOK).cookieOf(t, "patchbay_session")
	theirs := g.directory(t, eve)
	for _, path := range []string{"/Users/" + user, "/Groups/" + group} {
		for _, try := range []struct {
			method string
			body   any
		}{
			{http.MethodGet, nil},
			{http.MethodDelete, nil},
			{http.MethodPut, map[string]any{"userName": "x@acme.test", "displayName": "x"}},
			{http.MethodPatch, ops(op("replace", "displayName", "x"))},
		} {
			got := theirs.do(t, try.method, path, try.body)
			got.wrong(t, http.StatusNotFound, "")
			for _, token := range []string{"", "pbd_0", d.token + "0", g.home.token} {
				other := &scim{g, token}
				other.do(t, try.method, path, try.body).wrong(t, http.StatusUnauthorized, "")
			}
		}
	}
	for _, path := range []string{"/Users", "/Groups", `/Users?filter=userName+eq+"ada@acme.test"`, `/Groups?filter=id+eq+"` + group + `"`} {
		got := theirs.do(t, http.MethodGet, path, nil).is(t, http.StatusOK)
		if got.at(t, "totalResults") != float64(0) || strings.Contains(got.Body, user) || strings.Contains(got.Body, "Secret") {
			t.Errorf("%s: %s", path, got.Body)
		}
	}
	theirs.do(t, http.MethodPost, "/Groups", map[string]any{"displayName": "g", "members": []map[string]string{{"value": user}}}).wrong(t, http.StatusBadRequest, "invalidValue")
	// The same e-mail in another workspace's directory is the same person, and a member there besides.
	theirs.do(t, http.MethodPost, "/Users", map[string]any{"userName": "ada@acme.test"}).is(t, http.StatusCreated)
	mine := theirs.do(t, http.MethodGet, "/Users", nil).is(t, http.StatusOK).text(t, "Resources", 0, "id")
	theirs.do(t, http.MethodDelete, "/Users/"+mine, nil).is(t, http.StatusNoContent)
	if g.roleOf(t, "ada@acme.test") != "viewer" {
		t.Error("another workspace's directory took her out of this one")
	}
	for path, id := range map[string]string{"/ServiceProviderConfig": "patch", "/ResourceTypes": "Group", "/Schemas": "userName", "/ResourceTypes/User": "core:2.0:User", "/Schemas/urn:ietf:params:scim:schemas:core:2.0:Group": "members"} {
		if got := d.do(t, http.MethodGet, path, nil).is(t, http.StatusOK); !strings.Contains(got.Body, id) {
			t.Errorf("%s: %s", path, got.Body)
		}
		(&scim{g, ""}).do(t, http.MethodGet, path, nil).wrong(t, http.StatusUnauthorized, "")
	}
	for _, body := range []string{"", "{", "[]", "5", `{"userName": 5}`, `{"userName": "a\u0000b"}`, `{"userName": "` + strings.Repeat("x", 501) + `"}`, `{"userName": "x@acme.test", "active": "maybe"}`, `{"userName":"x@acme.test","emails":5}`} {
		if got := d.do(t, http.MethodPost, "/Users", body); got.Status != http.StatusBadRequest {
			t.Errorf("%q: %d %s", body, got.Status, got.Body)
		}
	}
	for _, path := range []string{"/Users/%00", "/Groups/%ff", "/Users/" + strings.Repeat("x", 3000), `/Users?filter=id+eq+"%00"`, "/Nothing"} {
		if got := d.do(t, http.MethodGet, path, nil); got.Status >= 500 || got.Status < 400 {
			t.Errorf("%s: %d %s", path, got.Status, got.Body)
		}
	}
	d.do(t, http.MethodPatch, "/Groups/"+group, ops(op("add", "members", []map[string]string{{"value": "a\x00b"}}))).wrong(t, http.StatusBadRequest, "invalidValue")
	old := *d
	d.token = g.as(t, owner, http.MethodPost, "/console/api/workspace/sso/token", nil).is(t, http.StatusOK).text(t, "token")
	old.do(t, http.MethodGet, "/Users", nil).wrong(t, http.StatusUnauthorized, "")
	d.do(t, http.MethodGet, "/Users", nil).is(t, http.StatusOK)
	g.as(t, owner, http.MethodDelete, "/console/api/workspace/sso/token", nil).is(t, http.StatusNoContent)
	d.do(t, http.MethodGet, "/Users", nil).wrong(t, http.StatusUnauthorized, "")
}
