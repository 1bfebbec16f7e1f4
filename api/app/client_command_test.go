package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/api/app"
	"github.com/patchbay-dev/patchbay/api/command"
	"github.com/patchbay-dev/patchbay/internal/access"
	"github.com/patchbay-dev/patchbay/internal/demo"
)

// shell is somebody at a terminal, with a folder for settings of their own.
type shell struct {
	t        *testing.T
	profiles string
	env      app.Config
	in       string
}

func newShell(t *testing.T) *shell {
	t.Helper()
	return &shell{t: t, profiles: filepath.Join(t.TempDir(), "patchbay", "config.json")}
}

// begin types a command and returns at once.
func (s *shell) begin(ctx context.Context, args ...string) (out, notices *talk, code func() int) {
	s.t.Helper()
	out, notices = &talk{}, &talk{}
	c := s.env
	p := command.Program{
		In: strings.NewReader(s.in), Out: out, Err: notices, Now: time.Now, Profiles: s.profiles,
		Load: func() (app.Config, error) { return c, nil },
	}
	done := make(chan int, 1)
	go func() { done <- p.Run(ctx, args) }()
	return out, notices, func() int { return <-done }
}

// types carries out a command that has to end with code and to say something.
func (s *shell) types(code int, says string, args ...string) string {
	s.t.Helper()
	out, notices, ended := s.begin(s.t.Context(), args...)
	if got := ended(); got != code || !strings.Contains(out.String()+notices.String(), says) {
		s.t.Fatalf("patchbay %s: %d, want %d with %q\n%s%s", strings.Join(args, " "), got, code, says, out, notices)
	}
	return out.String()
}

