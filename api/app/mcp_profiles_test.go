package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

const (
	createContact = "acme-crm-key-create-contact"
	listContacts  = "acme-crm-key-list-contacts"
	addNote       = "acme-crm-key-add-note"
)

// profile makes a tool profile and returns where its tools are.
func (w *workspace) profile(t *testing.T, body string) (path string) {
	t.Helper()
	at := w.call(t, http.MethodPost, "/v1/connect/{p}/mcp/profiles", body).is(t, http.StatusCreated).text(t, "url")
	path, ok := strings.CutPrefix(at, w.g.api)
	if !ok {
		t.Fatal(at)
	}
	return path
}

func (a *agent) names() (names []string) {
	a.t.Helper()
	list, err := a.ListTools(a.t.Context(), nil)
	if err != nil {
		a.t.Fatal(err)
	}
	for _, x := range list.Tools {
		names = append(names, x.Name)
	}
	return names
}

// Who comes by a profile is given what is in it, finds and runs nothing else, and
// cannot say what the profile says.
func TestAgentProfile(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	w.account(t, "ada")
	at := w.profile(t, `{"name":"desk","description":"Contacts of the desk.","meta_tools":["run_tool","search_tools","describe_tool","list_accounts","connect_account"],
		"tools":[{"component_id":"`+createContact+`","preset":{"company":"Navy"}},{"component_id":"`+listContacts+`","hidden":["limit"]}]}`)
	a := g.agent(t, at, nil, w.asServer()...)
	if got := strings.Join(a.names(), " "); got != createContact+" "+listContacts+" connect_account describe_tool list_accounts run_tool search_tools" {
		t.Fatal(got)
	}
	if text := a.InitializeResult().Instructions; !strings.Contains(text, "Contacts of the desk.") {
		t.Error(text)
	}
	list, err := a.ListTools(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	props := list.Tools[0].InputSchema.(map[string]any)["properties"].(map[string]any)
	if props["name"] == nil || props["company"] != nil {
		t.Errorf("%v", props)
	}
	if made := a.done(createContact, args{"name": "Grace"})["value"].(map[string]any); made["company"] != "Navy" {
		t.Errorf("%v", made)
	}
	a.refusedWith("argument_set_by_profile", createContact, args{"name": "Grace", "company": "Army"})
	a.refusedWith("argument_set_by_profile", "run_tool", args{"tool": listContacts, "arguments": args{"limit": 1}})
	a.refusedWith("argument_set_by_profile", "describe_tool", args{"tool": createContact, "options_for": "company"})
	a.refusedWith("tool_not_in_profile", "run_tool", args{"tool": addNote, "arguments": args{}})
	a.refusedWith("tool_not_in_profile", "describe_tool", args{"tool": addNote})
	a.refusedWith("app_not_in_profile", "connect_account", args{"app": "slack"})
	for _, x := range a.done("search_tools", args{"query": "add a note to a contact", "limit": 50})["tools"].([]any) {
		if tool := x.(map[string]any)["tool"]; tool != createContact && tool != listContacts {
			t.Errorf("%v is found", tool)
		}
	}
	if all := a.done("list_accounts", args{})["accounts"].([]any); len(all) != 1 {
		t.Errorf("%v", all)
	}
	form := a.done("describe_tool", args{"tool": listContacts})["input_schema"].(map[string]any)["properties"].(map[string]any)
	if form["limit"] != nil {
		t.Errorf("%v", form)
	}
	_, err = a.CallTool(t.Context(), &mcp.CallToolParams{Name: addNote, Arguments: args{}})
	if err == nil || !strings.Contains(err.Error(), "not in the tool profile") {
		t.Errorf("a tool that is not in the list: %v", err)
	}
	outside := g.do(t, http.MethodPost, at, raw("tools/call", `{"name":"`+addNote+`","arguments":{}}`), append(w.asServer(), "Accept", "application/json, text/event-stream")...)
	if !strings.Contains(outside.Body, `"tool_not_in_profile"`) || !strings.Contains(outside.Body, "-32602") {
		t.Error(outside.Body)
	}

	// The header does the same, and a change holds from the next request on.
	small := g.agent(t, "/mcp/p/"+w.project, nil, append(w.asServer(), "X-Pd-Tool-Profile", "desk")...)
	w.call(t, http.MethodPut, "/v1/connect/{p}/mcp/profiles/desk", `{"tools":[{"component_id":"`+listContacts+`"}]}`).is(t, http.StatusOK)
	if got := strings.Join(small.names(), " "); got != listContacts {
		t.Error(got)
	}
	byQuery := g.agent(t, "/mcp?projectId="+w.project+"&environment="+w.environment+"&externalUserId=ada&toolProfile=desk", nil, "Authorization", "Bearer "+w.token)
	byUser := g.agent(t, at, nil, "Authorization", "Bearer "+w.connectToken(t, "ada", ""))
	for name, b := range map[string]*agent{"query": byQuery, "connect token": byUser} {
		if got := strings.Join(b.names(), " "); got != listContacts {
			t.Errorf("%s: %s", name, got)
		}
		b.done(listContacts, args{"limit": 1})
	}
}

// What a profile's address refuses.
func TestAgentProfileRefusals(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w, stranger := g.home, g.stranger()
	at := w.profile(t, `{"name":"desk","tools":[{"component_id":"`+listContacts+`"}]}`)
	list := raw("tools/list", `{`+meta+`}`)
	with := func(header ...string) []string {
		return append([]string{"Accept", "application/json, text/event-stream", "MCP-Protocol-Version", "2026-07-28", "Mcp-Method", "tools/list"}, header...)
	}
	g.do(t, http.MethodPost, at, list, with(w.asServer()...)...).is(t, http.StatusOK)
	g.do(t, http.MethodPost, at+"-of-nobody", list, with(w.asServer()...)...).refused(t, http.StatusNotFound, "tool_profile_not_found")
	g.do(t, http.MethodPost, at+"/more", list, with(w.asServer()...)...).refused(t, http.StatusNotFound, "unknown_route")
	g.do(t, http.MethodPost, at, list, with(append(w.asServer(), "X-Pd-Tool-Profile", "other")...)...).refused(t, http.StatusBadRequest, "tool_profile_conflict")
	g.do(t, http.MethodPost, at, list, with(append(w.asServer(), "X-Pd-App-Slug", "slack")...)...).refused(t, http.StatusBadRequest, "tool_profile_and_apps")
	g.do(t, http.MethodPost, at, list, with(stranger.asServer()...)...).refused(t, http.StatusNotFound, "project_not_found")
	g.do(t, http.MethodPost, "/mcp/p/"+stranger.project+"/"+stranger.environment+"/desk", list, with(stranger.asServer()...)...).refused(t, http.StatusNotFound, "tool_profile_not_found")
	other := map[string]string{"development": "production", "production": "development"}[w.environment]
	g.do(t, http.MethodPost, "/mcp/p/"+w.project+"/"+other+"/desk", list, with("Authorization", "Bearer "+w.token, "X-Pd-External-User-Id", "ada")...).refused(t, http.StatusNotFound, "tool_profile_not_found")
}

// A connect token that is for a profile has its tools, by whatever address it comes, and
// is good for nothing else.
func TestAgentProfileOfConnectToken(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w, stranger := g.home, g.stranger()
	w.account(t, "ada")
	at := w.profile(t, `{"name":"desk","meta_tools":["run_tool"],"tools":[{"component_id":"`+listContacts+`"}]}`)
	beside := w.profile(t, `{"name":"beside","tools":[{"component_id":"`+addNote+`"}]}`)
	bearer := []string{"Authorization", "Bearer " + w.connectToken(t, "ada", `"tool_profile":"desk"`)}
	for _, address := range []string{at, "/mcp", "/mcp/p/" + w.project} {
		a := g.agent(t, address, nil, bearer...)
		if got := strings.Join(a.names(), " "); got != listContacts+" run_tool" {
			t.Errorf("%s: %s", address, got)
		}
		a.done(listContacts, args{"limit": 1})
		a.refusedWith("tool_not_in_profile", "run_tool", args{"tool": addNote, "arguments": args{}})
	}
	lists := func(address string, header ...string) reply {
		t.Helper()
		with := append([]string{"Accept", "application/json, text/event-stream", "MCP-Protocol-Version", "2026-07-28", "Mcp-Method", "tools/list"}, bearer...)
		return g.do(t, http.MethodPost, address, raw("tools/list", `{`+meta+`}`), append(with, header...)...)
	}
	lists(beside).refused(t, http.StatusForbidden, "other_tool_profile")
	lists("/mcp", "X-Pd-Tool-Profile", "beside").refused(t, http.StatusForbidden, "other_tool_profile")
	lists("/mcp", "X-Pd-Tool-Profile", "of-nobody").refused(t, http.StatusForbidden, "other_tool_profile")
	lists("/mcp", "X-Pd-App-Slug", "slack").refused(t, http.StatusBadRequest, "tool_profile_and_apps")
	lists("/mcp/p/"+stranger.project).refused(t, http.StatusNotFound, "project_not_found")

	// It opens the connect page, and no other operation of the API.
	ctok := strings.TrimPrefix(bearer[1], "Bearer ")
	if r := g.do(t, http.MethodGet, "/v1/connect/tokens/"+ctok+"/validate", "").is(t, http.StatusOK); r.at(t, "success") != true {
		t.Error(r.Body)
	}
	for path, body := range map[string]string{"/v1/connect/accounts": "", "/v1/connect/-/actions": "", runPath: contact("ada", "apn_1", "Grace")} {
		method := http.MethodGet
		if body != "" {
			method = http.MethodPost
		}
		g.do(t, method, strings.ReplaceAll(path, "{p}", w.project), body, bearer...).refused(t, http.StatusForbidden, "token_for_tools")
	}
	g.do(t, http.MethodGet, strings.ReplaceAll(through("/api/me", "apn_1", "ada"), "{p}", w.project), "", bearer...).refused(t, http.StatusForbidden, "token_for_tools")

	// A profile of nobody, or of somebody else, makes no token; one that is gone has no tools, and its name brings none back.
	for _, other := range []*workspace{stranger, w.newProject("Shop")} {
		other.call(t, http.MethodPost, "/v1/connect/{p}/tokens", `{"external_user_id":"ada","tool_profile":"desk"}`).refused(t, http.StatusNotFound, "tool_profile_not_found")
	}
	w.call(t, http.MethodPost, "/v1/connect/{p}/tokens", `{"external_user_id":"ada","tool_profile":"none"}`).refused(t, http.StatusNotFound, "tool_profile_not_found")
	w.call(t, http.MethodDelete, "/v1/connect/{p}/mcp/profiles/desk", "").is(t, http.StatusNoContent)
	lists("/mcp").refused(t, http.StatusNotFound, "tool_profile_not_found")
	w.profile(t, `{"name":"desk","tools":[{"component_id":"`+addNote+`"}]}`)
	lists("/mcp").refused(t, http.StatusNotFound, "tool_profile_not_found")
	lists(at).refused(t, http.StatusNotFound, "tool_profile_not_found")
}

// What a user allows a program at a profile's address is good there and nowhere
// else, says which tools it is about, and ends with the profile.
func TestAgentProfileSignIn(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w, p := g.signsIn(t), newProgram(t, nil)
	at := w.profile(t, `{"name":"desk","tools":[{"component_id":"`+listContacts+`"}]}`)
	here := url.Values{"resource": {g.api + at}}

	r := g.do(t, http.MethodPost, at, raw("tools/list", "{}")).is(t, http.StatusUnauthorized)
	about := "/.well-known/oauth-protected-resource" + at
	if how := r.Header.Get("WWW-Authenticate"); !strings.Contains(how, `resource_metadata="`+g.api+about+`"`) {
		t.Fatal(how)
	}
	if got := g.do(t, http.MethodGet, about, "").is(t, http.StatusOK).text(t, "resource"); got != g.api+at {
		t.Error(got)
	}
	v := w.visitor(t, p, here)
	page := v.signedIn(t, "ada")
	shown := g.do(t, http.MethodGet, page, "", "Cookie", v.cookie).is(t, http.StatusOK)
	if !strings.Contains(shown.Body, "List Contacts (acme_crm_key)") || strings.Contains(shown.Body, "send and delete") {
		t.Error(shown.shown())
	}
	form := w.tokenForm(p, v.answers(t, page, "allow").Get("code"))
	g.form(t, "/oauth/token", form).oauthRefused(t, http.StatusBadRequest, "invalid_target") // it names the address without the profile
	form.Set("resource", g.api+at)
	narrow := g.form(t, "/oauth/token", form).is(t, http.StatusOK)
	token := narrow.text(t, "access_token")
	wide := g.form(t, "/oauth/token", w.tokenForm(p, w.code(t, p, "ada", nil))).is(t, http.StatusOK).text(t, "access_token")

	if got := g.agent(t, at, nil, "Authorization", "Bearer "+token).names(); len(got) != 1 || got[0] != listContacts {
		t.Error(got)
	}
	w.lists(t, wide).is(t, http.StatusOK)
	w.lists(t, token).is(t, http.StatusUnauthorized)
	w.lists(t, wide, "X-Pd-Tool-Profile", "desk").is(t, http.StatusUnauthorized)
	g.do(t, http.MethodPost, at, raw("tools/list", "{}"), "Authorization", "Bearer "+wide, "Accept", "application/json, text/event-stream").is(t, http.StatusUnauthorized)
	all := w.call(t, http.MethodGet, "/v1/connect/{p}/mcp/authorizations?external_user_id=ada", "").is(t, http.StatusOK)
	if strings.Count(all.Body, `"tool_profile":"desk"`) != 1 || strings.Count(all.Body, `"tool_profile":null`) != 1 {
		t.Error(all.Body)
	}
	if got := w.authorize(t, p, url.Values{"resource": {g.api + at + "-of-nobody"}}); !strings.Contains(got.Header.Get("Location"), "invalid_target") {
		t.Error(got.Status, got.Header)
	}
	again := g.form(t, "/oauth/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {narrow.text(t, "refresh_token")}, "client_id": {p.id}, "resource": {g.api + at}}).is(t, http.StatusOK)

	w.call(t, http.MethodDelete, "/v1/connect/{p}/mcp/profiles/desk", "").is(t, http.StatusNoContent)
	g.do(t, http.MethodPost, at, raw("tools/list", "{}"), "Authorization", "Bearer "+again.text(t, "access_token")).is(t, http.StatusUnauthorized)
	g.refresh(t, p, again.text(t, "refresh_token")).oauthRefused(t, http.StatusBadRequest, "invalid_grant")
	w.lists(t, wide).is(t, http.StatusOK)
}
