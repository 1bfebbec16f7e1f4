package app_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// asking connects a client that asks its user what it is told to.
func (g *rig) asking(t *testing.T, path string, says func(p *mcp.ElicitParams) *mcp.ElicitResult, header ...string) *agent {
	t.Helper()
	o := &mcp.ClientOptions{Capabilities: &mcp.ClientCapabilities{Elicitation: &mcp.ElicitationCapabilities{Form: &mcp.FormElicitationCapabilities{}}}}
	o.ElicitationHandler = func(_ context.Context, r *mcp.ElicitRequest) (*mcp.ElicitResult, error) { return says(r.Params), nil }
	return g.connect(t, path, o, header)
}

func (w *workspace) approves(t *testing.T, policy string) {
	t.Helper()
	w.call(t, http.MethodPut, "/v1/connect/{p}/mcp", `{"sign_in_url":null,"approval":"`+policy+`"}`).is(t, http.StatusOK)
}

// A user is asked before a tool does what the policy names, sees with what, and nothing
// is done unless they say yes. The log says that they did.
func TestAgentApproval(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	w.account(t, "ada")
	w.approves(t, "writes")
	asked, answer := "", &mcp.ElicitResult{Action: "accept", Content: map[string]any{"run_it": true}}
	a := g.asking(t, "/mcp/p/"+w.project, func(p *mcp.ElicitParams) *mcp.ElicitResult {
		asked = p.Message
		return answer
	}, w.asServer()...)
	create := func(name string) args { return args{"tool": createContact, "arguments": args{"name": name}} }
	contacts := func() string {
		t.Helper()
		r, err := a.CallTool(t.Context(), &mcp.CallToolParams{Name: "run_tool", Arguments: args{"tool": listContacts}})
		if err != nil || r.IsError {
			t.Fatal(r, err)
		}
		return r.Content[0].(*mcp.TextContent).Text
	}
	a.done("run_tool", args{"tool": listContacts}) // what only reads is not asked for
	if asked != "" {
		t.Fatal(asked)
	}
	a.done("run_tool", create("Grace"))
	if !strings.Contains(asked, "Create") || !strings.Contains(asked, `"name": "Grace"`) || !strings.Contains(contacts(), "Grace") {
		t.Error(asked, contacts())
	}
	for code, said := range map[string]*mcp.ElicitResult{
		"approval_declined": {Action: "decline"}, "approval_canceled": {Action: "cancel"},
	} {
		answer = said
		a.refusedWith(code, "run_tool", create("Nobody"))
	}
	answer = &mcp.ElicitResult{Action: "accept", Content: map[string]any{"run_it": false}}
	a.refusedWith("approval_declined", "run_tool", create("Nobody"))
	old := g.agent(t, "/mcp/p/"+w.project, nil, w.asServer()...)
	old.refusedWith("approval_required", "run_tool", create("Nobody"))
	if strings.Contains(contacts(), "Nobody") {
		t.Error("what nobody approved was done")
	}
	r := w.acted(t, "component_id="+createContact)
	if r.at(t, "page_info", "total_count") != 1.0 || !strings.HasPrefix(r.text(t, "data", 0, "approval_id"), "tap_") || len(r.text(t, "data", 0, "arguments_hash")) != 64 {
		t.Error(r.Body)
	}
	told := w.call(t, http.MethodGet, "/v1/audit_log?action=tool_call.approved", "").is(t, http.StatusOK)
	if told.text(t, "data", 0, "subject") != r.text(t, "data", 0, "approval_id") || !strings.Contains(told.Body, r.text(t, "data", 0, "arguments_hash")) {
		t.Error(told.Body)
	}
	w.approves(t, "none")
	old.done("run_tool", create("Ida"))
}