// json is types for a command whose output is a document.
func (s *shell) json(args ...string) (v map[string]any) {
	s.t.Helper()
	out := s.types(0, "", append(args, "--json")...)
	if err := json.Unmarshal([]byte(out), &v); err != nil {
		s.t.Fatalf("patchbay %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return v
}

// login logs a shell in as the workspace's client.
func (w *workspace) login(t *testing.T) *shell {
	t.Helper()
	s := newShell(t)
	s.in = w.key + "\n"
	s.types(0, "Logged in to "+w.g.api, "login", "--url", w.g.api+"/", "--client-id", w.client)
	s.in = ""
	return s
}

// A developer logs in, connects an account, runs an action, deploys a trigger, sees
// what it emitted, follows a run, runs it again, and tidies up: all from a terminal.
func TestClientStory(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	g.work()
	w := g.home
	s := w.login(t)
	if info, err := os.Stat(s.profiles); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatal(info, err)
	}
	s.types(0, w.project, "whoami")
	s.types(0, w.project, "projects", "list")
	if p := s.json("projects", "get", w.project); p["id"] != w.project {
		t.Error(p)
	}
	s.types(0, "production", "use", "--environment", "production")
	s.types(0, "production", "whoami")
	s.types(0, "development", "use", "--environment", "development", "--project", w.project)
	s.types(0, "acme_crm_key", "apps", "list", "--search", "acme")
	s.types(0, "acme_crm_key", "apps", "get", "acme_crm_key")

	// The page of the link makes the account, with the token that is in it.
	out, notices, ended := s.begin(t.Context(), "connect", "--user", "ada", "--app", "acme_crm_key")
	link := regexp.MustCompile(`(?m)^http.*$`)
	soon(t, "the link", func() bool { return strings.Contains(notices.String(), "Waiting for the account") })
	u, err := url.Parse(link.FindString(notices.String()))
	if err != nil || u.Query().Get("app") != "acme_crm_key" {
		t.Fatal(notices.String(), err)
	}
	account := w.connectKey(t, u.Query().Get("token")).is(t, http.StatusOK).text(t, "id")
	if code := ended(); code != 0 || !strings.Contains(out.String(), account) {
		t.Fatal(code, out.String(), notices.String())
	}
	s.types(0, account, "accounts", "list", "--user", "ada")
	s.types(0, "There are none.", "accounts", "list", "--user", "bob")
	if said := s.types(0, account, "accounts", "get", account, "--json"); strings.Contains(said, demo.DemoKey) {
		t.Error("credentials are shown to who did not ask for them")
	}
	s.types(2, "--yes", "accounts", "get", account, "--credentials")
	s.types(0, demo.DemoKey, "accounts", "get", account, "--credentials", "--yes")

	props := filepath.Join(t.TempDir(), "props.json")
	if err := os.WriteFile(props, []byte(`{"name":"Grace"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	s.types(0, "acme-crm-key-create-contact", "actions", "list", "--app", "acme_crm_key")
	run := s.json("actions", "run", "acme-crm-key-create-contact", "--user", "ada", "--account", account, "--props", "@"+props)
	if ret, _ := run["ret"].(map[string]any); ret["name"] != "Grace" {
		t.Error(run)
	}
	soon(t, "the run in the log", func() bool { return strings.Contains(s.types(0, "", "actions", "runs", "--user", "ada"), "succeeded") })
	s.types(0, `"email"`, "proxy", "get", "/api/me", "--account", account, "--user", "ada")
	s.types(1, "404", "proxy", "GET", "/api/nothing", "--account", account, "--user", "ada")

	deployed := s.json("triggers", "deploy", "http-new-requests", "--user", "ada")["data"].(map[string]any)
	trigger := deployed["id"].(string)
	g.do(t, http.MethodPost, deployed["endpoint_url"].(string), `{"order":7}`).is(t, http.StatusOK)
	s.types(0, trigger, "triggers", "list")
	soon(t, "the event", func() bool {
		out, _, ended := s.begin(t.Context(), "triggers", "events", trigger, "--user", "ada", "--json")
		return ended() == 0 && strings.Contains(out.String(), `"order": 7`)
	})
	s.types(0, "Orders", "triggers", "update", trigger, "--user", "ada", "--name", "Orders")
	s.types(0, "CONNECTION_SUCCESS", "events", "list")
	s.types(0, "CREDITS", "usage")

	workflow, _ := w.workflow(t, "name: Hello\ntriggers: [{type: http}]\nsteps: [{name: go, type: filter, if: '{{ trigger.body.n == 1 }}'}]")
	s.types(0, workflow, "workflows", "list")
	following, stop := context.WithCancel(t.Context())
	told, heard, over := s.begin(following, "runs", "tail", "--jsonl")
	// A stream begins when it is there, which nothing tells: runs are started until one is seen.
	id := ""
	soon(t, "a run that is told of", func() bool {
		id = s.json("workflows", "invoke", workflow, "--body", `{"n":1}`)["id"].(string)
		return strings.Contains(told.String(), `"id":"`)
	})
	stop()
	if code := over(); code != 0 {
		t.Error(code, heard.String())
	}
	s.types(0, "steps[0]", "runs", "get", id)
	s.types(0, "succeeded", "runs", "tail", id)
	again := s.json("runs", "replay", id)
	if again["replay_of"] != id {
		t.Error(again)
	}
	s.types(0, again["id"].(string), "runs", "list", "--workflow", workflow, "--all")
	if lines := strings.Count(s.types(0, "", "runs", "list", "--jsonl", "--limit", "1"), "\n"); lines != 1 {
		t.Errorf("%d lines", lines)
	}

	s.types(2, "give --yes", "triggers", "delete", trigger, "--user", "ada")
	s.types(0, "is gone", "triggers", "delete", trigger, "--user", "ada", "--yes")
	s.types(0, "is gone", "accounts", "delete", account, "--yes")
	s.types(0, "There are none.", "accounts", "list")
	s.types(0, "is forgotten", "logout")
	s.types(1, "patchbay login", "projects", "list")
}

// What stops somebody says why, how the server's log knows it, and what to do.
func TestClientIsToldWhy(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w, stranger := g.home, g.stranger()
	s := newShell(t)
	s.in = "wrong\n"
	s.types(1, "nothing was kept", "login", "--url", g.api, "--client-id", w.client)
	if _, err := os.Stat(s.profiles); err == nil {
		t.Error("a client that is not known was kept")
	}
	s.in = ""
	s.types(2, "secret is needed", "login", "--url", g.api, "--client-id", w.client)
	s.types(2, "As which API client?", "login", "--url", g.api)
	s.types(2, "no address of a server", "login", "--url", "example.com", "--client-id", "x")
	s.types(1, "PATCHBAY_CLIENT_ID", "accounts", "list", "--project", w.project)

	s = w.login(t)
	s.types(1, "no such project", "accounts", "list", "--project", stranger.project)
	s.types(1, "no such project", "use", "--project", stranger.project)
	s.types(1, "(project_not_found, request ", "runs", "tail", "--project", stranger.project)
	s.types(1, "There is no", "accounts", "get", "apn_nobody")
	s.types(2, "no JSON object", "actions", "run", "x", "--user", "ada", "--props", "[1]")
	s.types(2, "no JSON object", "actions", "run", "x", "--user", "ada", "--props", "{")
	s.types(1, "no such file", "actions", "run", "x", "--user", "ada", "--props", "@/none/such")
	s.types(2, "--limit is 0", "accounts", "list", "--limit", "0")
	s.types(2, "is no method", "proxy", "FETCH", "/x", "--account", "a", "--user", "u")
	s.types(1, "there is no profile", "whoami", "--profile", "elsewhere")

	// Another profile, whose client may do less. What it lacks is named.
	name, scopes := "less", []string{"connect:accounts:read"}
	less, raw, err := g.Access.Create(t.Context(), w.id, access.OAuth, access.Wish{Name: &name, Scopes: &scopes})
	if err != nil {
		t.Fatal(err)
	}
	s.in = raw.Reveal()
	s.types(0, "profile less", "login", "--profile", "less", "--url", g.api, "--client-id", less.ID)
	s.in = ""
	s.types(1, "It is the scope runs:read.", "runs", "list", "--project", w.project)
	s.types(0, "There are none.", "accounts", "list", "--project", w.project)
	s.types(0, "*", "use", "--profile", "default")
	if me := s.json("whoami"); me["client_id"] != w.client || me["profile"] != "default" {
		t.Error(me)
	}

	// Variables go before what is remembered, and a profile that is named before both.
	s.env = app.Config{BaseURL: g.api, ClientID: less.ID, ClientSecret: raw.Reveal(), ProjectID: "proj_env", Environment: "production"}
	if me := s.json("whoami"); me["client_id"] != less.ID || me["profile"] != nil || me["project"] != "proj_env" || me["environment"] != "production" {
		t.Error(me)
	}
	if me := s.json("whoami", "--profile", "default"); me["client_id"] != w.client || me["project"] != w.project || me["environment"] != "development" {
		t.Error(me)
	}
	s.env.Environment = "staging"
	s.types(1, "PATCHBAY_ENVIRONMENT", "whoami")
	s.env = app.Config{Profile: "less"}
	if me := s.json("whoami"); me["client_id"] != less.ID {
		t.Error(me)
	}

	// A secret that is good no longer, and a server that is away.
	s.env = app.Config{ClientID: w.client, ClientSecret: "old", BaseURL: g.api}
	s.types(1, "Log in again: patchbay login", "projects", "list")
	s.env.BaseURL = "http://127.0.0.1:1"
	s.types(1, "does not answer", "projects", "list")
	ctx, stop := context.WithCancel(t.Context())
	s.env.ProjectID = w.project
	_, notices, ended := s.begin(ctx, "runs", "tail")
	soon(t, "it to wait", func() bool { return strings.Contains(notices.String(), "trying again") })
	stop()
	if code := ended(); code != 0 {
		t.Error(code, notices.String())
	}
}

// Who ends the waiting for an account ends it without an error; the link stays.
func TestConnectIsEnded(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	s := g.home.login(t)
	ctx, stop := context.WithCancel(t.Context())
	_, notices, ended := s.begin(ctx, "connect", "--user", "ada", "--no-open")
	soon(t, "it to wait", func() bool { return strings.Contains(notices.String(), "Waiting") })
	stop()
	if code := ended(); code != 0 || !strings.Contains(notices.String(), "No longer waiting.") {
		t.Error(code, notices.String())
	}
	s.types(1, "app", "connect", "--user", "ada", "--app", "no_such_app")
}

// What else becomes of the user's accounts meanwhile is not what the link was for.
func TestConnectWaitsForItsOwn(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	s := w.login(t)
	out, notices, ended := s.begin(t.Context(), "connect", "--user", "ada", "--no-open", "--json")
	soon(t, "the link", func() bool { return strings.Contains(notices.String(), "Waiting for the account") })
	for range 5 {
		w.account(t, "ada")
	}
	u, err := url.Parse(regexp.MustCompile(`(?m)^http.*$`).FindString(notices.String()))
	if err != nil {
		t.Fatal(err)
	}
	own := w.connectKey(t, u.Query().Get("token")).is(t, http.StatusOK).text(t, "id")
	if code := ended(); code != 0 || !strings.Contains(out.String(), `"id": "`+own+`"`) {
		t.Error(code, own, out.String(), notices.String())
	}
}

// A list of more than a page comes whole, and only as much of it as was asked for.
func TestClientPages(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	s := w.login(t)
	for i := range 5 {
		w.account(t, fmt.Sprint("user-", i))
	}
	if list := s.json("accounts", "list", "--limit", "2"); len(list["data"].([]any)) != 2 || list["page_info"].(map[string]any)["total_count"] != 5.0 {
		t.Error(list)
	}
	if list := s.json("users", "list", "--all"); len(list["data"].([]any)) != 5 {
		t.Error(list)
	}
	s.types(0, "2 of 5. --all shows the rest.", "accounts", "list", "--limit", "2")
	var b bytes.Buffer
	for line := range strings.Lines(s.types(0, "user-3", "accounts", "list", "--jsonl")) {
		if err := json.Compact(&b, []byte(line)); err != nil {
			t.Error(line, err)
		}
	}
}
