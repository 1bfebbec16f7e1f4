package app_test

import (
	"net/http"
	"strings"
	"testing"
)

// chatted has a chatty source do something, and returns the look at it and what was
// logged in that.
func (w *workspace) chatted(t *testing.T, id, at, what string) (look, log reply) {
	t.Helper()
	looks := "/v1/connect/{p}/deployed-triggers/" + id + "/looks"
	count := func() int {
		return strings.Count(w.call(t, http.MethodGet, looks+"?external_user_id=ada", "").is(t, http.StatusOK).Body, `"kind":"request"`)
	}
	before := count()
	w.g.do(t, http.MethodPost, at, `{"do":"`+what+`"}`, "Content-Type", "application/json").is(t, http.StatusOK)
	soon(t, "the look at "+what, func() bool { return count() == before+1 })
	look = w.call(t, http.MethodGet, looks+"?external_user_id=ada", "").is(t, http.StatusOK)
	if look.at(t, "data", 0, "id") == nil {
		return look, log
	}
	return look, w.call(t, http.MethodGet, looks+"/"+look.text(t, "data", 0, "id")+"?external_user_id=ada", "").is(t, http.StatusOK)
}

// What a source that is code writes, exports and fails with is seen in its looks, cut
// to size and without the credentials of its account.
func TestLogOfLooks(t *testing.T) {
	t.Parallel()
	g := newRig(t, withCode(t, "chatty.mjs"))
	g.work()
	w := g.home
	account := w.account(t, "ada")
	deploy := func(more string) reply {
		return w.call(t, http.MethodPost, "/v1/connect/{p}/triggers/deploy", `{"id":"acme-code-chatty","external_user_id":"ada","configured_props":`+w.coded(account, more)+`}`)
	}
	refused := deploy(`,"refuse":true`)
	refused.refused(t, http.StatusBadRequest, "hook_failed")
	if !strings.Contains(refused.Body, `"msg":"deploying"`) || !strings.Contains(refused.Body, `"message":"it does not want to"`) {
		t.Error(refused.Body)
	}
	r := deploy("").is(t, http.StatusOK)
	id, at := r.text(t, "data", "id"), r.text(t, "data", "endpoint_url")

	look, log := w.chatted(t, id, at, "log")
	if look.at(t, "data", 0, "new") != 1.0 || look.at(t, "data", 0, "error") != nil || !strings.Contains(log.Body, `"msg":"the key is (redacted)"`) || log.at(t, "data", "exports") != nil {
		t.Error(look.Body, log.Body)
	}
	look, log = w.chatted(t, id, at, "call")
	if look.text(t, "data", 0, "error") == "" || !strings.Contains(log.text(t, "data", "exports", "text"), `"status":404`) || !strings.Contains(log.Body, `"err":{"message":`) {
		t.Error(look.Body, log.Body)
	}
	_, log = w.chatted(t, id, at, "noise")
	if omitted := log.at(t, "data", "omitted").(float64); omitted < 20 || len(log.Body) > 64<<10 || !strings.Contains(log.Body, "x… (50") {
		t.Error(omitted, len(log.Body))
	}
	look, log = w.chatted(t, id, at, "throw")
	if look.text(t, "data", 0, "error") != "it is broken" || !strings.Contains(log.Body, "chatty.mjs:") {
		t.Error(look.Body, log.Body)
	}
	look, log = w.chatted(t, id, at, "die")
	if !strings.Contains(look.text(t, "data", 0, "error"), "exit code 3") || !strings.Contains(log.Body, `"msg":"last words"`) {
		t.Error(look.Body, log.Body)
	}
	if look, _ = w.chatted(t, id, at, "nothing"); look.at(t, "data", 0, "id") != nil {
		t.Error(look.Body)
	}
	if g.number(t, "SELECT count(*) FROM trigger_look_logs WHERE position('last words' in encode(record, 'escape')) > 0") != 0 || g.number(t, "SELECT count(*) FROM trigger_look_logs") != 6 { // the deployment's, too
		t.Error("what was logged is not sealed, or not there")
	}
	w.call(t, http.MethodGet, "/v1/connect/{p}/deployed-triggers/"+id+"/looks/look_0?external_user_id=ada", "").refused(t, http.StatusNotFound, "look_not_found")
	w.call(t, http.MethodGet, "/v1/connect/{p}/deployed-triggers/"+id+"/looks/x?external_user_id=bob", "").is(t, http.StatusNotFound)
	for range 50 { // those that are no longer among the last take what was logged with them
		g.do(t, http.MethodPost, at, `{"do":"nothing"}`, "Content-Type", "application/json").is(t, http.StatusOK)
	}
	g.do(t, http.MethodPost, at, `{"do":"log"}`, "Content-Type", "application/json").is(t, http.StatusOK)
	soon(t, "what old looks logged to go", func() bool { return g.number(t, "SELECT count(*) FROM trigger_look_logs") == 1 })
	w.call(t, http.MethodDelete, "/v1/connect/{p}/deployed-triggers/"+id+"?external_user_id=ada", "").is(t, http.StatusNoContent)
	if g.number(t, "SELECT count(*) FROM trigger_look_logs") != 0 {
		t.Error("what was logged stays without its trigger")
	}
}
