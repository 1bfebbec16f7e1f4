package app_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/patchbay-dev/patchbay/internal/demo"
)

// agent is a client of the protocol's own library, which sends headers with all
// that it asks.
type agent struct {
	t *testing.T
	*mcp.ClientSession
}

type sending struct {
	header http.Header
	next   http.RoundTripper
}

func (s *sending) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	for name, values := range s.header {
		r.Header[name] = values
	}
	return s.next.RoundTrip(r)
}

// agent connects a client to an address of the server. opens is what its user does
// with a page that is to be opened; nil = it opens none.
func (g *rig) agent(t *testing.T, path string, opens func(url string) string, header ...string) *agent {
	t.Helper()
	o := &mcp.ClientOptions{Capabilities: &mcp.ClientCapabilities{}}
	if opens != nil {
		o.Capabilities.Elicitation = &mcp.ElicitationCapabilities{URL: &mcp.URLElicitationCapabilities{}}
		o.ElicitationHandler = func(_ context.Context, r *mcp.ElicitRequest) (*mcp.ElicitResult, error) {
			return &mcp.ElicitResult{Action: opens(r.Params.URL)}, nil
		}
	}
	return g.connect(t, path, o, header)
}

// connect connects a client that is what its options say.
func (g *rig) connect(t *testing.T, path string, o *mcp.ClientOptions, header []string) *agent {
	t.Helper()
	h := http.Header{}
	for i := 0; i < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	c := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, o)
	s, err := c.Connect(t.Context(), &mcp.StreamableClientTransport{
		Endpoint: g.api + path, HTTPClient: &http.Client{Transport: &sending{h, http.DefaultTransport}}, MaxRetries: -1, DisableStandaloneSSE: true,
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return &agent{t, s}
}

// use calls a tool and returns what it answered, and whether it failed.
func (a *agent) use(tool string, arguments any) (map[string]any, bool) {
	a.t.Helper()
	r, err := a.CallTool(a.t.Context(), &mcp.CallToolParams{Name: tool, Arguments: arguments})
	if err != nil {
		a.t.Fatalf("%s: %v", tool, err)
	}
	text, err := json.Marshal(r.StructuredContent)
	out := map[string]any{}
	if err == nil {
		err = json.Unmarshal(text, &out)
	}
	if err != nil || len(r.Content) != 1 {
		a.t.Fatalf("%s: %s, %v", tool, text, err)
	}
	return out, r.IsError
}

// done is use of what must not fail.
func (a *agent) done(tool string, arguments any) map[string]any {
	a.t.Helper()
	out, failed := a.use(tool, arguments)
	if failed {
		a.t.Fatalf("%s: %v", tool, out)
	}
	return out
}

// refusedWith is use of what must fail, with a code.
func (a *agent) refusedWith(code, tool string, arguments any) map[string]any {
	a.t.Helper()
	out, failed := a.use(tool, arguments)
	if !failed || out["code"] != code || out["message"] == "" {
		a.t.Fatalf("%s: %v, want %s", tool, out, code)
	}
	return out
}

type args = map[string]any

func (w *workspace) asServer() []string {
	return []string{"Authorization", "Bearer " + w.token, "X-Pd-Environment", w.environment, "X-Pd-External-User-Id", "ada"}
}

// An agent finds a tool, is told what it takes, and runs it; its user is sent to
// connect the account that is missing, and the same call then comes through.
func TestAgentStory(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	opened := ""
	a := g.agent(t, "/mcp/p/"+w.project, func(url string) string {
		opened = url
		_, rest, _ := strings.Cut(url, "token=")
		ctok, _, _ := strings.Cut(rest, "&")
		w.connectKey(t, ctok).is(t, http.StatusOK)
		return "accept"
	}, w.asServer()...)
	if v := a.InitializeResult().ProtocolVersion; v != "2026-07-28" {
		t.Errorf("it speaks %s", v)
	}
	list, err := a.ListTools(t.Context(), nil)
	if err != nil || len(list.Tools) != 5 || list.CacheScope != "private" || list.TTLMs != 300_000 {
		t.Fatalf("%+v, %v", list, err)
	}
	found := a.done("search_tools", args{"query": "create a contact in the CRM", "app": "acme_crm_key"})["tools"].([]any)[0].(map[string]any)
	if found["tool"] != "acme-crm-key-create-contact" || found["connected"] != false || found["read_only"] != false {
		t.Fatalf("%v", found)
	}
	form := a.done("describe_tool", args{"tool": "acme-crm-key-create-contact"})["input_schema"].(map[string]any)
	props := form["properties"].(map[string]any)
	if form["required"].([]any)[0] != "name" || props["name"].(map[string]any)["type"] != "string" || props["acme_crm_key"] != nil {
		t.Fatalf("%v", form)
	}
	made := a.done("run_tool", args{"tool": "acme-crm-key-create-contact", "arguments": args{"name": "Grace", "company": "Navy"}})["value"].(map[string]any)
	if !strings.HasPrefix(opened, g.tls+"/_static/connect.html?token=ctok_") || made["id"] == "" {
		t.Fatalf("%s, %v", opened, made)
	}
	// What can be chosen is what the user's account has.
	options := a.done("describe_tool", args{"tool": "acme-crm-key-add-note", "options_for": "contact_id", "query": "grace"})["options"].([]any)
	if len(options) != 1 || options[0].(map[string]any)["value"] != made["id"] {
		t.Fatalf("%v", options)
	}
	if got := a.done("list_accounts", args{})["accounts"].([]any); len(got) != 1 || got[0].(map[string]any)["health"] != "healthy" {
		t.Fatalf("%v", got)
	}
	if got := a.done("connect_account", args{"app": "acme_crm_key"}); got["connected"] != true {
		t.Fatalf("%v", got)
	}
	// Of the connect token itself, the agent was told nothing but the page.
	if text := w.call(t, http.MethodGet, "/v1/connect/{p}/accounts", "").is(t, http.StatusOK).Body; strings.Contains(text, demo.DemoKey) {
		t.Error("a credential in a list")
	}
}

// A client that opens no pages is given the link, as a failure with a code; who
// declines is believed.
func TestAgentWithoutAccount(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	create := args{"tool": "acme-crm-key-create-contact", "arguments": args{"name": "Grace"}}
	a := g.agent(t, "/mcp/p/"+w.project, nil, w.asServer()...)
	got := a.refusedWith("account_required", "run_tool", create)
	if link, _ := got["connect_url"].(string); got["app"] != "acme_crm_key" || !strings.Contains(link, "ctok_") || !strings.Contains(got["message"].(string), link) {
		t.Fatalf("%v", got)
	}
	no := g.agent(t, "/mcp/p/"+w.project, func(string) string { return "decline" }, w.asServer()...)
	no.refusedWith("account_declined", "run_tool", create)
	no.refusedWith("app_not_found", "connect_account", args{"app": "no-such-app"})
	a.refusedWith("component_not_found", "run_tool", args{"tool": "no-such-tool"})
	a.refusedWith("component_not_found", "describe_tool", args{"tool": "acme-crm-key-new-contact"}) // a trigger
	first := w.account(t, "ada")
	a.refusedWith("configured_props", "run_tool", args{"tool": "acme-crm-key-create-contact", "arguments": args{"name": args{"first": "Grace"}}})
	a.refusedWith("account_not_found", "run_tool", args{"tool": "acme-crm-key-create-contact", "account": w.account(t, "bob"), "arguments": args{"name": "Grace"}})
	g.acme.SetFaults(demo.Faults{APIStatus: 500})
	if got := a.refusedWith("tool_failed", "run_tool", create); got["origin"] != "app" || got["status"] != 500.0 {
		t.Fatalf("%v", got)
	}
	g.acme.SetFaults(demo.Faults{})
	// A second account makes the choice the agent's, or the caller's.
	second := w.connectKey(t, w.connectToken(t, "ada", "")).is(t, http.StatusOK).text(t, "id")
	if first == second {
		t.Fatal("one account for two connections")
	}
	a.refusedWith("account_ambiguous", "run_tool", create)
	a.done("run_tool", args{"tool": "acme-crm-key-create-contact", "account": second, "arguments": args{"name": "Grace"}})
	chosen := g.agent(t, "/mcp/p/"+w.project, nil, append(w.asServer(), "X-Pd-Account-Id", first)...)
	chosen.done("run_tool", create)
}

// The header form, and a connect token, reach what is theirs, with an app's actions
// as tools.
func TestAgentAddresses(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	w.account(t, "ada")
	byQuery := g.agent(t, "/mcp?projectId="+w.project+"&environment="+w.environment+"&externalUserId=ada&app=acme_crm_key", nil, "Authorization", "Bearer "+w.token)
	byUser := g.agent(t, "/mcp", nil, "Authorization", "Bearer "+w.connectToken(t, "ada", ""), "X-Pd-App-Slug", "acme_crm_key")
	for name, a := range map[string]*agent{"query": byQuery, "connect token": byUser} {
		list, err := a.ListTools(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		var tool *mcp.Tool
		for i, x := range list.Tools {
			if x.Name == "acme-crm-key-list-contacts" {
				tool = x
			}
			if i > 0 && list.Tools[i-1].Name >= x.Name {
				t.Errorf("%s: %s before %s", name, list.Tools[i-1].Name, x.Name)
			}
		}
		if tool == nil || !tool.Annotations.ReadOnlyHint || len(list.Tools) < 8 {
			t.Fatalf("%s: %+v of %d", name, tool, len(list.Tools))
		}
		if got := a.done("acme-crm-key-list-contacts", args{"limit": 1}); got["value"] == nil {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// raw is a request of the protocol as it stands on the wire.
func raw(method, params string) string {
	return `{"jsonrpc":"2.0","id":1,"method":"` + method + `","params":` + params + `}`
}

const meta = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"t","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}`

// What the protocol and the guard before it refuse, they refuse in their own words.
func TestAgentRefusals(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w, stranger := g.home, g.stranger()
	at := "/mcp/p/" + w.project
	list := raw("tools/list", `{`+meta+`}`)
	plain := []string{"Accept", "application/json, text/event-stream", "MCP-Protocol-Version", "2026-07-28", "Mcp-Method", "tools/list"}
	with := func(header ...string) []string { return append(append([]string{}, plain...), header...) }
	g.do(t, http.MethodPost, at, list, with(w.asServer()...)...).is(t, http.StatusOK)
	if r := g.do(t, http.MethodPost, at, list, plain...); r.Status != http.StatusUnauthorized || r.Header.Get("WWW-Authenticate") == "" {
		t.Errorf("no token: %d %v", r.Status, r.Header)
	}
	g.do(t, http.MethodPost, at, list, with("Authorization", "Bearer nonsense", "X-Pd-Environment", "development", "X-Pd-External-User-Id", "ada")...).is(t, http.StatusUnauthorized)
	g.do(t, http.MethodPost, at, list, with(stranger.asServer()...)...).refused(t, http.StatusNotFound, "project_not_found")
	g.do(t, http.MethodPost, at, list, with(append(w.asServer(), "X-Pd-Environment", "staging")...)...).refused(t, http.StatusBadRequest, "environment_required")
	g.do(t, http.MethodPost, at, list, with("Authorization", "Bearer "+w.token, "X-Pd-Environment", w.environment)...).refused(t, http.StatusBadRequest, "external_user_id_required")
	g.do(t, http.MethodPost, "/mcp", list, with("Authorization", "Bearer "+w.token)...).refused(t, http.StatusBadRequest, "project_required")
	g.do(t, http.MethodPost, at, list, with(append(w.asServer(), "Origin", "https://evil.example")...)...).refused(t, http.StatusForbidden, "origin_not_allowed")
	ctok := w.connectToken(t, "ada", "")
	g.do(t, http.MethodPost, at, list, with("Authorization", "Bearer "+ctok, "X-Pd-External-User-Id", "bob")...).refused(t, http.StatusForbidden, "other_user")
	g.do(t, http.MethodPost, at, list, with("Authorization", "Bearer "+ctok, "Origin", "https://evil.example")...).is(t, http.StatusForbidden)
	g.do(t, http.MethodPost, "/mcp/p/"+stranger.project, list, with("Authorization", "Bearer "+ctok)...).refused(t, http.StatusNotFound, "project_not_found")
	g.do(t, http.MethodPost, "/mcp/elsewhere", list, with(w.asServer()...)...).refused(t, http.StatusNotFound, "unknown_route")
	g.do(t, http.MethodGet, at, "", with(w.asServer()...)...).is(t, http.StatusMethodNotAllowed)
	g.do(t, http.MethodPost, at, "{", with(w.asServer()...)...).is(t, http.StatusBadRequest)
	g.do(t, http.MethodPost, at, `{"x":"`+strings.Repeat("a", 2<<20)+`"}`, with(w.asServer()...)...).is(t, http.StatusRequestEntityTooLarge)
	for name, r := range map[string]reply{
		"a header that says otherwise": g.do(t, http.MethodPost, at, list, with(append(w.asServer(), "Mcp-Method", "tools/call")...)...),
		"a version that is none":       g.do(t, http.MethodPost, at, strings.ReplaceAll(list, "2026-07-28", "2099-01-01"), with(append(w.asServer(), "MCP-Protocol-Version", "2099-01-01")...)...),
	} {
		if r.Status != http.StatusBadRequest || !strings.Contains(r.Body, `"error"`) {
			t.Errorf("%s: %d %s", name, r.Status, r.Body)
		}
	}
	// A client of before, with its handshake, is answered by the same address.
	old := g.do(t, http.MethodPost, at, raw("initialize", `{"protocolVersion":"2025-03-26","capabilities":{},"clientInfo":{"name":"t","version":"1"}}`),
		append(w.asServer(), "Accept", "application/json, text/event-stream")...).is(t, http.StatusOK)
	if !strings.Contains(old.Body, `"protocolVersion":"2025-03-26"`) || strings.Contains(old.Body, `"logging"`) || old.Header.Get("Mcp-Session-Id") != "" {
		t.Errorf("%s %v", old.Body, old.Header)
	}
	called := g.do(t, http.MethodPost, at, raw("tools/call", `{"name":"run_tool","arguments":{"tool":"acme-crm-key-list-contacts"}}`),
		append(w.asServer(), "Accept", "application/json, text/event-stream", "MCP-Protocol-Version", "2025-03-26")...).is(t, http.StatusOK)
	if !strings.Contains(called.Body, `"account_required"`) || !strings.Contains(called.Body, `"isError":true`) {
		t.Error(called.Body)
	}
}

// What a token may not do, its agent may not.
func TestAgentScopes(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	token := func(scope string) []string {
		made := w.call(t, http.MethodPost, "/v1/clients", `{"name":"agent","scopes":["`+scope+`"]}`).is(t, http.StatusCreated)
		raw := g.do(t, http.MethodPost, "/v1/oauth/token", `{"grant_type":"client_credentials","client_id":"`+made.text(t, "id")+`","client_secret":"`+made.text(t, "secret")+`"}`).is(t, http.StatusOK).text(t, "access_token")
		return []string{"Authorization", "Bearer " + raw, "X-Pd-Environment", w.environment, "X-Pd-External-User-Id", "ada"}
	}
	g.do(t, http.MethodPost, "/mcp/p/"+w.project, raw("tools/list", "{}"), append(token("connect:accounts:read"), "Accept", "application/json, text/event-stream")...).refused(t, http.StatusForbidden, "permission")
	a := g.agent(t, "/mcp/p/"+w.project, nil, token("connect:actions:run")...)
	for tool, c := range map[string]struct {
		with  args
		lacks string
	}{
		"list_accounts":   {args{}, "connect:accounts:read"},
		"connect_account": {args{"app": "acme_crm_key"}, "connect:tokens:create"},
		"run_tool":        {args{"tool": "acme-crm-key-list-contacts"}, "connect:tokens:create"},
	} {
		if said := a.refusedWith("permission", tool, c.with); said["scope"] != c.lacks {
			t.Errorf("%s does not say that %s is missing: %v", tool, c.lacks, said)
		}
	}
	w.account(t, "ada")
	a.done("run_tool", args{"tool": "acme-crm-key-list-contacts"})
}

// An account that is connected while an agent's user is at the page ends the wait.
func TestAgentWaits(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	a := g.agent(t, "/mcp/p/"+w.project, func(url string) string {
		_, rest, _ := strings.Cut(url, "token=")
		ctok, _, _ := strings.Cut(rest, "&")
		go w.connectKey(t, ctok) // the user is still at the page
		return "accept"
	}, w.asServer()...)
	a.done("run_tool", args{"tool": "acme-crm-key-list-contacts"})
}
