package app_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/id"
)

// filler makes what a path names, once it is needed.
type filler struct {
	t    *testing.T
	w    *workspace
	user string
	own  bool // whether an app is the workspace's own

	tools  bool // whether it is an MCP server's
	change bool // whose tools are not what they were

	component string // which the operation is about
	known     map[string]string
}

// fill fills a path in, with all that the answer is to show.
func (f *filler) fill(path string, shows []string) string {
	for _, s := range shows {
		f.text(s)
	}
	return f.text(path)
}

func (f *filler) text(s string) string {
	for _, name := range []string{
		"project_id", "account_id", "external_user_id", "app_source", "version", "app_id", "trigger_id", "webhook_id", "endpoint_id", "delivery_id", "event_id", "workflow_id", "run_id",
		"client_id", "client", "key", "ctok", "project_webhook", "category_id", "import_id", "oauth_app_id", "app_override_id", "proxy_request_id", "connect_session_id", "notification_route_id", "nonce", "kind", "connect_host", "replay_id", "address_id", "letter_id", "component_id", "component_source", "component_name", "package_name", "data_store_id", "record_key", "action_run_id", "stash_file_id", "s3_key", "orphan_id", "variable_name", "workflow_version", "trigger_name", "alias", "run_replay_id", "instance_id", "look_id", "api_key_id", "member_id", "invitation_id", "erasure_id", "authorization_request", "authorization_id", "user_rename_id", "profile_name", "audit_webhook", "paused_audit_webhook", "mcp_server", "mcp_url", "mcp_digest",
	} {
		if hole := "{" + name + "}"; strings.Contains(s, hole) {
			s = strings.ReplaceAll(s, hole, f.get(name))
		}
	}
	return s
}

// missing replaces what was made in a path by ids that nothing has.
func (f *filler) missing(path string) string {
	for name, v := range f.known {
		prefix, _, ok := strings.Cut(v, "_")
		if name != "project_id" && ok && name != "app_id" {
			path = strings.ReplaceAll(path, v, prefix+"_"+strings.Repeat("0", 26))
		}
		if name == "external_user_id" {
			path = strings.ReplaceAll(path, "/"+v, "/nobody")
		}
	}
	return path
}

func (f *filler) get(name string) string {
	if v, ok := f.known[name]; ok {
		return v
	}
	v := f.make(name)
	f.known[name] = v
	return v
}