// An approval that comes back with other arguments, twice, or of nowhere does nothing.
func TestAgentApprovalIsBound(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	w.account(t, "ada")
	w.approves(t, "writes")
	call := func(name, rest string) string {
		t.Helper()
		meta := strings.Replace(meta, `"io.modelcontextprotocol/clientCapabilities":{}`, `"io.modelcontextprotocol/clientCapabilities":{"elicitation":{"form":{}}}`, 1)
		body := raw("tools/call", `{"name":"run_tool","arguments":{"tool":"`+createContact+`","arguments":{"name":"`+name+`"}}`+rest+`,`+meta+`}`)
		return g.do(t, http.MethodPost, "/mcp/p/"+w.project, body, append(w.asServer(), "Accept", "application/json, text/event-stream", "MCP-Protocol-Version", "2026-07-28", "Mcp-Method", "tools/call", "Mcp-Name", "run_tool")...).Body
	}
	first := call("Grace", "")
	_, state, _ := strings.Cut(first, `"requestState":"`)
	state, _, _ = strings.Cut(state, `"`)
	if !strings.Contains(first, `"input_required"`) || !strings.HasPrefix(state, "tap_") {
		t.Fatal(first)
	}
	yes := func(state string) string {
		return `,"requestState":"` + state + `","inputResponses":{"approve":{"action":"accept","content":{"run_it":true}}}`
	}
	for name, body := range map[string]string{"another argument": call("Eve", yes(state)), "an approval of nowhere": call("Grace", yes("tap_none")), "no approval": call("Grace", yes(""))} {
		if !strings.Contains(body, "approval_invalid") {
			t.Errorf("%s: %s", name, body)
		}
	}
	if body := call("Grace", yes(state)); !strings.Contains(body, `"isError":false`) && strings.Contains(body, `"isError":true`) || !strings.Contains(body, "Grace") {
		t.Error(body)
	}
	// Who comes again is told what came of it, and nothing is done again.
	if body := call("Grace", yes(state)); strings.Contains(body, `"isError":true`) || !strings.Contains(body, "Grace") {
		t.Errorf("twice: %s", body)
	}
	if body := call("Eve", yes(state)); !strings.Contains(body, "approval_invalid") {
		t.Errorf("another argument, when it was used: %s", body)
	}
	if r := w.acted(t, "via=mcp&component_id="+createContact); r.at(t, "page_info", "total_count") != 1.0 {
		t.Error(r.Body)
	}
}

