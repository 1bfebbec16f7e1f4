package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// owns is a browser at the customer's page, on the way to its user's programs.
func (w *workspace) owns(t *testing.T, header ...string) *visitor {
	t.Helper()
	r := w.g.do(t, http.MethodGet, w.g.tls+"/connect/programs/"+w.project+"/"+w.environment, "", header...).is(t, http.StatusSeeOther)
	at, err := url.Parse(r.Header.Get("Location"))
	if err != nil || at.Host != "shop.test" || at.Query().Get("from") != "mcp" || at.Query().Get("authorization_request") == "" {
		t.Fatalf("sent to %v", at)
	}
	cookie, _, _ := strings.Cut(r.Header.Get("Set-Cookie"), ";")
	return &visitor{w, cookie, at.Query().Get("authorization_request")}
}

// takesBack presses the button of a program.
func (v *visitor) takesBack(t *testing.T, page, id string, header ...string) reply {
	t.Helper()
	return v.w.g.do(t, http.MethodPost, v.w.g.tls+"/connect/programs", "key="+keyOf(page)+"&program="+id, append([]string{"Content-Type", "application/x-www-form-urlencoded", "Cookie", v.cookie}, header...)...)
}

// A user sees which programs act for them, by the page of the customer that knows who
// they are, and takes one back: at once, for themselves alone, and as often as they like.
func TestUserTakesProgramsBack(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w, p := g.signsIn(t), newProgram(t, nil)
	desk := w.profile(t, `{"name":"desk","tools":[{"component_id":"acme-crm-create-contact"}]}`)
	token := func(user string) string {
		return g.form(t, "/oauth/token", w.tokenForm(p, w.code(t, p, user, nil))).is(t, http.StatusOK).text(t, "access_token")
	}
	adas, bobs := token("ada"), token("bob")
	w.code(t, p, "ada", url.Values{"resource": {w.resource() + "/desk"}})
	w.lists(t, adas).is(t, http.StatusOK)
	ids := func(user string) (out []string) {
		for _, a := range w.call(t, http.MethodGet, "/v1/connect/{p}/mcp/authorizations?external_user_id="+user, "").at(t, "data").([]any) { //nolint:forcetypeassert // it is one
			out = append(out, a.(map[string]any)["id"].(string))
		}
		return out
	}
	mine, theirs := ids("ada"), ids("bob") // newest first: desk, and all
	if len(mine) != 2 || len(theirs) != 1 || desk == "" {
		t.Fatal(mine, theirs)
	}

	v := w.owns(t)
	page := v.signedIn(t, "ada")
	if !strings.HasPrefix(page, g.tls+"/connect/programs?key=mcpk_") {
		t.Fatal(page)
	}
	shown := func(header ...string) string {
		r := g.do(t, http.MethodGet, page, "", append([]string{"Cookie", v.cookie}, header...)...).is(t, http.StatusOK)
		if csp := r.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "form-action 'self'; frame-ancestors 'none'") || r.Header.Get("Cache-Control") != "no-store" {
			t.Error(r.Header)
		}
		return r.shown()
	}
	for _, want := range []string{"Agent Smith", "Answered for by 127.0.0.1", "Your answer went to agent.example", "Allowed on 20", "Last used on 20", "Not used yet", "in your connected apps", "and no others: Create Contact (acme_crm)", `value="` + mine[0], `value="` + mine[1]} {
		if !strings.Contains(shown(), want) {
			t.Errorf("no %q in %s", want, shown())
		}
	}
	if strings.Contains(shown(), theirs[0]) {
		t.Error("somebody else's programs are shown")
	}
	if said := shown("Accept-Language", "de-CH, de"); !strings.Contains(said, "Zurücknehmen") || !strings.Contains(said, "Erlaubt am 20") {
		t.Error(said)
	}

	for range 2 { // twice is once
		if to := v.takesBack(t, page, mine[1]).is(t, http.StatusSeeOther).Header.Get("Location"); !strings.HasPrefix(to, "/connect/programs?taken=1&key=mcpk_") {
			t.Fatal(to)
		}
	}
	w.lists(t, adas).is(t, http.StatusUnauthorized)
	for _, id := range []string{theirs[0], "mcpa_none", "", "x' OR '1'='1"} {
		v.takesBack(t, page, url.QueryEscape(id)).is(t, http.StatusSeeOther)
	}
	w.lists(t, bobs).is(t, http.StatusOK)
	if got := ids("ada"); len(got) != 1 || got[0] != mine[0] {
		t.Error(got)
	}
	if said := g.do(t, http.MethodGet, page+"&taken=1", "", "Cookie", v.cookie).is(t, http.StatusOK).shown(); !strings.Contains(said, "It is taken back") || strings.Contains(said, mine[1]) {
		t.Error(said)
	}
	log := w.call(t, http.MethodGet, "/v1/audit_log?action=mcp_authorization.revoked", "").at(t, "data").([]any) //nolint:forcetypeassert // it is one
	if len(log) != 1 || log[0].(map[string]any)["external_user_id"] != "ada" || log[0].(map[string]any)["actor"].(map[string]any)["kind"] != "connect_token" {
		t.Errorf("%v", log)
	}

	// Another browser, another site, and what stands for something else.
	victim := w.owns(t)
	for name, cookie := range map[string]string{"another browser": victim.cookie, "none": ""} {
		if r := g.do(t, http.MethodGet, page, "", "Cookie", cookie); r.Status != http.StatusForbidden || !strings.Contains(r.Body, "authorization_other_browser") {
			t.Errorf("%s: %d %s", name, r.Status, r.shown())
		}
		if r := (&visitor{w, cookie, ""}).takesBack(t, page, mine[0]); r.Status != http.StatusForbidden {
			t.Errorf("%s: %d %s", name, r.Status, r.shown())
		}
	}
	if r := v.takesBack(t, page, mine[0], "Sec-Fetch-Site", "cross-site"); r.Status != http.StatusForbidden || !strings.Contains(r.Body, "cross_origin") {
		t.Errorf("another site's form: %d %s", r.Status, r.Body)
	}
	asked := w.visitor(t, p, nil)
	question := asked.signedIn(t, "ada")
	if !strings.HasPrefix(question, g.tls+"/connect/consent?key=") {
		t.Fatal(question)
	}
	if r := asked.takesBack(t, question, mine[0]); r.Status != http.StatusGone || !strings.Contains(r.Body, "authorization_visit_over") {
		t.Errorf("a program's question: %d %s", r.Status, r.shown())
	}
	r := g.do(t, http.MethodPost, g.tls+"/connect/consent", "key="+keyOf(page)+"&answer=allow", "Content-Type", "application/x-www-form-urlencoded", "Cookie", v.cookie)
	if r.Status != http.StatusGone || r.Header.Get("Location") != "" || len(ids("ada")) != 1 {
		t.Errorf("a visit allows nothing: %d %v", r.Status, r.Header)
	}
	g.do(t, http.MethodGet, g.tls+"/connect/programs?key=mcpk_none", "", "Cookie", v.cookie).is(t, http.StatusGone)

	// What is stale asks the customer's page anew, and takes nothing back meanwhile.
	g.query(t, "UPDATE mcp_requests SET expires_at = $1 WHERE client_id = ''", time.Now().Add(-time.Minute))
	if to := g.do(t, http.MethodGet, page, "", "Cookie", v.cookie).is(t, http.StatusSeeOther).Header.Get("Location"); to != g.tls+"/connect/programs/"+w.project+"/"+w.environment {
		t.Error(to)
	}
	v.takesBack(t, page, mine[0]).is(t, http.StatusGone)
	w.call(t, http.MethodPost, "/v1/connect/{p}/mcp/authorization_requests/complete", `{"authorization_request":"`+victim.request+`","external_user_id":"ada"}`).refused(t, http.StatusConflict, "authorization_request_expired")
	if got := ids("ada"); len(got) != 1 {
		t.Error(got)
	}
	again := w.owns(t, "Cookie", v.cookie)
	page = again.signedIn(t, "ada")
	again.takesBack(t, page, mine[0]).is(t, http.StatusSeeOther)
	if v = again; !strings.Contains(shown(), "No program acts for you.") {
		t.Error(shown())
	}
}

// Where users are not signed in from programs there is no such page, nor of a project
// that there is not.
func TestProgramsOfNobody(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	at := g.tls + "/connect/programs/"
	if r := g.do(t, http.MethodGet, at+g.home.project+"/development", ""); r.Status != http.StatusConflict || !strings.Contains(r.Body, "mcp_sign_in_missing") {
		t.Errorf("%d %s", r.Status, r.shown())
	}
	for _, path := range []string{"proj_00000000000000000000000000/development", g.home.project + "/staging", "x/y"} {
		g.do(t, http.MethodGet, at+path, "").is(t, http.StatusNotFound)
	}
	g.do(t, http.MethodGet, g.tls+"/connect/programs", "").is(t, http.StatusGone)
}