func (f *filler) make(name string) string {
	t, w := f.t, f.w
	switch name {
	case "account_id":
		return w.account(t, f.user)
	case "external_user_id":
		f.get("account_id")
		return f.user
	case "app_source":
		b, _ := json.Marshal(ownApp(f.get("app_id"), "one"))
		return strings.Trim(string(b), `"`)
	case "version":
		f.get("app_id")
		return "1"
	case "app_id":
		if f.tools {
			return f.get("mcp_server")
		}
		if f.own {
			return w.ownAppFor(t)
		}
		f.get("account_id")
		return "acme_crm_key"
	case "component_source":
		b, _ := json.Marshal(ownOperation("0.1.0"))
		return strings.Trim(string(b), `"`)
	case "mcp_server":
		s := newToolServer(t)
		f.known["mcp_url"] = s.URL
		app := id.New("tools")
		w.call(t, http.MethodPut, "/v1/mcp_servers/"+app, `{"url":"`+s.URL+`","auth":"none"}`).is(t, http.StatusOK)
		if f.change {
			s.set(func() { s.tools[0].Description = "Adds a note, and tells of it." })
			f.known["mcp_digest"] = w.call(t, http.MethodPost, "/v1/mcp_servers/"+app+"/look", "{}").text(t, "digest")
		}
		return app
	case "package_name":
		name := id.New("pkg")
		w.call(t, http.MethodPost, "/v1/component_packages", packageOf(name, ""), "Content-Type", "application/octet-stream").is(t, http.StatusOK)
		return name
	case "component_name":
		name := id.New("add")
		w.operation(t, name, ownOperation("0.1.0")).is(t, http.StatusOK)
		return name
	case "component_id":
		return f.component
	case "address_id":
		return w.call(t, http.MethodPost, "/v1/connect/{p}/app_addresses", `{"app":"slack","secrets":["s"]}`).is(t, http.StatusCreated).text(t, "data", "id")
	case "letter_id":
		made := w.call(t, http.MethodPost, "/v1/connect/{p}/app_addresses", `{"app":"slack","secrets":["s"]}`).is(t, http.StatusCreated)
		stamp, body := strconv.FormatInt(time.Now().Unix(), 10), `{"team_id":"T9"}`
		mac := hmac.New(sha256.New, []byte("s"))
		mac.Write([]byte("v0:" + stamp + ":" + body))
		w.g.do(t, http.MethodPost, made.text(t, "data", "url"), body, "X-Slack-Request-Timestamp", stamp, "X-Slack-Signature", "v0="+hex.EncodeToString(mac.Sum(nil))).is(t, http.StatusOK)
		return w.call(t, http.MethodGet, "/v1/connect/{p}/inbound_letters", "").is(t, http.StatusOK).text(t, "data", 0, "id")
	case "trigger_id", "webhook_id":
		id, endpoint, _ := w.trigger(t, f.user, "http://127.0.0.1:9/hook")
		f.known["trigger_id"] = id
		r := w.call(t, http.MethodGet, "/v1/connect/{p}/deployed-triggers/"+id+"/webhooks?external_user_id="+f.user, "").is(t, http.StatusOK)
		f.known["webhook_id"], f.known["endpoint"] = r.text(t, "webhooks", 0, "id"), endpoint
	case "look_id":
		f.get("trigger_id")
		scope, err := w.g.Projects.Scope(t.Context(), w.id, w.project, w.environment)
		if err != nil {
			t.Fatal(err)
		}
		return w.g.NoteLook(t, scope, f.get("trigger_id"), f.user)
	case "orphan_id":
		id := w.hook(t, f.user, w.account(t, f.user), "").is(t, http.StatusOK).text(t, "data", "id")
		w.g.query(t, fmt.Sprintf("DELETE FROM triggers WHERE id = '%[1]s'; UPDATE trigger_orphans SET due_at = NULL WHERE trigger_id = '%[1]s'", id)) // no sweep comes first
		return strings.Replace(id, "dc_", "orp_", 1)
	case "endpoint_id":
		return w.call(t, http.MethodPost, "/v1/projects/{p}/endpoints", `{"url":"http://127.0.0.1:9/e","headers":{"x-api-key":"hush"}}`).is(t, http.StatusCreated).text(t, "id")
	case "delivery_id":
		f.get("trigger_id")
		w.g.do(t, http.MethodPost, f.known["endpoint"], `{"order":1}`).is(t, http.StatusOK)
		return w.call(t, http.MethodGet, "/v1/projects/{p}/deliveries", "").is(t, http.StatusOK).text(t, "data", 0, "id")
	case "replay_id":
		return w.call(t, http.MethodPost, "/v1/projects/{p}/replays", `{"filter":{}}`).is(t, http.StatusAccepted).text(t, "id")
	case "run_replay_id":
		return w.call(t, http.MethodPost, "/v1/projects/{p}/run_replays", `{"filter":{}}`).is(t, http.StatusAccepted).text(t, "id")
	case "event_id":
		f.get("delivery_id")
		return w.call(t, http.MethodGet, "/v1/projects/{p}/events", "").is(t, http.StatusOK).text(t, "data", 0, "id")
	case "workflow_id":
		id, _ := w.workflow(t, "name: W\ntriggers: [{type: http, auth: bearer, environment: development}, {name: hourly, type: schedule, every: 1h, environment: development}]\nsettings: {instances: {self_service: true}}\nsteps: [{name: go, type: http_request, url: 'http://127.0.0.1:9/'}]")
		return id
	case "alias":
		alias := id.New("crm")
		w.call(t, http.MethodPut, "/v1/projects/{p}/account_aliases/"+alias, `{"account_id":"`+f.get("account_id")+`"}`).is(t, http.StatusOK)
		return alias
	case "profile_name":
		name := "p" + strings.TrimPrefix(id.New("p"), "p_")
		w.call(t, http.MethodPost, "/v1/connect/{p}/mcp/profiles", `{"name":"`+name+`","tools":[{"component_id":"slack-send-message"}]}`).is(t, http.StatusCreated)
		return name
	case "instance_id":
		return w.call(t, http.MethodPut, "/v1/connect/{p}/users/"+f.get("external_user_id")+"/instances/"+f.get("workflow_id"), `{"config":{"n":1}}`).is(t, http.StatusOK).text(t, "id")
	case "member_id":
		personID, memberID := id.New("u"), id.New("mem")
		w.g.query(t, "INSERT INTO people (id, email, name, created_at) VALUES ($1, $1 || '@example.com', 'Filled', now())", personID)
		w.g.query(t, "INSERT INTO members (id, workspace_id, person_id, role, created_at) VALUES ($1, $2, $3, 'owner', now())", id.New("mem"), w.id, personID) // there has to be one
		other := id.New("u")
		w.g.query(t, "INSERT INTO people (id, email, name, created_at) VALUES ($1, $1 || '@example.com', 'Filled', now())", other)
		w.g.query(t, "INSERT INTO members (id, workspace_id, person_id, role, created_at) VALUES ($1, $2, $3, 'viewer', now())", memberID, w.id, other)
		return memberID
	case "user_rename_id":
		w.account(t, "user-before")
		return w.call(t, http.MethodPost, "/v1/projects/{p}/users/user-before/rename", `{"external_user_id":"user-after"}`).is(t, http.StatusAccepted).text(t, "id")
	case "audit_webhook":
		return w.call(t, http.MethodPut, "/v1/audit_log/webhook", `{"url":"http://127.0.0.1:9/audit"}`).is(t, http.StatusOK).text(t, "data", "id")
	case "paused_audit_webhook":
		f.get("audit_webhook")
		return w.call(t, http.MethodPost, "/v1/audit_log/webhook/pause", "").is(t, http.StatusOK).text(t, "data", "id")
	case "invitation_id":
		return w.call(t, http.MethodPost, "/v1/invitations", `{"email":"`+id.New("i")+`@example.com","role":"viewer"}`).is(t, http.StatusCreated).text(t, "id")
	case "erasure_id":
		w.call(t, http.MethodPost, "/v1/connect/{p}/tokens", `{"external_user_id":"erased"}`).is(t, http.StatusOK)
		return w.call(t, http.MethodDelete, "/v1/connect/{p}/users/erased", "").is(t, http.StatusNoContent).Header.Get("Patchbay-Erasure")
	case "trigger_name":
		f.get("workflow_id")
		return "hourly"
	case "workflow_version":
		w.call(t, http.MethodPost, "/v1/projects/{p}/workflows/"+f.get("workflow_id")+"/deploy", `{"message":"Because."}`).is(t, http.StatusOK)
		return "1"
	case "variable_name":
		name := id.New("V")
		w.call(t, http.MethodPut, "/v1/variables/"+name, `{"value":"of the workspace","secret":false}`).is(t, http.StatusOK)
		w.call(t, http.MethodPut, "/v1/projects/{p}/variables/"+name+"?scope=project", `{"value":"of the project"}`).is(t, http.StatusOK)
		return name
	case "run_id":
		id := f.get("workflow_id")
		r := w.call(t, http.MethodPost, "/v1/projects/{p}/workflows/"+id+"/regenerate_bearer_token", "").is(t, http.StatusOK)
		run := w.g.do(t, http.MethodPost, r.text(t, "endpoint", "url"), `{"a":1}`, "Authorization", "Bearer "+r.text(t, "endpoint", "bearer_token")).is(t, http.StatusOK)
		return run.text(t, "run_id")
	case "proxy_request_id":
		w.call(t, http.MethodGet, through("/api/me?a=1", f.get("account_id"), f.user), "").is(t, http.StatusOK)
		return w.logged(t, "").text(t, "data", 0, "id")
	case "action_run_id":
		return w.call(t, http.MethodPost, runPath, contact(f.user, f.get("account_id"), "Filled"), "Idempotency-Key", "filled").is(t, http.StatusOK).text(t, "run_id")
	case "stash_file_id", "s3_key":
		made := w.call(t, http.MethodPost, "/v1/connect/{p}/file_stash/upload?path=a.txt&external_user_id="+f.user, "hello", "Content-Type", "application/octet-stream").is(t, http.StatusCreated)
		f.known["stash_file_id"], f.known["s3_key"] = made.text(t, "id"), made.text(t, "s3Key")
	case "data_store_id":
		return w.call(t, http.MethodPost, "/v1/projects/{p}/data_stores", `{"subject":"filled"}`).is(t, http.StatusCreated).text(t, "id")
	case "record_key":
		w.call(t, http.MethodPut, "/v1/projects/{p}/data_stores/"+f.get("data_store_id")+"/records/a%2Fb", `{"value":41}`).is(t, http.StatusOK)
		return "a%2Fb"
	case "authorization_request":
		w.call(t, http.MethodPut, "/v1/connect/{p}/mcp", `{"sign_in_url":"http://shop.test/sign-in?from=mcp"}`).is(t, http.StatusOK)
		return w.visitor(t, newProgram(t, nil), nil).request
	case "authorization_id":
		w.call(t, http.MethodPut, "/v1/connect/{p}/mcp", `{"sign_in_url":"http://shop.test/sign-in?from=mcp"}`).is(t, http.StatusOK)
		w.code(t, newProgram(t, nil), user, nil)
		return w.call(t, http.MethodGet, "/v1/connect/{p}/mcp/authorizations", "").is(t, http.StatusOK).text(t, "data", 0, "id")
	case "nonce":
		w.verifying(t)
		return w.g.browser(t).asked(t, w.link(t, f.get("ctok")))
	case "connect_session_id":
		w.g.do(t, http.MethodGet, w.g.tls+"/_static/connect.html?app=acme_crm&token="+f.get("ctok"), "").is(t, http.StatusOK)
		return w.call(t, http.MethodGet, "/v1/projects/{p}/connect_sessions", "").is(t, http.StatusOK).text(t, "data", 0, "id")
	case "import_id":
		r := w.call(t, http.MethodPost, "/v1/projects/{p}/imports?format=jsonl&dry_run=true", "no row", "Content-Type", "application/octet-stream")
		return r.is(t, http.StatusAccepted).text(t, "id")
	case "category_id":
		return "appcat_demo"
	case "oauth_app_id":
		id := w.call(t, http.MethodPost, "/v1/connect/{p}/oauth_apps", `{"app":"acme_crm","client_id":"id","client_secret":"s"}`).is(t, http.StatusCreated).text(t, "id")
		w.call(t, http.MethodPut, "/v1/connect/{p}/oauth_apps/"+id, `{"client_secret":"a newer one"}`).is(t, http.StatusOK)
		return id
	case "app_override_id":
		return w.call(t, http.MethodPost, "/v1/connect/{p}/app_overrides", `{"app":"zendesk","name":"Theirs","cfmap":{"subdomain":"acme"}}`).is(t, http.StatusCreated).text(t, "id")
	case "client_id":
		id := w.call(t, http.MethodPost, "/v1/clients", `{"name":"CI","scopes":["clients:write"]}`).is(t, http.StatusCreated).text(t, "id")
		w.call(t, http.MethodPost, "/v1/clients/"+id+"/rotate_secret", `{"overlap_hours":1}`).is(t, http.StatusOK)
		return id
	case "api_key_id":
		return w.call(t, http.MethodPost, "/v1/api_keys", `{"name":"CI","scopes":["clients:write"]}`).is(t, http.StatusCreated).text(t, "id")
	case "project_webhook":
		return w.call(t, http.MethodPut, "/v1/connect/{p}/webhook", `{"url":"http://127.0.0.1:9/p"}`).is(t, http.StatusOK).text(t, "data", "id")
	case "kind":
		w.call(t, http.MethodPut, "/v1/projects/{p}/brand/files/logo", `<svg xmlns="http://www.w3.org/2000/svg"/>`, "Content-Type", "application/octet-stream").is(t, http.StatusOK)
		return "logo"
	case "connect_host":
		return w.call(t, http.MethodPut, "/v1/projects/{p}/connect_domain", `{"host":"ops.acme.example"}`).is(t, http.StatusOK).text(t, "data", "host")
	case "notification_route_id":
		return w.call(t, http.MethodPost, "/v1/projects/{p}/notification_routes", notificationRoute).is(t, http.StatusCreated).text(t, "id")
	case "client":
		return w.client
	case "key":
		return w.key
	case "ctok":
		return w.connectToken(t, f.user, "")
	default:
		t.Fatalf("nothing is known of %s", name)
	}
	return f.known[name]
}
