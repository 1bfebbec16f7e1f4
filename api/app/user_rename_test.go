package app_test

import (
	"net/http"
	"testing"
)

// A user who is given another id is found by it with all they have, by tokens that were
// made before, too; what happened to them follows; and the former id is nobody's.
func TestUserIsRenamed(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home.newProject("Renamed")
	id := w.account(t, "ada@example.com")
	w.in("production").account(t, "ada@example.com")
	trigger, _, _ := w.trigger(t, "ada@example.com", "http://127.0.0.1:9/hook")
	workflow, _ := w.workflow(t, definition)
	w.call(t, http.MethodPut, "/v1/connect/{p}/users/ada@example.com/instances/"+workflow, `{}`).is(t, http.StatusOK)
	ctok := w.connectToken(t, "ada@example.com", "")
	w.act(t, "create-contact", "ada@example.com", id, `"name":"Grace"`).is(t, http.StatusOK)
	w.account(t, "bob")
	runs := func(user string) any {
		return w.call(t, http.MethodGet, "/v1/connect/{p}/action_runs?external_user_id="+user, "").is(t, http.StatusOK).at(t, "page_info", "total_count")
	}
	soon(t, "the run to be written down", func() bool { return runs("ada@example.com") == 1.0 })
	const path = "/v1/projects/{p}/users/ada@example.com/rename"

	w.call(t, http.MethodPost, path, `{"external_user_id":"bob"}`).refused(t, http.StatusConflict, "user_id_taken")
	w.call(t, http.MethodPost, "/v1/projects/{p}/users/nobody/rename", `{"external_user_id":"u-1"}`).refused(t, http.StatusNotFound, "user_not_found")
	s := g.stranger()
	s.call(t, http.MethodPost, path, `{"external_user_id":"u-1"}`).refused(t, http.StatusNotFound, "user_not_found")
	r := w.call(t, http.MethodPost, path, `{"external_user_id":"u-1"}`).is(t, http.StatusAccepted)
	if again := w.call(t, http.MethodPost, path, `{"external_user_id":"u-1"}`).is(t, http.StatusAccepted); again.text(t, "id") != r.text(t, "id") {
		t.Errorf("who asks twice is told of another: %s", again.Body)
	}
	w.call(t, http.MethodPost, path, `{"external_user_id":"u-2"}`).refused(t, http.StatusNotFound, "user_not_found")

	if got := w.call(t, http.MethodGet, "/v1/connect/{p}/accounts/"+id, "").is(t, http.StatusOK).text(t, "external_id"); got != "u-1" {
		t.Errorf("the account is of %s", got)
	}
	if got := g.do(t, http.MethodGet, "/v1/connect/"+w.project+"/accounts/"+id, "", "Authorization", "Bearer "+ctok, "X-Pd-Environment", w.environment).is(t, http.StatusOK).text(t, "external_id"); got != "u-1" {
		t.Errorf("by a token of before the account is of %s", got)
	}
	w.call(t, http.MethodGet, "/v1/connect/{p}/deployed-triggers/"+trigger+"?external_user_id=u-1", "").is(t, http.StatusOK)
	w.call(t, http.MethodGet, "/v1/connect/{p}/users/u-1/instances/"+workflow, "").is(t, http.StatusOK)
	w.act(t, "create-contact", "u-1", id, `"name":"Ada"`).is(t, http.StatusOK)
	w.act(t, "create-contact", "ada@example.com", id, `"name":"Ada"`).refused(t, http.StatusNotFound, "account_not_found")
	w.in("production").call(t, http.MethodGet, "/v1/connect/{p}/users/ada@example.com/accounts", "").is(t, http.StatusOK).at(t, 0, "id")

	g.work()
	at := "/v1/projects/{p}/user_renames/" + r.text(t, "id")
	soon(t, "what happened to be moved", func() bool {
		return w.call(t, http.MethodGet, at, "").is(t, http.StatusOK).at(t, "status") == "settling"
	})
	soon(t, "both runs to be found by the new id", func() bool { return runs("ada@example.com") == 0.0 && runs("u-1") == 2.0 })
	log := w.call(t, http.MethodGet, "/v1/audit_log?project_id={p}&action=user.renamed", "").is(t, http.StatusOK)
	if log.at(t, "page_info", "total_count") != 1.0 || log.at(t, "data", 0, "details", "before", "external_id") != "ada@example.com" || log.at(t, "data", 0, "external_user_id") != "u-1" {
		t.Error(log.Body)
	}
	if theirs := s.call(t, http.MethodGet, "/v1/projects/{p}/user_renames?external_user_id=u-1", "").is(t, http.StatusOK); theirs.at(t, "page_info", "total_count") != 0.0 {
		t.Error(theirs.Body)
	}
}
