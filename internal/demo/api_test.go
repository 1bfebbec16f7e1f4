package demo

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Every kind of record can be made, read, changed and deleted.
func TestRecords(t *testing.T) {
	t.Parallel()
	for plural, c := range map[string]struct{ create, patch, field, want, kept, keptWant string }{
		"contacts": {`{"name":"Alan","email":"alan@bombe.test","company":"Hut 8"}`, `{"name":"Alan T"}`, "name", "Alan T", "email", "alan@bombe.test"},
		"deals":    {`{"title":"Bombes","amount":100,"currency":"GBP"}`, `{"stage":"won"}`, "stage", "won", "currency", "GBP"},
		"notes":    {`{"text":"Halts?"}`, `{"text":"Perhaps"}`, "text", "Perhaps", "contact_id", "<nil>"},
	} {
		t.Run(plural, func(t *testing.T) {
			t.Parallel()
			g := newRig(t)
			made := g.wantStatus(g.key(http.MethodPost, "/api/"+plural, c.create), http.StatusCreated).json(t)
			at := "/api/" + plural + "/" + made["id"].(string)
			g.pass(time.Minute)
			g.wantStatus(g.key(http.MethodPatch, at, c.patch), http.StatusOK)
			got := g.wantStatus(g.key(http.MethodGet, at, ""), http.StatusOK).json(t)
			if got[c.field] != c.want || fmt.Sprint(got[c.kept]) != c.keptWant {
				t.Errorf("after the patch: %v", got)
			}
			if got["created_at"] != made["created_at"] || got["updated_at"] == made["updated_at"] {
				t.Errorf("times: made %v, patched %v", made, got)
			}
			g.wantProblem(g.do(http.MethodGet, at, "", "X-Acme-Key", g.newKeyOf(Grace)), http.StatusNotFound, "not_found", "")
			if r := g.wantStatus(g.key(http.MethodDelete, at, ""), http.StatusNoContent); r.Body != "" {
				t.Errorf("204 with a body: %s", r.Body)
			}
			for _, method := range []string{http.MethodGet, http.MethodPatch, http.MethodDelete} {
				g.wantProblem(g.key(method, at, "{}"), http.StatusNotFound, "not_found", "")
			}
		})
	}
}

func (g *rig) newKeyOf(user string) string { //nolint:unparam // reads better with the person named
	g.t.Helper()
	r := g.wantStatus(g.do(http.MethodPost, "/api-keys", `{"user":"`+user+`"}`), http.StatusCreated)
	return r.json(g.t)["key"].(string)
}

// What a caller may not write is named, with its field.
func TestValidation(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	hers := g.Contacts(Grace)[0].ID
	for name, c := range map[string]struct {
		path, body  string
		status      int
		code, field string
	}{
		"no name":                  {"contacts", `{}`, 422, "invalid_field", "name"},
		"a blank name":             {"contacts", `{"name":"  "}`, 422, "invalid_field", "name"},
		"a long name":              {"contacts", `{"name":"` + strings.Repeat("é", 201) + `"}`, 422, "invalid_field", "name"},
		"a number for a name":      {"contacts", `{"name":7}`, 422, "invalid_field", "name"},
		"not an address":           {"contacts", `{"name":"A","email":"Ada <ada@acme.test>"}`, 422, "invalid_field", "email"},
		"a field there is not":     {"contacts", `{"name":"A","phone":"1"}`, 422, "invalid_field", "phone"},
		"an id of one's own":       {"contacts", `{"name":"A","id":"con_1"}`, 422, "invalid_field", "id"},
		"a broken body":            {"contacts", `{"name":`, 400, "invalid_json", ""},
		"no body":                  {"contacts", ``, 400, "invalid_json", ""},
		"two bodies":               {"contacts", `{"name":"A"}{}`, 400, "invalid_json", ""},
		"a body over 1 MiB":        {"contacts", `{"name":"` + strings.Repeat("a", 1<<20) + `"}`, 413, "body_too_large", ""},
		"no title":                 {"deals", `{"amount":1}`, 422, "invalid_field", "title"},
		"less than nothing":        {"deals", `{"title":"A","amount":-1}`, 422, "invalid_field", "amount"},
		"half a cent":              {"deals", `{"title":"A","amount":0.5}`, 422, "invalid_field", "amount"},
		"a currency in words":      {"deals", `{"title":"A","currency":"euro"}`, 422, "invalid_field", "currency"},
		"an unknown stage":         {"deals", `{"title":"A","stage":"lunch"}`, 422, "invalid_field", "stage"},
		"another person's contact": {"deals", `{"title":"A","contact_id":"` + hers + `"}`, 422, "invalid_field", "contact_id"},
		"no text":                  {"notes", `{"text":""}`, 422, "invalid_field", "text"},
		"a note on nobody known":   {"notes", `{"text":"A","contact_id":"con_0"}`, 422, "invalid_field", "contact_id"},
		"a webhook to a file":      {"webhooks", `{"url":"file:///etc","events":["*"]}`, 422, "invalid_field", "url"},
		"a webhook to nowhere":     {"webhooks", `{"events":["*"]}`, 422, "invalid_field", "url"},
		"a webhook for nothing":    {"webhooks", `{"url":"https://a.test"}`, 422, "invalid_field", "events"},
		"a webhook for a whim":     {"webhooks", `{"url":"https://a.test","events":["lunch"]}`, 422, "invalid_field", "events"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g.wantProblem(g.key(http.MethodPost, "/api/"+c.path, c.body), c.status, c.code, c.field)
		})
	}
	id := g.Contacts(Ada)[0].ID
	g.wantProblem(g.key(http.MethodPatch, "/api/contacts/"+id, `{"name":""}`), 422, "invalid_field", "name")
}

