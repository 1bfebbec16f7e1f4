package app_test

import (
	"maps"
	"net/http"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/api/app"
	"github.com/patchbay-dev/patchbay/internal/member"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// busy gives a workspace something to do of each kind that a worker claims, and
// returns an address at which it takes requests.
func (w *workspace) busy(t *testing.T, hook string) (endpoint string) {
	t.Helper()
	account := w.account(t, user)
	_, endpoint, _ = w.trigger(t, user, hook)
	w.g.do(t, http.MethodPost, endpoint, "{}").is(t, http.StatusOK)
	flow, made := w.workflow(t, "name: Hook\ntriggers: [{type: http, auth: none}, {name: hourly, type: schedule, every: 1h, environment: development}]\nsteps: [{name: go, type: filter, if: '{{ true }}'}]")
	w.g.do(t, http.MethodPost, made.text(t, "endpoint", "url"), "{}", "X-Pd-Environment", "development").is(t, http.StatusOK)
	w.g.query(t, "UPDATE workflow_triggers SET due_at = now() - interval '1 second' WHERE workflow_id = $1 AND type = 'schedule'", flow)
	w.call(t, http.MethodPost, "/v1/connect/{p}/actions/run", `{"id":"acme-crm-key-create-contact","external_user_id":"`+user+`","configured_props":{"acme_crm_key":{"authProvisionId":"`+account+`"},"name":"Grace"}}`,
		"Prefer", "respond-async").is(t, http.StatusAccepted)
	w.call(t, http.MethodPost, "/v1/connect/{p}/triggers/deploy",
		`{"id":"acme-crm-key-new-contact","external_user_id":"`+user+`","emit_on_deploy":false,"configured_props":{"acme_crm_key":{"authProvisionId":"`+account+`"},"timer":{"intervalSeconds":3600}}}`).is(t, http.StatusOK)
	return endpoint
}

// waits counts what there is for workers to do.
func (w *workspace) waits(t *testing.T) map[string]int {
	t.Helper()
	out := map[string]int{}
	for of, where := range map[string]string{
		"deliveries": "state = 'pending'", "runs": "finished_at IS NULL", "action_runs": "status = 'queued'", "trigger_sources": "due_at <= now()", "workflow_triggers": "due_at <= now()",
	} {
		out[of] = w.g.count(t, "SELECT count(*) FROM "+of+" WHERE environment_id IN (SELECT id FROM environments WHERE project_id = $1) AND "+where, w.project)
	}
	return out
}

func none(of map[string]int) bool {
	for _, n := range of {
		if n > 0 {
			return false
		}
	}
	return true
}

// A workspace that an owner deletes does nothing while it can be taken back, and
// goes on where it stood if it is; then it is gone with all that was in it, and
// nothing of others is touched.
func TestWorkspaceDeletion(t *testing.T) {
	t.Parallel()
	g := newRig(t, func(c *app.Config) { c.WorkspaceGrace = time.Hour }).people()
	const path = "/console/api/workspace/deletion"
	w, other, hook := g.home, g.stranger(), testkit.NewReceiver(t)
	owner, admin := g.session(t), g.person(t, member.Admin, true)
	endpoint, unused := w.busy(t, hook.URL), w.scoped("")
	other.busy(t, hook.URL)
	ctok := w.connectToken(t, user, "")

	g.as(t, owner, http.MethodGet, path, nil).refused(t, http.StatusConflict, "workspace_not_deleted")
	g.as(t, admin, http.MethodPost, path, map[string]string{"name": "home"}).refused(t, http.StatusForbidden, "owners_only")
	g.as(t, owner, http.MethodPost, path, map[string]string{"name": "Home"}).refused(t, http.StatusBadRequest, "workspace_name_confirm")
	g.query(t, "UPDATE sessions SET proved_at = now() - interval '1 hour'")
	g.as(t, owner, http.MethodPost, path, map[string]string{"name": "home"}).refused(t, http.StatusForbidden, "proof_needed")
	g.query(t, "UPDATE sessions SET proved_at = now()")
	for range 2 { // twice asked is one
		g.as(t, owner, http.MethodPost, path, map[string]string{"name": "home"}).is(t, http.StatusNoContent)
	}
	if n := g.count(t, "SELECT count(*) FROM audit_log WHERE workspace_id = $1 AND action = 'workspace.deletion_asked'", w.id); n != 1 {
		t.Errorf("it is in the log %d times", n)
	}

	// Nobody gets in, but to see it and to take it back.
	g.do(t, http.MethodGet, "/v1/connect/projects", "", "Authorization", "Bearer "+unused).refused(t, http.StatusForbidden, "workspace_deleted")
	g.as(t, owner, http.MethodGet, "/v1/connect/projects", nil).refused(t, http.StatusForbidden, "workspace_deleted")
	g.do(t, http.MethodGet, "/v1/connect/-/accounts", "", "Authorization", "Bearer "+ctok).is(t, http.StatusUnauthorized)
	soon(t, "its addresses to take nothing", func() bool { return g.do(t, http.MethodPost, endpoint, "{}").Status == http.StatusServiceUnavailable })
	if s := g.as(t, admin, http.MethodGet, "/console/api/session", nil).is(t, http.StatusOK); s.text(t, "set_up") != "deleted" {
		t.Error(s.Body)
	}
	if d := g.as(t, admin, http.MethodGet, path, nil).is(t, http.StatusOK); d.text(t, "asked_by") != w.email || d.at(t, "projects") != 1.0 || d.at(t, "users") != 1.0 {
		t.Error(d.Body)
	}

	// What waits goes on waiting, while that of others is done.
	before := w.waits(t)
	for of, n := range before {
		if n == 0 {
			t.Errorf("nothing waits of %s", of)
		}
	}
	g.work()
	soon(t, "the other workspace's work to be done", func() bool { return none(other.waits(t)) })
	if after := w.waits(t); !maps.Equal(before, after) {
		t.Errorf("something ran: %v, then %v", before, after)
	}

	g.as(t, admin, http.MethodDelete, path, nil).refused(t, http.StatusForbidden, "owners_only")
	g.as(t, owner, http.MethodDelete, path, nil).is(t, http.StatusNoContent)
	g.as(t, owner, http.MethodDelete, path, nil).refused(t, http.StatusConflict, "workspace_not_deleted")
	soon(t, "its own work to be done", func() bool { return none(w.waits(t)) })
	g.as(t, owner, http.MethodGet, "/v1/connect/projects", nil).is(t, http.StatusOK)

	g.as(t, owner, http.MethodPost, path, map[string]string{"name": "home"}).is(t, http.StatusNoContent)
	g.query(t, "UPDATE workspaces SET deletes_at = now() WHERE id = $1", w.id)
	soon(t, "the workspace to be gone", func() bool { return g.count(t, "SELECT count(*) FROM workspaces WHERE id = $1", w.id) == 0 })
	g.as(t, owner, http.MethodGet, "/console/api/session", nil).refused(t, http.StatusUnauthorized, "no_workspace")
	for _, table := range []string{"projects", "members", "clients"} {
		if n := g.count(t, "SELECT count(*) FROM "+table+" WHERE workspace_id = $1", w.id); n != 0 {
			t.Errorf("%d %s are left", n, table)
		}
	}
	if n := g.count(t, "SELECT count(*) FROM audit_log WHERE workspace_id = $1 AND action = 'workspace.deleted'", w.id); n != 1 {
		t.Errorf("that it is gone is in the log %d times", n)
	}
	if n := g.count(t, "SELECT count(*) FROM external_users u JOIN environments e ON e.id = u.environment_id WHERE e.project_id = $1", other.project); n != 1 {
		t.Error("another workspace's user went along")
	}
}
