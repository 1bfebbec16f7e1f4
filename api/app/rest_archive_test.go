package app_test

import (
	"archive/zip"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
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
	z, err := zip.NewReader(strings.NewReader(got.Body), int64(len(got.Body)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range z.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name] = string(text)
		if strings.Contains(string(text), hush) {
			t.Errorf("%s holds a secret", f.Name)
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
