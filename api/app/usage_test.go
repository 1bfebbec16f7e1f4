package app_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

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
