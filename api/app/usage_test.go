package app_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/api/app"
	"github.com/patchbay-dev/patchbay/internal/access"
)

// What is done by API and by workflows is counted in seconds, once; whoever is bound
// to another project or environment sees none of it.
func TestUsage(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	g.work()
	account := w.account(t, "ada")
	g.app.on("/usage/ok", func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusNoContent) })
	for range 3 {
		w.call(t, http.MethodGet, through("/usage/ok", account, "ada"), "").is(t, http.StatusNoContent)
	}
	w.call(t, http.MethodGet, through("https://elsewhere.test/", account, "ada"), "") // refused: it is not the app's
	w.act(t, "create-contact", "ada", account, `"name":"Grace"`).is(t, http.StatusOK)
	now := time.Now().UTC()
	days := "from=" + now.AddDate(0, 0, -1).Format(time.DateOnly) + "&to=" + now.AddDate(0, 0, 1).Format(time.DateOnly)
	count := func(v *workspace, query string) reply {
		return v.call(t, http.MethodGet, "/v1/projects/{p}/usage?"+days+query, "").is(t, http.StatusOK)
	}
	soon(t, "what was used", func() bool {
		total := count(w, "").at(t, "total")
		return fmt.Sprint(total) == "map[action_runs:1 connects:1 credits:4 deliveries:0 duration_ms:"+fmt.Sprint(total.(map[string]any)["duration_ms"])+" proxy_calls:3 trigger_events:0 workflow_runs:0]"
	})
	if r := count(w, "&group_by=app"); r.at(t, "data", 0, "key") != "acme_crm_key" || r.at(t, "data", 0, "counts", "connects") != 1.0 {
		t.Error(r.Body)
	}
	if r := count(w, "&group_by=user&external_user_id=bob"); r.at(t, "data", 0) != nil {
		t.Error(r.Body)
	}
	if r := count(w.in("production"), ""); r.at(t, "total", "proxy_calls") != 0.0 {
		t.Error(r.Body)
	}
	table := w.call(t, http.MethodGet, "/v1/projects/{p}/usage?"+days+"&group_by=user&format=csv", "").is(t, http.StatusOK)
	if !strings.HasPrefix(table.Body, "user,connects,action_runs,proxy_calls,") || !strings.Contains(table.Body, "\nada,1,1,3,0,") {
		t.Error(table.Body)
	}
	period := fmt.Sprintf("/v1/connect/usage?start_ts=%d&end_ts=%d", now.AddDate(0, 0, -1).Unix(), now.AddDate(0, 0, 1).Unix())
	used := func(r reply) (credits float64) {
		for _, d := range r.is(t, http.StatusOK).at(t, "data").([]any) {
			credits += d.(map[string]any)["credits_used"].(float64)
		}
		return credits
	}
	if r := w.call(t, http.MethodGet, period, ""); used(r) != 4 {
		t.Error(r.Body)
	}
	other := w.newProject("Other")
	bound := func(wish access.Wish) *workspace {
		name := "bound"
		wish.Name = &name
		c, key, err := g.Access.Create(t.Context(), w.id, access.OAuth, wish)
		if err != nil {
			t.Fatal(err)
		}
		v := *w
		v.client, v.key = c.ID, key.Reveal()
		v.token = v.scoped("")
		return &v
	}
	elsewhere := bound(access.Wish{Projects: &[]string{other.project}})
	if r := elsewhere.call(t, http.MethodGet, period, ""); used(r) != 0 {
		t.Error(r.Body)
	}
	elsewhere.call(t, http.MethodGet, period+"&project_id="+w.project, "").is(t, http.StatusNotFound)
	production := bound(access.Wish{Environments: &[]string{"production"}})
	for _, query := range []string{"", "&environment=development"} {
		if r := production.call(t, http.MethodGet, period+query, ""); used(r) != 0 {
			t.Error(r.Body)
		}
	}
	if r := g.stranger().call(t, http.MethodGet, period, ""); used(r) != 0 {
		t.Error(r.Body)
	}
	g.stranger().call(t, http.MethodGet, period+"&project_id="+w.project, "").is(t, http.StatusNotFound)
}