// A deal lets go of its contact by null, and when the contact is deleted.
func TestContactIDLetsGo(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	con := g.Contacts(Ada)[0].ID
	create := func(path, body string) string {
		return g.wantStatus(g.key(http.MethodPost, path, body), http.StatusCreated).json(t)["id"].(string)
	}
	deal := create("/api/deals", `{"title":"A","contact_id":"`+con+`"}`)
	note := create("/api/notes", `{"text":"A","contact_id":"`+con+`"}`)
	if got := g.key(http.MethodPatch, "/api/deals/"+deal, `{"amount":5}`).json(t)["contact_id"]; got != con {
		t.Fatalf("a patch of the amount changed contact_id to %v", got)
	}
	if got := g.key(http.MethodPatch, "/api/deals/"+deal, `{"contact_id":null}`).json(t)["contact_id"]; got != nil {
		t.Errorf("null left contact_id at %v", got)
	}
	g.wantStatus(g.key(http.MethodDelete, "/api/contacts/"+con, ""), http.StatusNoContent)
	if got := g.key(http.MethodGet, "/api/notes/"+note, "").json(t)["contact_id"]; got != nil {
		t.Errorf("the note still points to a contact that is gone: %v", got)
	}
}

// Each operation takes its scope, and no other one opens it.
func TestScopes(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	for scope, c := range map[string]struct {
		method, path, body string
		status             int
	}{
		"contacts.read":  {http.MethodGet, "/api/contacts", "", 200},
		"contacts.write": {http.MethodPost, "/api/contacts", `{"name":"A"}`, 201},
		"deals.read":     {http.MethodGet, "/api/deals", "", 200},
		"deals.write":    {http.MethodPost, "/api/deals", `{"title":"A"}`, 201},
		"notes.read":     {http.MethodGet, "/api/notes", "", 200},
		"notes.write":    {http.MethodPost, "/api/notes", `{"text":"A"}`, 201},
		"webhooks.write": {http.MethodGet, "/api/webhooks", "", 200},
	} {
		t.Run(scope, func(t *testing.T) {
			t.Parallel()
			others := slices.DeleteFunc(allScopes(), func(s string) bool { return s == scope })
			with, without := g.connect(Ada, scope), g.connect(Ada, strings.Join(others, " "))
			g.wantStatus(g.bearer(with.access, c.method, c.path, c.body), c.status)
			r := g.bearer(without.access, c.method, c.path, c.body)
			g.wantProblem(r, http.StatusForbidden, "insufficient_scope", "")
			if want := `Bearer realm="Acme CRM", error="insufficient_scope", scope="` + scope + `"`; r.Header.Get("WWW-Authenticate") != want {
				t.Errorf("WWW-Authenticate = %q, want %q", r.Header.Get("WWW-Authenticate"), want)
			}
		})
	}
}

