package app_test

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/api/app"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// An archive holds workflows as they are applied again, the values of variables
// that are no secrets, and no secret at all.
func TestExportProject(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	const hush = "correct-horse-battery-staple"
	w.call(t, http.MethodPut, "/v1/projects/{p}/variables/PLAIN?scope=project", `{"value":"seen by all","secret":false}`).is(t, http.StatusOK)
	w.call(t, http.MethodPut, "/v1/projects/{p}/variables/HUSH?scope=project", `{"value":"`+hush+`","secret":true}`).is(t, http.StatusOK)
	w.call(t, http.MethodPost, "/v1/connect/{p}/oauth_apps", `{"app":"acme_crm","client_id":"cl_1","client_secret":"`+hush+`"}`).is(t, http.StatusCreated)
	w.call(t, http.MethodPost, "/v1/projects/{p}/workflows", `{"name":"Greet","triggers":[{"type":"http","auth":"none"}],"steps":[{"name":"answer","type":"respond","body":{"hello":"world"}}]}`).is(t, http.StatusCreated)
	got := w.call(t, http.MethodGet, "/v1/projects/{p}/export?include=history", "").is(t, http.StatusOK)
	files := testkit.Unzip(t, []byte(got.Body))
	for name, text := range files {
		if strings.Contains(text, hush) {
			t.Errorf("%s holds a secret", name)
		}
	}
	for name, want := range map[string]string{
		"workflows/greet.yaml": "hello: world", "variables.jsonl": `"value":"seen by all"`, "oauth_clients.jsonl": `"client_id":"cl_1"`, "manifest.json": `"name": "development/users.jsonl"`,
	} {
		if !strings.Contains(files[name], want) {
			t.Errorf("%s does not hold %s: %q", name, want, files[name])
		}
	}
	if !strings.Contains(files["variables.jsonl"], `"name":"HUSH"`) {
		t.Error(files["variables.jsonl"])
	}
	body, err := json.Marshal(map[string]any{"documents": []map[string]string{{"file": "greet.yaml", "source": files["workflows/greet.yaml"]}}})
	if err != nil {
		t.Fatal(err)
	}
	applied := g.stranger()
	if plan := applied.call(t, http.MethodPost, "/v1/projects/{p}/workflows/apply", string(body)); plan.Status != http.StatusOK {
		t.Error(plan.Body)
	}
}

// What is too large for a row is in an archive as it was, once for each, and so are
// the files of the pages; what is gone from the store is named.
func TestExportLarge(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	g := newRig(t, func(c *app.Config) { c.Blobs, c.PayloadMost = "file://"+dir, 100_000 })
	g.work()
	w, other := g.home, testkit.NewReceiver(t)
	text := strings.Repeat("patchbay ", 40_000)
	other.Answer(func(_ int, rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write([]byte(text)) })
	_, endpoint, _ := w.trigger(t, user, "")
	g.do(t, http.MethodPost, endpoint, `{"text":"`+text+`"}`).is(t, http.StatusOK)
	w.invoked(t, `{"name":"Large","triggers":[{"type":"http","response":{"mode":"workflow"}}],"steps":[
		{"name":"get","type":"http_request","url":"`+other.URL+`"},{"name":"say","type":"respond","body":"so"}]}`, "", `{}`).is(t, http.StatusOK)
	run := w.call(t, http.MethodGet, "/v1/projects/{p}/runs", "").is(t, http.StatusOK).text(t, "data", 0, "id")
	w.call(t, http.MethodPost, "/v1/projects/{p}/runs/"+run+"/replay", `{"from_step":"say"}`).is(t, http.StatusAccepted)
	soon(t, "the second run", func() bool { return g.number(t, "SELECT count(*) FROM run_steps WHERE stored IS NOT NULL") == 2 })
	picture := `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><circle cx="5" cy="5" r="4"/></svg>`
	w.call(t, http.MethodPut, "/v1/projects/{p}/brand/files/logo", picture, "Content-Type", "application/octet-stream").is(t, http.StatusOK)

	blobs := testkit.Blobs(t, dir)
	if len(blobs) != 2 {
		t.Fatal(blobs)
	}
	export := func() map[string]string {
		t.Helper()
		return testkit.Unzip(t, []byte(w.call(t, http.MethodGet, "/v1/projects/{p}/export?include=history", "").is(t, http.StatusOK).Body))
	}
	files, large := export(), 0
	for name, held := range files {
		if strings.HasPrefix(name, "development/payloads/") && strings.Contains(held, text) {
			large++
			if _, key, _ := strings.Cut(name, "payloads/"); !strings.Contains(files["development/events.jsonl"]+files["development/run_steps.jsonl"], key+`"`) {
				t.Errorf("no row names %s", name)
			}
		}
	}
	if _, missing := files["development/missing_payloads.jsonl"]; missing || large != 2 || files["development/brand/logo.svg"] != picture {
		t.Errorf("%d payloads, %q", large, files["development/brand/logo.svg"])
	}
	if !strings.Contains(files["manifest.json"], `"records": 2`) || !strings.Contains(files["manifest.json"], `"missing": 0`) {
		t.Error(files["manifest.json"])
	}
	if err := os.Remove(blobs[0]); err != nil {
		t.Fatal(err)
	}
	files = export()
	if lost := files["development/missing_payloads.jsonl"]; strings.Count(lost, "\n") != 1 || !strings.Contains(blobs[0], lost[strings.Index(lost, "blb_"):strings.Index(lost, `","size"`)]) || !strings.Contains(files["manifest.json"], `"missing": 1`) {
		t.Errorf("%s is missing, and what is said is %q", blobs[0], lost)
	}
}