// A server that dies between an approval's use and the tool's answer leaves an approval
// that is used: once, and never twice. Who comes again is told what is known of it.
func TestChaosApprovalKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes and waits for leases")
	}
	t.Parallel()
	g := newRig(t)
	w := g.home
	w.account(t, "ada")
	w.approves(t, "writes")
	held := g.hold("/api/contacts", `{"id":"c_1","name":"Ida"}`, 1)
	call := func(at, name, state string) (string, error) {
		meta := strings.Replace(meta, `"io.modelcontextprotocol/clientCapabilities":{}`, `"io.modelcontextprotocol/clientCapabilities":{"elicitation":{"form":{}}}`, 1)
		rest := ""
		if state != "" {
			rest = `,"requestState":"` + state + `","inputResponses":{"approve":{"action":"accept","content":{"run_it":true}}}`
		}
		body := raw("tools/call", `{"name":"run_tool","arguments":{"tool":"`+createContact+`","arguments":{"name":"`+name+`"}}`+rest+`,`+meta+`}`)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, at+"/mcp/p/"+w.project, strings.NewReader(body))
		if err != nil {
			return "", err
		}
		header := append(w.asServer(), "Content-Type", "application/json", "Accept", "application/json, text/event-stream", "MCP-Protocol-Version", "2026-07-28", "Mcp-Method", "tools/call", "Mcp-Name", "run_tool")
		for i := 0; i < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		res, err := (&http.Client{Timeout: long}).Do(req)
		if err != nil {
			return "", err
		}
		defer func() { _ = res.Body.Close() }()
		said, err := io.ReadAll(res.Body)
		return string(said), err
	}
	done := func(at, name, state string) string {
		t.Helper()
		said, err := call(at, name, state)
		if err != nil {
			t.Fatal(err)
		}
		return said
	}
	asks := func(name string) string {
		t.Helper()
		_, state, _ := strings.Cut(done(g.api, name, ""), `"requestState":"`)
		state, _, _ = strings.Cut(state, `"`)
		return state
	}

	// It dies while the app is at work: what the app did is not known, and it is not asked again.
	state := asks("Grace")
	server, address := g.serve(t)
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		if said, err := call("http://"+address, "Grace", state); err == nil {
			t.Errorf("a server that was killed has answered %s", said)
		}
	}()
	held.next(t)
	if said := done(g.api, "Eve", state); !strings.Contains(said, "approval_invalid") {
		t.Error(said)
	}
	server.kill(t)
	<-answered
	g.query(t, "UPDATE action_runs SET lease_until = now() - interval '1 second' WHERE approval_id = $1", state) // half a minute later
	g.start(t, "work")
	said := ""
	soon(t, "what is known", func() bool {
		said = done(g.api, "Grace", state)
		return !strings.Contains(said, "run_under_way")
	})
	if !strings.Contains(said, `"isError":true`) || !strings.Contains(said, "Whether the app did what it was asked is not known") {
		t.Error(said)
	}
	if r := w.acted(t, "component_id="+createContact); r.text(t, "data", 0, "status") != "unknown" || r.text(t, "data", 0, "approval_id") != state {
		t.Error(r.Body)
	}
	if n := held.n.Load(); n != 1 {
		t.Errorf("the app was asked %d times", n)
	}

	// It dies before the app is asked: who comes again has it done, once.
	state = asks("Ida")
	g.query(t, "UPDATE tool_approvals SET status = 'approved', decided_at = now() WHERE id = $1", state)
	for range 3 {
		if said := done(g.api, "Ida", state); strings.Contains(said, `"isError":true`) || !strings.Contains(said, "Ida") {
			t.Error(said)
		}
	}
	if n := held.n.Load(); n != 2 {
		t.Errorf("the app was asked %d times", n)
	}
}

// Runs are found by who asked for them, which a user's browser is not told.
func TestActionRunCallers(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	id := w.account(t, "ada")
	w.call(t, http.MethodPost, runPath, contact("ada", id, "Grace")).is(t, http.StatusOK)
	w.call(t, http.MethodPost, runPath, contact("ada", id, "Grace")).is(t, http.StatusOK)
	soon(t, "the log of runs", func() bool {
		return w.call(t, http.MethodGet, "/v1/connect/{p}/action_runs", "").is(t, http.StatusOK).at(t, "page_info", "total_count") == 2.0
	})
	all := w.call(t, http.MethodGet, "/v1/connect/{p}/action_runs", "").is(t, http.StatusOK)
	if all.text(t, "data", 0, "arguments_hash") != all.text(t, "data", 1, "arguments_hash") {
		t.Error("the same arguments are told apart", all.Body)
	}
	by := all.text(t, "data", 0, "caller", "id")
	for query, n := range map[string]float64{
		"caller_id=" + by: 2, "caller_id=cli_none": 0, "caller_kind=client": 2, "caller_kind=workflow": 0, "via=api": 2, "via=mcp": 0, "caller_id=" + by + "&via=api": 2,
	} {
		if r := w.call(t, http.MethodGet, "/v1/connect/{p}/action_runs?"+query, "").is(t, http.StatusOK); r.at(t, "page_info", "total_count") != n {
			t.Errorf("%s: %s", query, r.Body)
		}
	}
	ctok := w.connectToken(t, "ada", "")
	g.do(t, http.MethodGet, "/v1/connect/-/action_runs?caller_id="+by, "", "Authorization", "Bearer "+ctok).refused(t, http.StatusForbidden, "caller_hidden")
	if r := g.do(t, http.MethodGet, "/v1/connect/-/action_runs", "", "Authorization", "Bearer "+ctok).is(t, http.StatusOK); r.at(t, "data", 0, "caller") != nil {
		t.Error(r.Body)
	}
}
