package app_test

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/api/app"
	"github.com/patchbay-dev/patchbay/internal/runner"
	"github.com/patchbay-dev/patchbay/internal/sandbox"
)

// withCode installs components of testdata/code, by the names of their modules.
func withCode(t *testing.T, modules ...string) func(*app.Config) {
	t.Helper()
	if _, err := runner.FindRuntime(t.Context(), "", ""); err != nil {
		t.Skipf("components that are code need Node.js: %v", err)
	}
	folder := func(bundle string) (string, error) { return filepath.Abs(filepath.Join("testdata", bundle)) }
	tier := sandbox.Detect(t.Context()).Tier
	r, err := runner.Open(t.Context(), runner.Settings{Most: 1, Idle: 1 << 40, Runs: 100, Memory: 512 << 20, Tier: tier, Folder: folder, Start: sandbox.Start, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return func(c *app.Config) {
		c.Folder = folder
		if tier == sandbox.Plain {
			c.Sandbox = string(tier)
		}
		for _, m := range modules {
			d, err := r.Describe(t.Context(), runner.Module{Bundle: "code", Path: m})
			if err != nil {
				t.Fatal(err)
			}
			c.Code = append(c.Code, d)
		}
	}
}

// noted runs the action of testdata/code/note.mjs.
func (w *workspace) noted(t *testing.T, accountID, props string) reply {
	t.Helper()
	return w.call(t, http.MethodPost, "/v1/connect/{p}/actions/run", `{"id":"acme-code-write-note","external_user_id":"ada","configured_props":`+w.coded(accountID, props)+`}`)
}

func (w *workspace) coded(accountID, props string) string {
	base, _ := json.Marshal(w.g.config.DemoURL)
	return `{"crm":{"authProvisionId":"` + accountID + `"},"base":` + string(base) + props + `}`
}

// An action that is code is found, filled in and run as one that is a file.
func TestActionOfCode(t *testing.T) {
	t.Parallel()
	g := newRig(t, withCode(t, "note.mjs"))
	w := g.home
	id := w.account(t, "ada")
	contact := w.act(t, "create-contact", "ada", id, `"name":"Grace Hopper"`).is(t, http.StatusOK).text(t, "ret", "id")

	found := w.call(t, http.MethodGet, "/v1/connect/{p}/actions/acme-code-write-note", "").is(t, http.StatusOK)
	if found.text(t, "data", "configurable_props", 0, "app") != "acme_crm_key" || found.at(t, "data", "configurable_props", 2, "remoteOptions") != true || found.at(t, "data", "annotations", "openWorldHint") != true {
		t.Error(found.Body)
	}
	asked := w.call(t, http.MethodPost, "/v1/connect/{p}/actions/configure", `{"id":"acme-code-write-note","external_user_id":"ada","prop_name":"contact_id","query":"grace","configured_props":`+w.coded(id, "")+`}`).is(t, http.StatusOK)
	if asked.text(t, "options", 0, "value") != contact || asked.text(t, "options", 0, "label") != "Grace Hopper" {
		t.Fatal(asked.Body)
	}
	shown := w.call(t, http.MethodPost, "/v1/connect/{p}/actions/props", `{"id":"acme-code-write-note","external_user_id":"ada","configured_props":`+w.coded(id, `,"text":"call back"`)+`}`).is(t, http.StatusOK)
	dynamic := shown.text(t, "dynamicProps", "id")
	if shown.text(t, "dynamicProps", "configurableProps", 5, "name") != "when" {
		t.Fatal(shown.Body)
	}
	when := w.call(t, http.MethodPost, "/v1/connect/{p}/actions/configure", `{"id":"acme-code-write-note","external_user_id":"ada","prop_name":"when","dynamic_props_id":"`+dynamic+`","configured_props":`+w.coded(id, `,"text":"call back"`)+`}`).is(t, http.StatusOK)
	if when.text(t, "stringOptions", 1) != "tomorrow" {
		t.Fatal(when.Body)
	}
	for seen := 1.0; seen <= 2; seen++ {
		r := w.noted(t, id, `,"contact_id":{"__lv":{"label":"Grace","value":"`+contact+`"}},"text":"Called back","memory":"notes"`).is(t, http.StatusOK)
		if r.text(t, "ret", "contact_id") != contact || r.text(t, "exports", "$summary") != "Wrote "+r.text(t, "ret", "id") || r.at(t, "exports", "seen") != seen {
			t.Fatal(r.Body)
		}
		if !strings.Contains(r.Body, "with the key (redacted)") || !strings.Contains(r.Body, "$.send.http GET 127.0.0.1") || !strings.Contains(r.Body, "→ 200") || strings.Contains(r.Body, `"error":{`) {
			t.Error(r.Body)
		}
	}
}

// What fails in code is told with status 200, and a server without Node.js says so
// before anything is begun.
func TestActionOfCodeFails(t *testing.T) {
	t.Parallel()
	g := newRig(t, withCode(t, "note.mjs"))
	w := g.home
	id := w.account(t, "ada")
	r := w.noted(t, id, `,"contact_id":"con_unknown","text":"x"`).is(t, http.StatusOK)
	if r.text(t, "error", "attribution", "origin") != "app" || r.at(t, "error", "attribution", "status") != 422.0 || !strings.Contains(r.Body, `"k":"error"`) || r.at(t, "ret") != nil || r.at(t, "exports", "debug", "status") != 422.0 {
		t.Error(r.Body)
	}
	r = w.noted(t, id, `,"contact_id":"con_unknown","text":"x","memory":"ds_unknown"`).is(t, http.StatusOK)
	if r.text(t, "error", "message") == "" {
		t.Error(r.Body)
	}
	w.noted(t, "apn_unknown", `,"contact_id":"c","text":"x"`).refused(t, http.StatusNotFound, "account_not_found")
	w.noted(t, id, `,"text":"x"`).refused(t, http.StatusBadRequest, "configured_props")
	g.stranger().noted(t, id, `,"contact_id":"c","text":"x"`).refused(t, http.StatusNotFound, "account_not_found")

	without := g.beside(t, func(c *app.Config) { c.Runner.Node = "/nowhere/node" })
	at := g.api
	g.api = without
	defer func() { g.api = at }()
	w.noted(t, id, `,"contact_id":"c","text":"x"`).refused(t, http.StatusServiceUnavailable, "runner_missing")
	w.act(t, "list-contacts", "ada", id, "").is(t, http.StatusOK)
}
