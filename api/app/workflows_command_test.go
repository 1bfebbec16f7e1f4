package app_test

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/api/app"
	"github.com/patchbay-dev/patchbay/api/command"
)

// workflows runs patchbay workflows, as the workspace's client.
func (w *workspace) workflows(t *testing.T, args ...string) (said string, code int) {
	t.Helper()
	c := w.g.config
	c.BaseURL, c.ClientID, c.ClientSecret, c.ProjectID = w.g.api, w.client, w.key, w.project
	var out bytes.Buffer
	err := w.g.typed(t.Context(), c, &out, io.Discard, append([]string{"workflows"}, args...)...)
	if err != nil {
		out.WriteString("error: " + err.Error())
	}
	return out.String(), command.ExitCode(err)
}

func put(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A developer keeps workflows in a folder: begins one, sees what would change, has it
// done, does it again without an effect, takes what runs into another folder, and
// brings that to another project, where another account has the alias.
func TestWorkflowsStory(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w, dir := g.home, t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	do := func(w *workspace, code int, says string, args ...string) {
		t.Helper()
		if said, got := w.workflows(t, args...); got != code || !strings.Contains(said, says) {
			t.Fatalf("%v: %d, want %d with %q\n%s", args, got, code, says, said)
		}
	}
	account := w.account(t, "us")
	do(w, 0, "payments-in-order", "templates")
	do(w, 0, "refund.yaml is written", "init", in("flows/refund"), "--template", "payments-in-order")
	do(w, 1, "is there already", "init", in("flows/refund.yaml"))
	do(w, 0, "hello.yaml is written", "init", in("flows/hello"))
	if src, err := os.ReadFile(in("flows/hello.yaml")); err != nil || !strings.HasPrefix(string(src), "# yaml-language-server: $schema="+g.api+"/schemas/workflow.v1.json\n") {
		t.Fatal(string(src), err)
	}
	put(t, in("flows/crm/who.yaml"), `name: Who are we
accounts: {crm: {app: acme_crm_key}}
triggers: [{type: http}]
steps:
  - {name: me, type: http_request, method: GET, url: /api/me, account: {of: project, alias: crm}}
  - {name: say, type: respond, body: {who: '{{ steps.me.body.email }}', token: '{{ env.GREETING }}'}}
`)
	put(t, in("flows/.hidden.yaml"), "no: workflow")
	put(t, in("flows/README.md"), "# ours")
	do(w, 0, "3 files", "validate", in("flows"))
	do(w, 1, "env.GREETING", "plan", in("flows"))
	do(w, 1, "no account of the alias crm", "apply", in("flows"))
	do(w, 1, `"code":"account_missing"`, "plan", in("flows"), "--json")
	w.call(t, http.MethodPut, "/v1/projects/{p}/variables/GREETING?scope=environment", `{"value":"hi","secret":false}`).is(t, http.StatusOK)
	do(w, 1, "account", "apply", in("flows"), "--account", "crm=apn_00000000000000000000000000")
	do(w, 0, "Done: 3 create", "apply", in("flows"), "--account", "crm="+account, "--message", "First")
	do(w, 0, "Nothing to do", "apply", in("flows"))
	do(w, 0, `"changes":0`, "plan", in("flows"), "--json")
	rewrite(t, in("flows/hello.yaml"), "body: {hello", "body: {bye")
	do(w, 3, "~ change    hello", "plan", in("flows"))
	do(w, 3, "+ steps.answer.body.bye", "plan", in("flows"))
	rewrite(t, in("flows/hello.yaml"), "type: respond", "type: responds")
	do(w, 1, "hello.yaml:", "validate", in("flows"))
	do(w, 1, "hello.yaml:", "apply", in("flows"))
	rewrite(t, in("flows/hello.yaml"), "type: responds", "type: respond")
	do(w, 0, "+ steps.answer.body.bye", "import", in("flows")) // a draft, which runs not yet
	do(w, 3, "change", "plan", in("flows"))
	do(w, 0, "Done: 1 change, 2 unchanged", "apply", in("flows"))

	do(w, 0, "3 workflows, 3 files written", "export", in("out"))
	do(w, 0, "3 workflows, 0 files written", "export", in("out"))
	do(w, 0, "3 workflows, 0 files written", "export", in("flows"))
	do(w, 0, "Nothing to do", "plan", in("out"))
	rewrite(t, in("out/hello.yaml"), "bye", "later")
	do(w, 1, "--force", "export", in("out"))
	do(w, 0, "1 files written", "export", in("out"), "--force")

	other := w.newProject("Another")
	other.account(t, "nobody")
	theirs := other.account(t, "them")
	other.call(t, http.MethodPut, "/v1/projects/{p}/variables/GREETING?scope=environment", `{"value":"ho","secret":false}`).is(t, http.StatusOK)
	do(other, 0, "Done: 3 create", "apply", in("out"), "--account", "crm="+theirs)
	do(other, 0, "Nothing to do", "apply", in("flows"))
	if err := os.Remove(in("out/refund.yaml")); err != nil {
		t.Fatal(err)
	}
	do(other, 3, "- delete    refund", "plan", in("out"), "--prune")
	do(other, 0, "1 delete", "apply", in("out"), "--prune")
	do(other, 0, "Nothing to do", "apply", in("out"), "--prune")

	// The account goes, and the alias with it.
	other.call(t, http.MethodDelete, "/v1/connect/{p}/accounts/"+theirs, "").is(t, http.StatusNoContent)
	do(other, 1, "no account of the alias crm", "plan", in("out"))
}

// What is called wrongly says how, and reaches no server.
func TestWorkflowsUsage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	nowhere := func(args []string) error {
		return (&rig{}).typed(t.Context(), app.Config{}, io.Discard, io.Discard, append([]string{"workflows"}, args...)...)
	}
	for _, args := range [][]string{{}, {"fly", dir}, {"export"}, {"export", "a", "b"}, {"init"}, {"templates", "x"}} {
		if err := nowhere(args); command.ExitCode(err) != 2 {
			t.Errorf("%v: %v", args, err)
		}
	}
	for says, args := range map[string][]string{
		"PATCHBAY_PROJECT_ID": {"plan"}, "--environment": {"plan", dir, "--project", "p", "--environment", "staging"}, "NAME=VALUE": {"apply", dir, "--account", "crm"},
	} {
		if err := nowhere(args); err == nil || !strings.Contains(err.Error(), says) || command.ExitCode(err) != 2 {
			t.Errorf("%v: %v", args, err)
		}
	}
	for says, args := range map[string][]string{
		"PATCHBAY_CLIENT_ID": {"plan", dir, "--project", "p"},
		"there is no .yaml":  {"validate", dir}, "no such file": {"validate", filepath.Join(dir, "none")},
		"no template none": {"init", filepath.Join(dir, "a"), "--template", "none"}, "is no name": {"init", filepath.Join(dir, "A b")},
	} {
		if err := nowhere(args); err == nil || !strings.Contains(err.Error(), says) || command.ExitCode(err) != 1 {
			t.Errorf("%v: %v", args, err)
		}
	}
}