// Following next_cursor meets every record once, newest first, whatever is
// deleted or added on the way.
func TestPages(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	for i := range 45 {
		g.wantStatus(g.key(http.MethodPost, "/api/contacts", fmt.Sprintf(`{"name":"Walker %02d"}`, i)), http.StatusCreated)
		g.pass(time.Second)
	}
	for limit, wantPages := range map[int]int{0: 3, 15: 3, 44: 2, 45: 1, 100: 1} {
		q := url.Values{"q": {" wAlker "}}
		if limit > 0 {
			q.Set("limit", strconv.Itoa(limit))
		}
		var names []string
		pages := 0
		for {
			g.pass(rateWindow)
			var page struct {
				Data []Contact `json:"data"`
				Next *string   `json:"next_cursor"`
			}
			r := g.wantStatus(g.key(http.MethodGet, "/api/contacts?"+q.Encode(), ""), http.StatusOK)
			if err := json.Unmarshal([]byte(r.Body), &page); err != nil {
				t.Fatal(err)
			}
			pages++
			for _, c := range page.Data {
				names = append(names, c.Name)
			}
			if page.Next == nil {
				break
			}
			q.Set("cursor", *page.Next)
		}
		if pages != wantPages || len(names) != 45 || names[0] != "Walker 44" || names[44] != "Walker 00" || !slices.IsSortedFunc(names, func(a, b string) int { return strings.Compare(b, a) }) {
			t.Errorf("limit %d: %d pages (want %d) with %d names: %v", limit, pages, wantPages, len(names), names)
		}
	}

	first := g.key(http.MethodGet, "/api/contacts?limit=2&q=walker", "").json(t)
	last := first["data"].([]any)[1].(map[string]any)
	g.wantStatus(g.key(http.MethodDelete, "/api/contacts/"+last["id"].(string), ""), http.StatusNoContent)
	g.wantStatus(g.key(http.MethodPost, "/api/contacts", `{"name":"Walker 99"}`), http.StatusCreated)
	next := g.key(http.MethodGet, "/api/contacts?limit=1&q=walker&cursor="+first["next_cursor"].(string), "").json(t)
	if got := next["data"].([]any)[0].(map[string]any)["name"]; got != "Walker 42" {
		t.Errorf("the page after Walker 43, now deleted, begins with %v", got)
	}
	if r := g.key(http.MethodGet, "/api/contacts?q=nobody-like-that", ""); strings.TrimSpace(r.Body) != `{"data":[],"next_cursor":null}` {
		t.Errorf("an empty list is %s", r.Body)
	}
	g.wantProblem(g.key(http.MethodGet, "/api/deals?cursor="+first["next_cursor"].(string), ""), 422, "invalid_field", "cursor")
	for _, bad := range []string{"limit=0", "limit=101", "limit=x"} {
		g.wantProblem(g.key(http.MethodGet, "/api/contacts?"+bad, ""), 422, "invalid_field", "limit")
	}
}

// A token has sixty calls in ten seconds, counted apart from any other's.
func TestRateLimit(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	p := g.connect(Ada, "contacts.read")
	for i := range 60 {
		r := g.wantStatus(g.bearer(p.access, http.MethodGet, "/api/me", ""), http.StatusOK)
		if r.Header.Get("X-RateLimit-Limit") != "60" || r.Header.Get("X-RateLimit-Remaining") != strconv.Itoa(59-i) {
			t.Fatalf("call %d: %v", i, r.Header)
		}
	}
	g.pass(3 * time.Second)
	r := g.bearer(p.access, http.MethodGet, "/api/me", "")
	g.wantProblem(r, http.StatusTooManyRequests, "rate_limited", "")
	reset := time.Date(2026, 3, 1, 12, 0, 10, 0, time.UTC).Unix()
	if r.Header.Get("Retry-After") != "7" || r.Header.Get("X-RateLimit-Remaining") != "0" || r.Header.Get("X-RateLimit-Reset") != strconv.FormatInt(reset, 10) {
		t.Errorf("headers %v", r.Header)
	}
	g.wantStatus(g.key(http.MethodGet, "/api/me", ""), http.StatusOK)
	g.pass(7 * time.Second)
	g.wantStatus(g.bearer(p.access, http.MethodGet, "/api/me", ""), http.StatusOK)
}

