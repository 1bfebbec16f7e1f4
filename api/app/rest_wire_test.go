package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What official clients trip over, by the numbers of section 12 of the wire
// contract that this suite was written against.

var iso = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$`)

// 8: lists have their data as an array, never null, and a page_info whose
// end_cursor is null at the end, or clients ask for ever.
func TestEmptyLists(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	for _, path := range []string{
		"/v1/connect/{p}/accounts", "/v1/connect/{p}/users", "/v1/connect/apps?q=zzz", "/v1/connect/{p}/deployed-triggers?external_user_id=u",
		"/v1/connect/{p}/deployed-triggers?external_user_id=u&emitter_type=http", "/v1/connect/projects?q=zzz",
		"/v1/projects/{p}/deliveries", "/v1/projects/{p}/workflows", "/v1/projects/{p}/runs", "/v1/connect/{p}/accounts?external_user_id=nobody&app=nope",
	} {
		r := w.call(t, http.MethodGet, path, "").is(t, http.StatusOK)
		info := r.at(t, "page_info").(map[string]any)
		if !strings.Contains(r.Body, `"data":[]`) || info["total_count"] != 0.0 || info["count"] != 0.0 {
			t.Errorf("%s: %s", path, r.Body)
		}
		for _, key := range []string{"start_cursor", "end_cursor"} {
			if v, there := info[key]; !there || v != nil {
				t.Errorf("%s: %s = %v, there %v", path, key, v, there)
			}
		}
	}
	if r := w.call(t, http.MethodGet, "/v1/connect/{p}/users/nobody/accounts", "").is(t, http.StatusOK); r.Body != "[]" && r.Body != "[]\n" {
		t.Errorf("accounts by user: %s", r.Body)
	}
}

// 8: whoever follows end_cursor sees each thing once, and comes to an end; the
// way back by start_cursor leads to the page before.
func TestPaging(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	for i := range 5 {
		w.connectToken(t, fmt.Sprintf("user-%d", i), "")
		w.call(t, http.MethodPost, "/v1/projects/{p}/workflows", strings.Replace(definition, "Greet", fmt.Sprintf("W%d", i), 1)).is(t, http.StatusCreated)
		w.trigger(t, "user-0", "")
	}
	lists := map[string]struct {
		path, key string
		total     int
	}{
		"users":     {"/v1/connect/{p}/users?", "external_id", 5},
		"workflows": {"/v1/projects/{p}/workflows?", "name", 5},
		"triggers":  {"/v1/connect/{p}/deployed-triggers?external_user_id=user-0&emitter_type=http&", "id", 5},
		"apps":      {"/v1/connect/apps?q=acme&", "name_slug", 3},
	}
	for name, tt := range lists {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, limit := range []int{1, 2, 3, 5, 1000} {
				seen, pages := map[string]int{}, 0
				after, before, first := "", "", ""
				for {
					pages++
					r := w.call(t, http.MethodGet, tt.path+fmt.Sprintf("limit=%d&after=%s", limit, url.QueryEscape(after)), "").is(t, http.StatusOK)
					rows := r.at(t, "data").([]any)
					for _, row := range rows {
						seen[row.(map[string]any)[tt.key].(string)]++
					}
					if r.at(t, "page_info", "total_count") != float64(tt.total) || r.at(t, "page_info", "count") != float64(len(rows)) || len(rows) > limit {
						t.Fatalf("limit %d: %s", limit, r.Body)
					}
					if pages == 1 && len(rows) > 0 {
						first = r.text(t, "data", 0, tt.key)
					}
					if pages == 2 {
						before = r.text(t, "page_info", "start_cursor")
					}
					if after = r.text(t, "page_info", "end_cursor"); after == "" || pages > 2*tt.total {
						break
					}
				}
				if want := (tt.total + limit - 1) / limit; pages != want || len(seen) != tt.total {
					t.Errorf("limit %d: %d pages, want %d; saw %v", limit, pages, want, seen)
				}
				for id, n := range seen {
					if n != 1 {
						t.Errorf("limit %d: %s came %d times", limit, id, n)
					}
				}
				if before != "" {
					if r := w.call(t, http.MethodGet, tt.path+fmt.Sprintf("limit=%d&before=%s", limit, url.QueryEscape(before)), "").is(t, http.StatusOK); r.text(t, "data", 0, tt.key) != first || r.at(t, "page_info", "end_cursor") == nil {
						t.Errorf("limit %d, back from the second page: %s", limit, r.Body)
					}
				}
			}
		})
	}
}

// 20: clients write flags as true or 1, and several categories repeated or
// separated by commas.
func TestQuerySpellings(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	id := w.account(t, "ada")
	for flag, shown := range map[string]bool{"true": true, "1": true, "false": false, "0": false} {
		r := w.call(t, http.MethodGet, "/v1/connect/{p}/accounts/"+id+"?include_credentials="+flag, "").is(t, http.StatusOK)
		if got := r.at(t, "credentials") != nil; got != shown {
			t.Errorf("include_credentials=%s shows credentials: %v", flag, got)
		}
		apps := w.call(t, http.MethodGet, "/v1/connect/apps?limit=1&has_actions="+flag, "").is(t, http.StatusOK)
		if n, _ := apps.at(t, "page_info", "total_count").(float64); (n < 100) != shown || n == 0 { // not all have actions
			t.Errorf("has_actions=%s: %v apps", flag, n)
		}
	}
	for query, total := range map[string]float64{
		"category_ids=demo": 3, "category_ids=demo&category_ids=none": 3, "category_ids=none,demo": 3, "category_ids=none&category_ids=void": 0,
		"category_ids=none%2Cvoid": 0, "q=acme%20api%20key": 1, "q=acme&sort_key=name&sort_direction=desc": 3, "q=&category_ids=appcat_demo": 3,
	} {
		if r := w.call(t, http.MethodGet, "/v1/connect/apps?"+query, "").is(t, http.StatusOK); r.at(t, "page_info", "total_count") != total {
			t.Errorf("%s: %s", query, r.Body)
		}
	}
}

// 1-3: no path is redirected, and what is escaped stays one segment, in every
// spelling that clients have.
func TestPathSpellings(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	bearer := "Bearer " + w.token
	for _, path := range []string{"/v1/apps", "/v1/connect/apps", "/v1/connect//apps", "/v1/apps?q=acme"} {
		g.do(t, http.MethodGet, path, "", "Authorization", bearer).is(t, http.StatusOK)
	}
	app := g.do(t, http.MethodGet, "/v1/connect/apps/acme_crm", "", "Authorization", bearer).is(t, http.StatusOK)
	for _, path := range []string{"/v1/apps/acme_crm", "/v1/apps/" + app.text(t, "data", "id"), "/v1/connect//apps/acme_crm"} {
		if r := g.do(t, http.MethodGet, path, "", "Authorization", bearer).is(t, http.StatusOK); r.Body != app.Body {
			t.Errorf("%s: %s", path, r.Body)
		}
	}
	for name, external := range map[string]string{"a slash": "team/ada", "two slashes": "a//b", "an escape": "a%2Fb", "a space": "ada lovelace", "a plus": "a+b", "dots": "..", "a word of ours": "apps", "an alphabet": "Ädä 愛"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := w.newProject("P")
			id := p.account(t, external)
			escaped := url.PathEscape(external)
			for _, base := range []string{"/v1/connect/{p}", "/v1/connect//{p}"} {
				if r := p.call(t, http.MethodGet, base+"/users/"+escaped+"/accounts", "").is(t, http.StatusOK); r.text(t, 0, "id") != id || r.text(t, 0, "external_id") != external {
					t.Errorf("%s: %s", base, r.Body)
				}
			}
			ctok := p.connectToken(t, external, "")
			r := g.do(t, http.MethodGet, "/v1/connect//users/"+escaped+"/accounts", "", "Authorization", "Bearer "+ctok).is(t, http.StatusOK)
			if r.text(t, 0, "id") != id {
				t.Errorf("by connect token: %s", r.Body)
			}
			p.call(t, http.MethodDelete, "/v1/connect/{p}/users/"+escaped, "").is(t, http.StatusNoContent)
			p.call(t, http.MethodDelete, "/v1/connect/{p}/users/"+escaped, "").refused(t, http.StatusNotFound, "user_not_found")
		})
	}
}

// 6, 7, 9: what is wrapped in {data} and what is bare; ISO dates for accounts
// and users, and numbers for emitters (milliseconds) and webhooks (seconds).
func TestShapes(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	account := w.account(t, "ada")
	trigger, _, deployed := w.trigger(t, "ada", "http://127.0.0.1:9/x")
	hook := w.call(t, http.MethodPut, "/v1/connect/{p}/webhook", `{"url":"http://127.0.0.1:9/p"}`).is(t, http.StatusOK)
	ofTrigger := w.call(t, http.MethodGet, "/v1/connect/{p}/deployed-triggers/"+trigger+"/webhooks?external_user_id=ada", "").is(t, http.StatusOK)
	bare := map[string]string{
		"/v1/connect/{p}/accounts/" + account: "id", "/v1/connect/projects/{p}": "id",
	}
	for path, key := range bare {
		if r := w.call(t, http.MethodGet, path, "").is(t, http.StatusOK); r.at(t, key) == nil || r.at(t, "data") != nil {
			t.Errorf("%s is not bare: %s", path, r.Body)
		}
	}
	for path, r := range map[string]reply{
		"deploy": deployed, "project webhook": hook, "app": w.call(t, http.MethodGet, "/v1/connect/apps/acme_crm", ""),
		"trigger":         w.call(t, http.MethodGet, "/v1/connect/{p}/deployed-triggers/"+trigger+"?external_user_id=ada", ""),
		"trigger webhook": w.call(t, http.MethodGet, "/v1/connect/{p}/deployed-triggers/"+trigger+"/webhooks/"+ofTrigger.text(t, "webhooks", 0, "id")+"?external_user_id=ada", ""),
	} {
		if len(r.is(t, http.StatusOK).json(t)) != 1 || (r.at(t, "data", "id") == nil) {
			t.Errorf("%s is not wrapped: %s", path, r.Body)
		}
	}
	a := w.call(t, http.MethodGet, "/v1/connect/{p}/accounts/"+account, "").is(t, http.StatusOK)
	u := w.call(t, http.MethodGet, "/v1/connect/{p}/users", "").is(t, http.StatusOK)
	tok := w.call(t, http.MethodPost, "/v1/connect/{p}/tokens", `{"external_user_id":"ada"}`).is(t, http.StatusOK)
	for _, v := range []any{a.at(t, "created_at"), a.at(t, "updated_at"), u.at(t, "data", 0, "created_at"), u.at(t, "data", 0, "updated_at"), tok.at(t, "expires_at")} {
		if s, _ := v.(string); !iso.MatchString(s) {
			t.Errorf("%v is not an ISO date", v)
		}
	}
	for _, key := range []string{"created_at", "updated_at"} {
		ms, s := deployed.at(t, "data", key), hook.at(t, "data", key)
		if n, _ := ms.(float64); n < 1e12 {
			t.Errorf("emitter %s = %v, want milliseconds", key, ms)
		}
		if n, _ := s.(float64); n < 1e9 || n > 1e11 {
			t.Errorf("webhook %s = %v, want seconds", key, s)
		}
	}
}

// 5, 22: every field that clients require is there, null where there is nothing;
// keys that were never asked for are left out. custom_fields_json is a text.
func TestNullAndAbsent(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	a := w.call(t, http.MethodGet, "/v1/connect/{p}/accounts/"+w.account(t, "ada"), "").is(t, http.StatusOK).json(t)
	for _, key := range []string{"expires_at", "error", "last_refreshed_at", "next_refresh_at"} {
		if v, there := a[key]; !there || v != nil {
			t.Errorf("%s = %v, there %v; want null", key, v, there)
		}
	}
	if _, there := a["credentials"]; there {
		t.Error("credentials are there, though nobody asked")
	}
	if scopes, ok := a["authorized_scopes"].([]any); !ok || len(scopes) != 0 {
		t.Errorf("authorized_scopes = %v, want []", a["authorized_scopes"])
	}
	app := a["app"].(map[string]any)
	var fields []map[string]any
	if err := json.Unmarshal([]byte(app["custom_fields_json"].(string)), &fields); err != nil || len(fields) != 1 || fields[0]["name"] != "api_key" || fields[0]["type"] != "password" {
		t.Errorf("custom_fields_json = %v (%v)", app["custom_fields_json"], err)
	}
	if p := app["scope_profiles"].([]any); len(p) != 0 {
		t.Errorf("scope_profiles = %v, want []", p)
	}
	_, _, silent := w.trigger(t, "ada", "")
	_, _, told := w.trigger(t, "ada", "http://127.0.0.1:9/x")
	if _, there := silent.json(t)["data"].(map[string]any)["webhook_signing_key"]; there {
		t.Error("a trigger without a webhook has a signing key")
	}
	if key := told.text(t, "data", "webhook_signing_key"); !regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString(key) {
		t.Errorf("webhook_signing_key = %q", key)
	}
	again := w.call(t, http.MethodGet, "/v1/connect/{p}/deployed-triggers/"+told.text(t, "data", "id")+"?external_user_id=ada", "").is(t, http.StatusOK)
	if strings.Contains(again.Body, "webhook_signing_key") {
		t.Errorf("the key is shown again: %s", again.Body)
	}
	browser := g.do(t, http.MethodPost, "/v1/connect/triggers/deploy", `{"id":"http-new-requests","external_user_id":"ada","webhook_url":"http://127.0.0.1:9/y"}`, "Authorization", "Bearer "+w.connectToken(t, "ada", "")).is(t, http.StatusOK)
	if strings.Contains(browser.Body, "webhook_signing_key") {
		t.Errorf("a browser is shown the key: %s", browser.Body)
	}
	// The real spelling of an update by older clients: null means unchanged.
	id := told.text(t, "data", "id")
	r := w.call(t, http.MethodPut, "/v1/connect/{p}/deployed-triggers/"+id+"?external_user_id=ada", `{"active":null,"name":null,"emit_on_deploy":null,"configured_props":null}`).is(t, http.StatusOK)
	if r.at(t, "data", "name") != told.at(t, "data", "name") || r.at(t, "data", "active") != true {
		t.Errorf("null changed something: %s", r.Body)
	}
}

// A URL that stays in the list keeps its key, one that is new gets one, and a
// browser sees the URLs without keys. Regenerating changes the key at once.
func TestTriggerWebhookKeys(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	id, _, told := w.trigger(t, "ada", "http://127.0.0.1:9/a")
	path := "/v1/connect/{p}/deployed-triggers/" + id + "/webhooks"
	set := func(urls string) reply {
		return w.call(t, http.MethodPut, path+"?external_user_id=ada", `{"webhook_urls":`+urls+`}`).is(t, http.StatusOK)
	}
	both := set(`["http://127.0.0.1:9/b","http://127.0.0.1:9/a"]`)
	keys := map[string]string{}
	for _, h := range both.at(t, "webhooks").([]any) {
		m := h.(map[string]any)
		keys[m["url"].(string)] = m["signing_key"].(string)
	}
	if keys["http://127.0.0.1:9/a"] != told.text(t, "data", "webhook_signing_key") || keys["http://127.0.0.1:9/b"] == "" || keys["http://127.0.0.1:9/b"] == keys["http://127.0.0.1:9/a"] {
		t.Fatalf("keys %v", keys)
	}
	seen := g.do(t, http.MethodGet, "/v1/connect/deployed-triggers/"+id+"/webhooks?external_user_id=ada", "", "Authorization", "Bearer "+w.connectToken(t, "ada", "")).is(t, http.StatusOK)
	if len(seen.at(t, "webhook_urls").([]any)) != 2 || strings.Contains(seen.Body, `"signing_key":`) {
		t.Errorf("a browser sees %s", seen.Body)
	}
	hook := both.text(t, "webhooks", 0, "id")
	r := w.call(t, http.MethodPost, path+"/"+hook+"/regenerate_signing_key?external_user_id=ada", "").is(t, http.StatusOK)
	if old := slices.Sorted(func(yield func(string) bool) {
		for _, k := range keys {
			if !yield(k) {
				return
			}
		}
	}); slices.Contains(old, r.text(t, "data", "signing_key")) {
		t.Error("the new key is an old one")
	}
	if none := set(`[]`); !strings.Contains(none.Body, `"webhook_urls":[],"webhooks":[]`) {
		t.Errorf("none: %s", none.Body)
	}
}
