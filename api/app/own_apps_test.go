package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/api/app"
	"github.com/patchbay-dev/patchbay/internal/demo"
)

// ownApp is an app file of the demo provider under another slug. header is what
// a call carries besides the key.
func ownApp(slug, header string) string {
	return `schema: app/v1
slug: ` + slug + `
name: Our CRM
description: The pretend CRM, as a customer's own app.
categories: [crm]
hosts:
  production: {api: '{{ instance.demo_url }}'}
auth:
  - id: api_key
    type: key
    title: Use an API key
    inputs: {api_key: {kind: secret, ask: {title: API key}}}
  - id: other_key
    type: key
    title: Use another key
    inputs: {api_key: {kind: secret, ask: {title: API key}}}
inject:
  default: {in: header, name: X-Acme-Key, value: '{{ input.api_key }}'}
request: {headers: {X-Version: '` + header + `'}}
identity: {request: {get: '{{ host.api }}/api/me'}, id: /id, name: /name}
fixtures:
  api_key: {identity: me.json}
sources: [{about: everything, url: 'https://crm.example.com/docs'}]
`
}

const me = `{"status": 200, "body": {"id": "1", "name": "Ada"}, "id": "1", "name": "Ada"}`

// upload sends a file with its recorded answer, and returns the answer.
func (w *workspace) upload(t *testing.T, slug, source string) reply {
	t.Helper()
	body, _ := json.Marshal(map[string]any{"source": source, "fixtures": map[string]string{"me.json": me}})
	return w.call(t, http.MethodPut, "/v1/app_files/"+slug, string(body))
}