// Keys open everything of their owner's and are shown once, by page or by JSON.
func TestAPIKeys(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	shape := regexp.MustCompile(`acme_[0-9a-f]{40}`)
	byJSON := g.newKeyOf(Grace)
	page := g.wantStatus(g.form("/settings/api-keys", url.Values{"user": {Grace}}), http.StatusCreated)
	byPage := shape.FindString(page.Body)
	if shape.FindString(byJSON) != byJSON || byPage == "" || byPage == byJSON {
		t.Fatalf("keys %q and %q", byJSON, byPage)
	}
	for key, want := range map[string]string{byJSON: Grace, byPage: Grace, DemoKey: Ada} {
		me := g.wantStatus(g.do(http.MethodGet, "/api/me", "", "X-Acme-Key", key), http.StatusOK).json(t)
		if me["id"] != want || len(me["scopes"].([]any)) != len(scopes) {
			t.Errorf("%s: me = %v, want %s", key, me, want)
		}
	}
	if r := g.wantStatus(g.do(http.MethodGet, "/settings/api-keys", ""), http.StatusOK); strings.Contains(r.Body, byPage) || !strings.Contains(r.Body, DemoKey) {
		t.Error("the page shows a key again, or not the demo key")
	}
	g.wantProblem(g.do(http.MethodPost, "/api-keys", `{"user":"usr_nobody"}`), 422, "invalid_field", "user")
	g.wantStatus(g.form("/settings/api-keys", url.Values{"user": {"usr_nobody"}}), http.StatusBadRequest)
	g.wantProblem(g.do(http.MethodGet, "/api/me", "", "X-Acme-Key", "acme_wrong"), http.StatusUnauthorized, "invalid_token", "")
	g.wantProblem(g.do(http.MethodGet, "/api/me", "", "Authorization", "Bearer "+DemoKey), http.StatusUnauthorized, "invalid_token", "")
}

// Nothing under /api answers in anything but JSON.
func TestJSONErrors(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	r := g.do(http.MethodGet, "/api/me", "")
	g.wantProblem(r, http.StatusUnauthorized, "unauthorized", "")
	if r.Header.Get("WWW-Authenticate") != `Bearer realm="Acme CRM"` {
		t.Errorf("WWW-Authenticate = %q", r.Header.Get("WWW-Authenticate"))
	}
	g.wantProblem(g.key(http.MethodGet, "/api/lunch", ""), http.StatusNotFound, "unknown_route", "")
	r = g.key(http.MethodPut, "/api/contacts", "{}")
	g.wantProblem(r, http.StatusMethodNotAllowed, "method_not_allowed", "")
	if r.Header.Get("Allow") != "GET, POST" {
		t.Errorf("Allow = %q", r.Header.Get("Allow"))
	}
}

// A person can hold so many records and no more; nothing is dropped for it.
func TestRecordsAreBounded(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	g.SetFaults(Faults{RateLimit: 10 * maxRows})
	seeded := len(g.Notes(Ada))
	for range maxRows - seeded {
		g.wantStatus(g.key(http.MethodPost, "/api/notes", `{"text":"A"}`), http.StatusCreated)
	}
	g.wantProblem(g.key(http.MethodPost, "/api/notes", `{"text":"A"}`), http.StatusConflict, "limit_reached", "")
	if n := len(g.Notes(Ada)); n != maxRows {
		t.Errorf("%d notes, want %d", n, maxRows)
	}
	if n := len(g.Deals(Ada)); n != 2 {
		t.Errorf("%d deals, want the two of the start", n)
	}
	for range maxHooks {
		g.wantStatus(g.key(http.MethodPost, "/api/webhooks", `{"url":"https://a.test","events":["deal.deleted"]}`), http.StatusCreated)
	}
	g.wantProblem(g.key(http.MethodPost, "/api/webhooks", `{"url":"https://a.test","events":["*"]}`), http.StatusConflict, "limit_reached", "")
}
