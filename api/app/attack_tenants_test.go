package app_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// The confused deputy: ids of another user, another environment and another
// workspace, at every endpoint of the connect page that takes one. Each is
// answered as one that there is not, and nothing of it is shown or done.
func TestAttackIDsOfOthers(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	s := g.stranger()
	type owned struct{ account, client, override, flow string }
	of := func(w *workspace, user string) owned {
		ctok := w.connectToken(t, user, "")
		b := g.browser(t)
		b.start(t, ctok).is(t, http.StatusSeeOther)
		return owned{
			account: w.account(t, user), client: w.oauthApp, flow: g.status(t, ctok).text(t, "flow"),
			override: w.call(t, http.MethodPost, "/v1/connect/{p}/app_overrides", `{"app":"zendesk","name":"Of `+user+`","cfmap":{"subdomain":"theirs-4711"}}`).is(t, http.StatusCreated).text(t, "id"),
		}
	}
	nobody := owned{"apn_" + strings.Repeat("0", 26), "oa_" + strings.Repeat("0", 26), "ao_" + strings.Repeat("0", 26), "flow_" + strings.Repeat("0", 26)}
	victims := map[string]owned{"another user": of(w, "victim"), "another environment": of(w.in("production"), "ada"), "another workspace": of(s, "ada")}
	// What both environments and all users of a project share is no secret among them.
	for name, shared := range map[string]bool{"another user": true, "another environment": true} {
		if v := victims[name]; shared {
			v.client, v.override = nobody.client, nobody.override
			victims[name] = v
		}
	}
	mine := w.connectToken(t, "ada", "")
	ask := func(method, path, body string) reply {
		r := g.do(t, method, g.tls+path, body, "Authorization", bearerOf(mine))
		return r
	}
	body := func(v map[string]any) string {
		b, _ := json.Marshal(v)
		return string(b)
	}
	calls := map[string]func(o owned) reply{
		"page of an account": func(o owned) reply {
			return ask(http.MethodGet, "/connect/page?app=acme_crm_key&token="+mine+"&accountId="+o.account, "")
		},
		"page through a client": func(o owned) reply {
			return ask(http.MethodGet, "/connect/page?app=acme_crm&token="+mine+"&oauthAppId="+o.client, "")
		},
		"page with an override": func(o owned) reply {
			return ask(http.MethodGet, "/connect/page?app=zendesk&token="+mine+"&appOverrideId="+o.override, "")
		},
		"HTML of an account": func(o owned) reply {
			return ask(http.MethodGet, "/_static/connect.html?app=acme_crm_key&token="+mine+"&accountId="+o.account, "")
		},
		"plan of an account": func(o owned) reply {
			return ask(http.MethodGet, "/connect/plan?app=acme_crm_key&accountId="+o.account, "")
		},
		"plan through a client": func(o owned) reply { return ask(http.MethodGet, "/connect/plan?app=acme_crm&oauthAppId="+o.client, "") },
		"plan with an override": func(o owned) reply {
			return ask(http.MethodGet, "/connect/plan?app=zendesk&appOverrideId="+o.override, "")
		},
		"start for an account": func(o owned) reply {
			return ask(http.MethodPost, "/connect/oauth/start", body(map[string]any{"app": "acme_crm", "account_id": o.account}))
		},
		"start through a client": func(o owned) reply {
			return ask(http.MethodPost, "/connect/oauth/start", body(map[string]any{"app": "acme_crm", "oauth_app_id": o.client}))
		},
		"start with an override": func(o owned) reply {
			return ask(http.MethodPost, "/connect/oauth/start", body(map[string]any{"app": "zendesk", "app_override_id": o.override}))
		},
		"keys into an account": func(o owned) reply {
			return ask(http.MethodPost, "/connect/keys", body(map[string]any{"app": "acme_crm_key", "account_id": o.account, "fields": map[string]string{"api_key": "acme_demo_key_ada"}}))
		},
		"keys with an override": func(o owned) reply {
			return ask(http.MethodPost, "/connect/keys", body(map[string]any{"app": "zendesk", "app_override_id": o.override, "fields": map[string]string{"x": "y"}}))
		},
		"answer to a flow": func(o owned) reply {
			return ask(http.MethodPost, "/connect/flows/"+o.flow+"/answer", `{"continue":true}`)
		},
		"end of a flow":          func(o owned) reply { return ask(http.MethodPost, "/connect/flows/"+o.flow+"/cancel", "") },
		"name of an account":     func(o owned) reply { return ask(http.MethodPatch, "/connect/accounts/"+o.account, `{"name":"Stolen"}`) },
		"deletion of an account": func(o owned) reply { return ask(http.MethodDelete, "/connect/accounts/"+o.account, "") },
		"validation of an account": func(o owned) reply {
			return g.do(t, http.MethodGet, "/v1/connect/tokens/"+mine+"/validate?app_id=acme_crm_key&account_id="+o.account, "")
		},
	}
	plain := func(r reply) string { // without what differs in every answer
		var doc map[string]any
		if json.Unmarshal([]byte(r.Body), &doc) != nil {
			return http.StatusText(r.Status)
		}
		for _, m := range []map[string]any{doc, asMap(doc["details"]), asMap(doc["problem"])} {
			delete(m, "request_id")
			delete(m, "session")
		}
		return http.StatusText(r.Status) + body(doc)
	}
	for name, call := range calls {
		want := call(nobody)
		if want.Status == http.StatusOK && !strings.Contains(want.Body, `"problem":{`) && !strings.Contains(want.Body, `"success":false`) && !strings.Contains(name, "HTML") {
			t.Errorf("%s: nobody's id is taken: %s", name, want.Body)
		}
		for whose, v := range victims {
			got := call(v)
			if plain(got) != plain(want) || strings.Contains(got.Body, "theirs-4711") || strings.Contains(got.Body, "Ada Lovelace") || got.Header.Get("Location") != "" {
				t.Errorf("%s of %s: %d %s\nof nobody: %d %s", name, whose, got.Status, got.Body, want.Status, want.Body)
			}
		}
	}
	for whose, in := range map[string]*workspace{"another user": w, "another environment": w.in("production"), "another workspace": s} {
		r := in.call(t, http.MethodGet, "/v1/connect/{p}/accounts/"+victims[whose].account, "").is(t, http.StatusOK)
		if r.text(t, "name") == "Stolen" {
			t.Errorf("the account of %s has another name", whose)
		}
	}
	list := ask(http.MethodGet, "/connect/accounts", "").is(t, http.StatusOK)
	if n := len(list.at(t, "data").([]any)); n != 0 {
		t.Errorf("the user is shown %d accounts\n%s", n, list.Body)
	}
	if u := (url.Values{"token": {mine}, "view": {"accounts"}}); strings.Contains(ask(http.MethodGet, "/_static/connect.html?"+u.Encode(), "").Body, "Ada Lovelace") {
		t.Error("the page shows an account of another's")
	}
}

func asMap(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}
