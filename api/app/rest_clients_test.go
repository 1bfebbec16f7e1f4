package app_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// A client that is bound to a project or an environment is refused by every
// operation of what lies outside, and by what is of the whole workspace but for
// what says that it shows nothing of others. New operations are covered as they
// come: nothing here names one.
func TestBoundClientsReachNothingElse(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	mine, other := w.newProject("Mine"), w.newProject("Theirs, which nobody may see")
	key := func(bounds string) string {
		return w.call(t, http.MethodPost, "/v1/api_keys", `{"name":"bound","scopes":["*"],`+bounds+`}`).is(t, http.StatusCreated).text(t, "key")
	}
	toProject, toEnvironment := key(`"project_ids":["`+mine.project+`"]`), key(`"environments":["development"]`)
	walked := 0
	for _, op := range everyOperation(t) {
		if !op.takes("oauth") {
			continue
		}
		walked++
		everywhere, _ := op.Extensions["x-everywhere"].(bool)
		scoped := op.scoped()
		ofProject := strings.Contains(op.path, "{project_id}")
		ask := func(key, project, environment string) reply {
			return g.do(t, op.method, "/v1"+strings.ReplaceAll(op.path, "{project_id}", project), "", "Authorization", "Bearer "+key, "X-Pd-Environment", environment)
		}
		switch {
		case ofProject:
			r := ask(toProject, other.project, "development")
			if r.Status != http.StatusNotFound || r.text(t, "code") != "project_not_found" {
				t.Errorf("%s: a client of another project gets %d %s", op.OperationID, r.Status, r.Body)
			}
			if scoped {
				ask(toEnvironment, mine.project, "production").refused(t, http.StatusForbidden, "client_environment")
			}
		case !everywhere:
			ask(toProject, "", "development").refused(t, http.StatusForbidden, "client_bound")
			ask(toEnvironment, "", "development").refused(t, http.StatusForbidden, "client_bound")
		default:
			for _, key := range []string{toProject, toEnvironment} {
				if r := ask(key, "", "development"); r.Status == http.StatusForbidden || key == toProject && strings.Contains(r.Body, other.project) {
					t.Errorf("%s: a bound client gets %d %s", op.OperationID, r.Status, r.Body)
				}
			}
		}
	}
	if walked < 100 {
		t.Fatalf("only %d operations were walked", walked)
	}
	through := "/v1/connect/" + other.project + "/proxy/aHR0cHM6Ly9leGFtcGxlLmNvbS8?account_id=apn_x&external_user_id=u" // no operation of the contract
	g.do(t, http.MethodGet, through, "", "Authorization", "Bearer "+toProject, "X-Pd-Environment", "development").refused(t, http.StatusNotFound, "project_not_found")
	list := g.do(t, http.MethodGet, "/v1/connect/projects", "", "Authorization", "Bearer "+toProject).is(t, http.StatusOK)
	if !strings.Contains(list.Body, mine.project) || strings.Contains(list.Body, "nobody may see") || !strings.Contains(list.Body, `"total_count":1`) {
		t.Errorf("the list of projects: %s", list.Body)
	}
	g.do(t, http.MethodGet, "/v1/connect/"+mine.project+"/accounts", "", "Authorization", "Bearer "+toProject, "X-Pd-Environment", "production").is(t, http.StatusOK)
}

// A key calls as a token does, until it is revoked; the log names it. Nobody gives
// or takes over more than they hold.
func TestKeysAndClients(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	accounts := func(bearer string) reply {
		return g.do(t, http.MethodGet, "/v1/connect/"+w.project+"/accounts", "", "Authorization", "Bearer "+bearer, "X-Pd-Environment", "development")
	}
	made := w.call(t, http.MethodPost, "/v1/api_keys", `{"name":"reader","scopes":["connect:accounts:read"],"rate_limit":{"requests":3,"window_seconds":3600}}`).is(t, http.StatusCreated)
	key, id := made.text(t, "key"), made.text(t, "id")
	accounts(key).is(t, http.StatusOK)
	g.do(t, http.MethodGet, "/v1/connect/projects", "", "Authorization", "Bearer "+key).refused(t, http.StatusForbidden, "permission")
	listed := w.call(t, http.MethodGet, "/v1/api_keys", "").is(t, http.StatusOK)
	if strings.Contains(listed.Body, key) || !strings.Contains(listed.Body, `"last_used_address":"127.0.0.1"`) {
		t.Error(listed.Body)
	}
	var last reply
	for range 4 {
		last = accounts(key)
	}
	last.refused(t, http.StatusTooManyRequests, "rate_limited")
	w.call(t, http.MethodDelete, "/v1/api_keys/"+id, "").is(t, http.StatusNoContent)
	accounts(key).refused(t, http.StatusUnauthorized, "api_key_invalid")
	accounts(key[:len(key)-1]).refused(t, http.StatusUnauthorized, "api_key_invalid")
	if log := w.call(t, http.MethodGet, "/v1/audit_log?subject="+id, "").is(t, http.StatusOK); !strings.Contains(log.Body, "api_key.revoked") || strings.Contains(log.Body, key) {
		t.Error(log.Body)
	}

	less := g.do(t, http.MethodPost, "/v1/api_keys", `{"name":"less","scopes":["clients:write","clients:read"]}`, "Authorization", "Bearer "+w.token).is(t, http.StatusCreated).text(t, "key")
	as := func(method, path, body string) reply {
		return g.do(t, method, "/v1"+path, body, "Authorization", "Bearer "+less)
	}
	wide := w.call(t, http.MethodPost, "/v1/clients", `{"name":"wide","scopes":["connect:*"]}`).is(t, http.StatusCreated).text(t, "id")
	as(http.MethodPost, "/clients", `{"name":"x","scopes":["connect:proxy"]}`).refused(t, http.StatusBadRequest, "invalid_scope")
	as(http.MethodPost, "/api_keys", `{"name":"x","scopes":["*"]}`).refused(t, http.StatusBadRequest, "invalid_scope")
	as(http.MethodPost, "/clients/"+wide+"/rotate_secret", `{"overlap_hours":0}`).refused(t, http.StatusForbidden, "client_wider")
	as(http.MethodPatch, "/clients/"+wide, `{"scopes":["clients:read"]}`).refused(t, http.StatusForbidden, "client_wider")
	own := as(http.MethodPost, "/clients", `{"name":"own"}`).is(t, http.StatusCreated)
	if !strings.Contains(own.Body, `"scopes":["clients:read","clients:write"]`) {
		t.Error(own.Body)
	}
	as(http.MethodPatch, "/clients/"+own.text(t, "id"), `{"scopes":["*"]}`).refused(t, http.StatusForbidden, "client_wider")

	turned := w.call(t, http.MethodPost, "/v1/clients/"+wide+"/rotate_secret", `{"overlap_hours":24}`).is(t, http.StatusOK)
	grant := func(secret string) reply {
		return g.do(t, http.MethodPost, "/v1/oauth/token", fmt.Sprintf(`{"grant_type":"client_credentials","client_id":%q,"client_secret":%q}`, wide, secret))
	}
	grant(turned.text(t, "secret")).is(t, http.StatusOK)
	w.call(t, http.MethodPatch, "/v1/clients/"+wide, `{"disabled":true}`).is(t, http.StatusOK)
	if r := grant(turned.text(t, "secret")).is(t, http.StatusUnauthorized); r.text(t, "code") != "client_disabled" {
		t.Error(r.Body)
	}
}
