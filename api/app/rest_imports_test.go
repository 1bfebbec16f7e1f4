package app_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/imports"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// sendImport sends a file of accounts.
func (w *workspace) sendImport(t *testing.T, query, content string) reply {
	t.Helper()
	return w.call(t, http.MethodPost, "/v1/projects/{p}/imports?"+query, content, "Content-Type", "application/octet-stream")
}

// A file becomes accounts whose keys work, and what is wrong in it can be read
// and downloaded by its lines.
func TestImportOverTheAPI(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	const content = "external_user_id,app,fields.api_key,import_id\nada,acme_crm_key,acme_demo_key_ada,1\n=cmd(),acme_crm_key,,2\n,acme_crm_key,acme_x,3\n"
	id := w.sendImport(t, "format=csv&test=true&name=old.csv", content).is(t, http.StatusAccepted).text(t, "id")
	g.work() // what was taken in before a worker ran is done by the next one
	status := func() reply {
		return w.call(t, http.MethodGet, "/v1/projects/{p}/imports/"+id, "").is(t, http.StatusOK)
	}
	soon(t, "the import", func() bool { return status().at(t, "status") == "finished" })
	if r := status(); r.at(t, "imported") != 1.0 || r.at(t, "failed") != 2.0 || r.at(t, "name") != "old.csv" {
		t.Fatal(r.Body)
	}
	a := w.call(t, http.MethodGet, "/v1/connect/{p}/users/ada/accounts?include_credentials=true", "").is(t, http.StatusOK)
	if a.at(t, 0, "credentials", "api_key") != "acme_demo_key_ada" || a.at(t, 0, "name") != "Ada Lovelace" {
		t.Fatal(a.Body)
	}
	r := w.call(t, http.MethodGet, "/v1/projects/{p}/imports/"+id+"/errors?limit=1", "").is(t, http.StatusOK)
	if r.at(t, "data", 0, "line") != 3.0 || r.at(t, "data", 0, "import_id") != "2" {
		t.Fatal(r.Body)
	}
	if r = w.call(t, http.MethodGet, "/v1/projects/{p}/imports/"+id+"/errors?after_line=3", "").is(t, http.StatusOK); r.at(t, "data", 0, "line") != 4.0 {
		t.Fatal(r.Body)
	}
	table := w.call(t, http.MethodGet, "/v1/projects/{p}/imports/"+id+"/errors?format=csv", "").is(t, http.StatusOK)
	if !strings.HasPrefix(table.Body, "line,import_id,external_user_id,code,error\n3,2,'=cmd(),credential,") {
		t.Fatal(table.Body)
	}
	again := w.sendImport(t, "format=csv", content).is(t, http.StatusAccepted).text(t, "id")
	id = again
	soon(t, "the second import", func() bool { return status().at(t, "status") == "finished" })
	if r := status(); r.at(t, "imported") != 0.0 || r.at(t, "skipped") != 1.0 {
		t.Fatal(r.Body)
	}
	w.sendImport(t, "format=jsonl", strings.Repeat("x", 16<<20+1)).refused(t, http.StatusRequestEntityTooLarge, "import_too_large")
	w.sendImport(t, "format=jsonl", strings.Repeat("x", 18<<20)).refused(t, http.StatusRequestEntityTooLarge, "body_too_large")
	w.call(t, http.MethodPost, "/v1/clients", `{"name":"`+strings.Repeat("x", 2<<20)+`"}`).refused(t, http.StatusRequestEntityTooLarge, "body_too_large")
}

// An account that is deleted while no worker runs is revoked by the next one:
// the row says so, and nothing else does.
func TestRevokedByTheNextWorker(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	im, err := g.Imports.Start(t.Context(), w.scope(t), imports.File{Format: imports.JSONL, Content: strings.NewReader(
		`{"external_user_id":"ada","app":"acme_crm","access_token":"at","refresh_token":"rt","expires_at":"2099-01-01"}`)})
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Imports.Advance(t.Context(), w.scope(t), im.ID); err != nil {
		t.Fatal(err)
	}
	account := w.call(t, http.MethodGet, "/v1/connect/{p}/users/ada/accounts", "").is(t, http.StatusOK).text(t, 0, "id")
	w.call(t, http.MethodDelete, "/v1/connect/{p}/accounts/"+account, "").is(t, http.StatusNoContent)
	status := func() any {
		return w.call(t, http.MethodGet, "/v1/projects/{p}/revocations?account_id="+account, "").is(t, http.StatusOK).at(t, "data", 0, "status")
	}
	if got := status(); got != "pending" {
		t.Fatal(got)
	}
	g.work()
	soon(t, "the revocation", func() bool { return status() == "revoked" })
}

func (w *workspace) scope(t *testing.T) tenant.Scope {
	t.Helper()
	s, err := w.g.Projects.Scope(t.Context(), w.id, w.project, w.environment)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