// The published limits hold by operation, with their headers, for the project and
// the user whose they are; members who look at the console use none up.
func TestPublishedLimits(t *testing.T) {
	t.Parallel()
	g := newRig(t, func(c *app.Config) { c.AccountLimit, c.ComponentLimit, c.TokenLimit = "3/1h", "2/1h", "2/1h" })
	w := g.home
	other := w.newProject("Other")
	for i := range 4 {
		r := w.call(t, http.MethodGet, "/v1/connect/{p}/accounts", "")
		if i < 3 {
			if r.is(t, http.StatusOK).Header.Get("X-Ratelimit-Remaining") != fmt.Sprint(2-i) || r.Header.Get("X-Ratelimit-Limit") != "3" || r.Header.Get("X-Ratelimit-Reset") != "" {
				t.Errorf("request %d: %v", i, r.Header)
			}
			continue
		}
		r.is(t, http.StatusTooManyRequests)
		if r.text(t, "error") != "Throttled" || r.Header.Get("Retry-After") == "" || r.Header.Get("X-Ratelimit-Remaining") != "0" || r.Header.Get("X-Ratelimit-Reset") == "" {
			t.Errorf("%v\n%s", r.Header, r.Body)
		}
	}
	w.call(t, http.MethodDelete, "/v1/connect/{p}/accounts/apn_1", "").is(t, http.StatusTooManyRequests)
	other.call(t, http.MethodGet, "/v1/connect/{p}/accounts", "").is(t, http.StatusOK)
	for i, want := range []int{http.StatusOK, http.StatusOK, http.StatusTooManyRequests} {
		if r := w.call(t, http.MethodGet, "/v1/connect/{p}/components", ""); r.Status != want {
			t.Errorf("components %d: %d", i, r.Status)
		}
	}
	token := func(user string) int {
		return w.call(t, http.MethodPost, "/v1/connect/{p}/tokens", fmt.Sprintf(`{"external_user_id":%q}`, user)).Status
	}
	if got := fmt.Sprint(token("ann"), token("ann"), token("ann"), token("bob")); got != "200 200 429 200" {
		t.Error(got)
	}
}

// A plan that the operator attaches to a workspace, and what a project sets itself,
// hold for actions, calls and runs: 403 with what is used up, and no others'.
func TestQuotaRefuses(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	account := w.account(t, "ada")
	plans := func(args ...string) (string, error) {
		var out bytes.Buffer
		err := g.typed(t.Context(), g.config, &out, io.Discard, append([]string{"plans"}, args...)...)
		return out.String(), err
	}
	for _, args := range [][]string{{"set", "small", "--title", "Small", "--limit", "proxy=7000/1h", "--quota", "proxy_call=0:refuse", "--quota", "delivery=100"}, {"attach", w.id, "small"}} {
		if _, err := plans(args...); err != nil {
			t.Fatal(args, err)
		}
	}
	if said, err := plans("list"); err != nil || !strings.Contains(said, "small  Small  1           proxy=7000/3600s delivery=100 proxy_call=0:refuse") {
		t.Error(said, err)
	}
	for _, args := range [][]string{{}, {"set"}, {"set", "x", "--colour", "red"}, {"attach", w.id}, {"set", "x", "--limit", "proxy=much"}, {"set", "x", "--quota", "delivery=1:refuse"}, {"remove", "small"}, {"attach", "o_nobody", "small"}} {
		if _, err := plans(args...); err == nil {
			t.Errorf("%v is done", args)
		}
	}
	var call reply
	soon(t, "the plan to be known to a process that looked before", func() bool {
		call = w.call(t, http.MethodGet, through("/usage/none", account, "ada"), "")
		return call.Status == http.StatusForbidden
	})
	if call.text(t, "code") != "quota_exceeded" || call.at(t, "details", "of") != "workspace" || call.at(t, "details", "kind") != "proxy_call" {
		t.Error(call.Body)
	}
	w.act(t, "create-contact", "ada", account, `"name":"Grace"`).is(t, http.StatusOK)
	w.call(t, http.MethodPut, "/v1/projects/{p}/limits", `{"limits":[],"quotas":[{"kind":"action_run","most":0,"at_full":"refuse"},{"kind":"workflow_run","most":0,"at_full":"refuse"},{"kind":"connect","most":0,"at_full":"refuse"}]}`).is(t, http.StatusOK)
	refused := w.act(t, "create-contact", "ada", account, `"name":"Grace"`).is(t, http.StatusForbidden)
	if refused.at(t, "details", "of") != "project" {
		t.Error(refused.Body)
	}
	id, _ := w.workflow(t, definition)
	w.call(t, http.MethodPost, "/v1/projects/{p}/workflows/"+id+"/runs", `{}`).is(t, http.StatusForbidden)
	w.call(t, http.MethodPost, "/v1/connect/{p}/tokens", `{"external_user_id":"ada"}`).is(t, http.StatusForbidden)
	limits := w.call(t, http.MethodGet, "/v1/projects/{p}/limits", "").is(t, http.StatusOK)
	if limits.text(t, "data", "plan") != "Small" || !strings.Contains(limits.Body, `{"at_full":"warn","kind":"delivery","most":100,"of":"workspace","used":0}`) {
		t.Error(limits.Body)
	}
	other := w.newProject("Other")
	other.act(t, "create-contact", "bob", other.account(t, "bob"), `"name":"Grace"`).is(t, http.StatusOK)
	g.stranger().call(t, http.MethodPut, "/v1/projects/"+w.project+"/limits", `{"limits":[],"quotas":[]}`).is(t, http.StatusNotFound)
}