// An app of the workspace's own is uploaded, connected and called; a change of
// its file is in the next call, in every process and without a restart; another
// workspace has no such app.
func TestOwnApp(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	g.work() // so that accounts are remembered between calls
	w, s := g.home, g.stranger()
	w.upload(t, "our_crm", ownApp("our_crm", "one")).is(t, http.StatusOK)
	if r := w.call(t, http.MethodGet, "/v1/connect/apps?q=our+crm", "").is(t, http.StatusOK); r.text(t, "data", 0, "name_slug") != "our_crm" {
		t.Fatal(r.Body)
	}
	ctok := w.connectToken(t, "ada", "")
	body, _ := json.Marshal(map[string]any{"app_slug": "our_crm", "cfmap_json": `{"api_key":"` + demo.DemoKey + `"}`, "connect_token": ctok})
	id := g.do(t, http.MethodPost, "/v1/connect/accounts", string(body), "Authorization", "Bearer "+ctok).is(t, http.StatusOK).text(t, "id")

	seen := func(w *workspace) string {
		w.call(t, http.MethodGet, through("/api/me", id, "ada"), "").is(t, http.StatusOK)
		return g.app.last("X-Version")
	}
	if got := seen(w); got != "one" {
		t.Fatalf("the call carries %q", got)
	}
	w.upload(t, "our_crm", ownApp("our_crm", "two")).is(t, http.StatusOK)
	if got := seen(w); got != "two" {
		t.Fatalf("after the change the call carries %q", got)
	}

	// A second process of the installation, which nobody tells.
	second, err := app.New(t.Context(), g.config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(second.Close)
	if a, err := second.Accounts.Catalog.Of(t.Context(), w.id); err != nil {
		t.Fatal(err)
	} else if own, err := a.Get("our_crm"); err != nil || own.Request.Headers["X-Version"] != "two" {
		t.Fatal(own, err)
	}
	w.upload(t, "our_crm", ownApp("our_crm", "three")).is(t, http.StatusOK)
	began := time.Now()
	soon(t, "the second process to see the change", func() bool {
		a, err := second.Accounts.Catalog.Of(t.Context(), w.id)
		if err != nil {
			t.Fatal(err)
		}
		own, err := a.Get("our_crm")
		return err == nil && own.Request.Headers["X-Version"] == "three"
	})
	t.Logf("the second process saw it after %s", time.Since(began))

	for _, path := range []string{"/v1/connect/apps/our_crm", "/v1/app_files/our_crm"} {
		s.call(t, http.MethodGet, path, "").refused(t, http.StatusNotFound, "app_not_found")
	}
	if r := s.call(t, http.MethodGet, "/v1/connect/apps?q=our+crm", "").is(t, http.StatusOK); strings.Contains(r.Body, "our_crm") {
		t.Fatal(r.Body)
	}

	// What accounts use is not taken away by accident.
	less := strings.Replace(ownApp("our_crm", "four"), "id: api_key\n    type: key\n    title: Use an", "id: api_key_2\n    type: key\n    title: Use an", 1)
	less = strings.Replace(less, "  api_key: {identity", "  api_key_2: {identity", 1)
	if r := w.upload(t, "our_crm", less); r.Status != http.StatusConflict || !strings.Contains(r.Body, "One account uses the method api_key of our_crm") {
		t.Fatal(r.Status, r.Body)
	}
	w.call(t, http.MethodDelete, "/v1/app_files/our_crm", "").refused(t, http.StatusConflict, "app_in_use")
	if got := seen(w); got != "three" {
		t.Fatalf("after a refusal the call carries %q", got)
	}
	w.call(t, http.MethodDelete, "/v1/app_files/our_crm?force=true", "").is(t, http.StatusNoContent)
	w.call(t, http.MethodGet, through("/api/me", id, "ada"), "").refused(t, http.StatusNotFound, "app_not_found")
	if r := w.call(t, http.MethodGet, "/v1/connect/{p}/accounts", "").is(t, http.StatusOK); r.text(t, "data", 0, "app", "name") != "our_crm" {
		t.Fatal(r.Body) // the account is shown still
	}
	w.call(t, http.MethodPost, "/v1/app_files/our_crm/versions/3/restore", "").is(t, http.StatusOK)
	if got := seen(w); got != "three" {
		t.Fatalf("after it is back the call carries %q", got)
	}
}

// A workspace's file stands over the shipped app of its slug, for that workspace
// alone; an account that was connected before is called by it.
func TestOverride(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w, s := g.home, g.stranger()
	mine, theirs := w.account(t, "ada"), s.account(t, "ada")
	version := func(w *workspace, id string) string {
		w.call(t, http.MethodGet, through("/api/me", id, "ada"), "").is(t, http.StatusOK)
		return g.app.last("X-Version")
	}
	source := w.call(t, http.MethodGet, "/v1/app_files/acme_crm_key", "").is(t, http.StatusOK).text(t, "source")
	changed := strings.Replace(source, "identity:", "request: {headers: {X-Version: ours}}\nidentity:", 1)
	w.call(t, http.MethodPut, "/v1/app_files/acme_crm_key", changed, "Content-Type", "application/yaml").is(t, http.StatusOK)
	if a, b := version(w, mine), version(s, theirs); a != "ours" || b != "" {
		t.Fatalf("%q, %q", a, b)
	}
	r := w.call(t, http.MethodGet, "/v1/app_files/acme_crm_key", "").is(t, http.StatusOK)
	if !strings.Contains(r.Body, `"own":true`) || !strings.Contains(r.Body, `"override":true`) || !strings.Contains(r.Body, `"accounts":1`) {
		t.Fatal(r.Body)
	}
	w.call(t, http.MethodDelete, "/v1/app_files/acme_crm_key", "").is(t, http.StatusNoContent) // the shipped one has the method, too
	if a := version(w, mine); a != "" {
		t.Fatalf("%q", a)
	}
	r = w.call(t, http.MethodGet, "/v1/app_files/acme_crm_key/versions", "").is(t, http.StatusOK)
	if !strings.Contains(r.Body, `"removed":true`) || r.text(t, "data", 1, "author") != w.client {
		t.Fatal(r.Body)
	}
}

// A wrong file is refused with the line and a sentence, and the version before
// goes on serving; its recorded answers are played without a network.
func TestAppFileCheck(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	good := ownApp("our_crm", "one")
	w.upload(t, "our_crm", good).is(t, http.StatusOK)
	wrong := map[string]struct{ from, to, says string }{
		"no YAML":          {"slug: our_crm", "slug: [", `"line":5`},
		"another slug":     {"slug: our_crm", "slug: their_crm", `it is \"their_crm\", and the file is for \"our_crm\"`},
		"a host of a user": {"'{{ instance.demo_url }}'", "'http://example.com'", `"path":"hosts.production.api"`},
		"an unknown field": {"name: Our", "titel: x\nname: Our", "no field titel"},
	}
	for name, tt := range wrong {
		bad := strings.Replace(good, tt.from, tt.to, 1)
		r := w.upload(t, "our_crm", bad)
		if r.Status != http.StatusBadRequest || r.text(t, "code") != "app_file_invalid" || !strings.Contains(r.Body, tt.says) || !strings.Contains(r.Body, "request_id") {
			t.Errorf("%s: %d %s", name, r.Status, r.Body)
		}
		body, _ := json.Marshal(map[string]any{"source": bad})
		if r := w.call(t, http.MethodPost, "/v1/app_files/our_crm/check", string(body)).is(t, http.StatusOK); !strings.Contains(r.Body, tt.says) || !strings.Contains(r.Body, `"sound":false`) {
			t.Errorf("%s: %s", name, r.Body)
		}
	}
	if r := w.call(t, http.MethodGet, "/v1/app_files/our_crm", "").is(t, http.StatusOK); r.text(t, "source") != good || !strings.Contains(r.Body, `"version":1`) {
		t.Fatal(r.Body)
	}
	if r := w.call(t, http.MethodPost, "/v1/app_files/our_crm/check", "{}").is(t, http.StatusOK); !strings.Contains(r.Body, `"sound":true`) || !strings.Contains(r.Body, "Ada (1) is connected.") {
		t.Fatal(r.Body)
	}
	body, _ := json.Marshal(map[string]any{"fixtures": map[string]string{"me.json": strings.ReplaceAll(me, `"id": "1", "name": "Ada"}, "id": "1"`, `"id": "1", "name": "Ada"}, "id": "2"`)}})
	if r := w.call(t, http.MethodPost, "/v1/app_files/our_crm/check", string(body)).is(t, http.StatusOK); !strings.Contains(r.Body, `"sound":false`) || !strings.Contains(r.Body, `has the id \"1\", want \"2\"`) {
		t.Fatal(r.Body)
	}
	edit := func(base int) reply {
		body, _ := json.Marshal(map[string]any{"source": ownApp("our_crm", "two"), "base_version": base})
		return w.call(t, http.MethodPut, "/v1/app_files/our_crm", string(body))
	}
	edit(0).refused(t, http.StatusConflict, "app_file_changed")
	edit(1).is(t, http.StatusOK)
	edit(2).is(t, http.StatusOK) // the same again is no new version
	edit(2).is(t, http.StatusOK)
}

// A logo takes the place of the monogram, for its workspace alone, and is served
// so that it can do nothing but be seen.
func TestAppLogo(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w, s := g.home, g.stranger()
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewRGBA(image.Rect(0, 0, 64, 64))); err != nil {
		t.Fatal(err)
	}
	const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><rect width="1" height="1" fill="url(#g)"/></svg>`
	put := func(content string) reply {
		return w.call(t, http.MethodPut, "/v1/app_files/acme_crm/logo", content, "Content-Type", "application/octet-stream")
	}
	for kind, content := range map[string]string{"image/png": picture.String(), "image/svg+xml": svg} {
		at := put(content).is(t, http.StatusOK).text(t, "img_src")
		r := g.do(t, http.MethodGet, at, "").is(t, http.StatusOK)
		if r.Body != content || r.Header.Get("Content-Type") != kind || !strings.Contains(r.Header.Get("Content-Security-Policy"), "sandbox") || r.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", kind, r.Header)
		}
		if got := w.call(t, http.MethodGet, "/v1/connect/apps/acme_crm", "").text(t, "data", "img_src"); got != at {
			t.Errorf("the app shows %s", got)
		}
	}
	if got := s.call(t, http.MethodGet, "/v1/connect/apps/acme_crm", "").text(t, "data", "img_src"); !strings.HasSuffix(got, "/acme_crm/logo.svg") {
		t.Errorf("a stranger's app shows %s", got)
	}
	for name, content := range map[string]string{
		"nothing": "", "a page": "<html></html>", "a text": "hello", "a broken PNG": picture.String()[:60],
		"a script": strings.Replace(svg, "<rect", "<script/><rect", 1), "a handler": strings.Replace(svg, "<rect", `<rect onload="x()"`, 1),
	} {
		if r := put(content); r.Status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", name, r.Status, r.Body)
		}
	}
	w.call(t, http.MethodDelete, "/v1/app_files/acme_crm/logo", "").is(t, http.StatusNoContent)
	w.call(t, http.MethodDelete, "/v1/app_files/acme_crm/logo", "").refused(t, http.StatusNotFound, "logo_not_found")
	if got := w.call(t, http.MethodGet, "/v1/connect/apps/acme_crm", "").text(t, "data", "img_src"); !strings.HasSuffix(got, "/acme_crm/logo.svg") {
		t.Errorf("the app shows %s", got)
	}
}

// ownAppFor makes an app of nobody else's for a case of the table of operations.
func (w *workspace) ownAppFor(t *testing.T) string {
	t.Helper()
	slug := fmt.Sprintf("own_%s", strings.ToLower(strings.TrimPrefix(w.project, "proj_")))
	w.upload(t, slug, ownApp(slug, "one")).is(t, http.StatusOK)
	w.call(t, http.MethodPut, "/v1/app_files/"+slug+"/logo", `<svg xmlns="http://www.w3.org/2000/svg"/>`, "Content-Type", "application/octet-stream").is(t, http.StatusOK)
	return slug
}

// A workspace's own file says how to get a client for the app, as those that
// ship do; nobody else is told it.
func TestOwnAppsGuide(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w, s := g.home, g.stranger()
	source := w.call(t, http.MethodGet, "/v1/app_files/acme_crm", "").is(t, http.StatusOK).text(t, "source")
	ours := strings.Replace(source, "hosts:\n", "setup: |\n  # Acme CRM\n\n  Ask Robin to register `{{ redirect_uri }}`.\nhosts:\n", 1)
	w.call(t, http.MethodPut, "/v1/app_files/acme_crm", ours, "Content-Type", "application/yaml").is(t, http.StatusOK)
	r := w.call(t, http.MethodGet, "/v1/connect/{p}/oauth_apps/"+w.oauthApp, "").is(t, http.StatusOK)
	if want := "Ask Robin to register `" + r.text(t, "redirect_uri") + "`."; !strings.Contains(r.text(t, "setup"), want) {
		t.Errorf("the guide says %q, want %q in it", r.text(t, "setup"), want)
	}
	if r := s.call(t, http.MethodGet, "/v1/connect/{p}/oauth_apps/"+s.oauthApp, "").is(t, http.StatusOK); strings.Contains(r.Body, "Robin") {
		t.Error(r.Body)
	}
}
