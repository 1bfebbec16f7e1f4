package app_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/api/app"
	"github.com/patchbay-dev/patchbay/internal/demo"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// hook deploys the trigger for changed contacts of Acme CRM.
func (w *workspace) hook(t *testing.T, user, accountID, more string) reply {
	t.Helper()
	return w.call(t, http.MethodPost, "/v1/connect/{p}/triggers/deploy",
		fmt.Sprintf(`{"id":"acme-crm-key-contact-changed","external_user_id":%q,"configured_props":{"acme_crm_key":{"authProvisionId":%q}}%s}`, user, accountID, more))
}

// crmHooks are the webhooks that Acme CRM has, by id. It is not asked often: it
// counts the calls of a token.
func (g *rig) crmHooks(t *testing.T) map[string]string {
	t.Helper()
	time.Sleep(300 * time.Millisecond)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, g.config.DemoURL+"/api/webhooks", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Acme-Key", demo.DemoKey)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, _ := io.ReadAll(res.Body)
	var list struct {
		Data []struct{ ID, URL string }
	}
	if err := json.Unmarshal(raw, &list); err != nil || res.StatusCode != http.StatusOK {
		t.Fatal(string(raw), err)
	}
	out := map[string]string{}
	for _, h := range list.Data {
		out[h.ID] = h.URL
	}
	return out
}

func (w *workspace) emitted(t *testing.T, id string) string {
	t.Helper()
	return w.call(t, http.MethodGet, "/v1/connect/{p}/deployed-triggers/"+id+"/events?external_user_id=ada", "").is(t, http.StatusOK).Body
}

// A trigger that has the app call it is told of what changes there, by requests
// whose signatures it checks; tells its webhook; and leaves nothing at the app
// when it is paused or deleted.
func TestHookStory(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	g.work()
	w := g.home
	builder := testkit.NewReceiver(t)
	account := w.account(t, "ada")
	r := w.hook(t, "ada", account, `,"webhook_url":"`+builder.URL+`"`).is(t, http.StatusOK)
	id := r.text(t, "data", "id")
	hooks := g.crmHooks(t)
	if r.text(t, "data", "type") != "DeployedComponent" || len(hooks) != 1 {
		t.Fatal(r.Body, hooks)
	}
	w.act(t, "create-contact", "ada", account, `"name":"Grace Hopper"`).is(t, http.StatusOK)
	soon(t, "the webhook of the builder", func() bool { return len(builder.Calls()) == 1 })
	if c := builder.Calls()[0]; !strings.Contains(c.Body, `"contact.created"`) || !strings.Contains(c.Body, "Grace Hopper") || c.Header.Get("X-Pd-Emitter-Id") != id {
		t.Fatalf("%s %v", c.Body, c.Header)
	}
	var at string
	for _, url := range hooks {
		at = url
	}
	forged := g.do(t, http.MethodPost, at, `{"id":"evt_forged","type":"contact.created","data":{"name":"Mallory"}}`, "X-Acme-Signature", "t=1,v1=00")
	forged.is(t, http.StatusUnauthorized)
	if got := w.emitted(t, id); strings.Count(got, `"k":"emit"`) != 1 {
		t.Fatal(got)
	}

	own := `{"acme_crm_key":{"authProvisionId":"` + account + `"}}`
	w.call(t, http.MethodPut, "/v1/connect/{p}/deployed-triggers/"+id+"?external_user_id=ada", `{"configured_props":`+own+`}`).is(t, http.StatusOK)
	again := g.crmHooks(t)
	if len(again) != 1 || fmt.Sprint(again) == fmt.Sprint(hooks) {
		t.Fatalf("one webhook was to take the place of the other: %v, %v", hooks, again)
	}
	w.act(t, "create-contact", "ada", account, `"name":"Alan Turing"`).is(t, http.StatusOK)
	soon(t, "what the new webhook tells", func() bool { return strings.Contains(w.emitted(t, id), "Alan Turing") })

	at2 := "/v1/connect/{p}/deployed-triggers/" + id + "?external_user_id=ada"
	w.call(t, http.MethodPut, at2, `{"active":false}`).is(t, http.StatusOK)
	if left := g.crmHooks(t); len(left) != 0 {
		t.Fatalf("a paused trigger has %v", left)
	}
	w.call(t, http.MethodPut, at2, `{"active":true}`).is(t, http.StatusOK)
	if left := g.crmHooks(t); len(left) != 1 {
		t.Fatalf("a resumed trigger has %v", left)
	}
	w.call(t, http.MethodDelete, at2, "").is(t, http.StatusNoContent)
	if left := g.crmHooks(t); len(left) != 0 {
		t.Fatalf("a deleted trigger has %v", left)
	}
	g.do(t, http.MethodPost, at, `{}`).is(t, http.StatusNotFound)
}

// What the app refuses is no trigger, and leaves nothing; a change that it
// refuses is none.
func TestHookRefused(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	account := w.account(t, "ada")
	g.acme.SetFaults(demo.Faults{APIStatus: http.StatusForbidden})
	w.hook(t, "ada", account, "").refused(t, http.StatusBadRequest, "hook_failed")
	listed := w.call(t, http.MethodGet, "/v1/connect/{p}/deployed-triggers?external_user_id=ada", "").is(t, http.StatusOK)
	if !strings.Contains(listed.Body, `"data":[]`) {
		t.Fatal(listed.Body)
	}
	g.acme.SetFaults(demo.Faults{})
	id := w.hook(t, "ada", account, "").is(t, http.StatusOK).text(t, "data", "id")
	before := g.crmHooks(t)
	at := "/v1/connect/{p}/deployed-triggers/" + id + "?external_user_id=ada"
	g.acme.SetFaults(demo.Faults{APIStatus: http.StatusForbidden})
	w.call(t, http.MethodPut, at, `{"active":false}`).refused(t, http.StatusBadRequest, "hook_failed")
	w.call(t, http.MethodDelete, at, "").refused(t, http.StatusBadRequest, "hook_failed")
	if r := w.call(t, http.MethodGet, at, "").is(t, http.StatusOK); r.at(t, "data", "active") != true {
		t.Fatal(r.Body)
	}
	w.call(t, http.MethodDelete, at+"&ignore_hook_errors=true", "").is(t, http.StatusNoContent)
	w.call(t, http.MethodGet, at, "").refused(t, http.StatusNotFound, "trigger_not_found")
	g.acme.SetFaults(demo.Faults{})
	if left := g.crmHooks(t); fmt.Sprint(left) != fmt.Sprint(before) {
		t.Fatalf("%v, %v", before, left)
	}
}

// reach makes a source's time come, as a process left it that died.
func (g *rig) reach(t *testing.T, id, set string) {
	t.Helper()
	g.query(t, "UPDATE trigger_sources SET due_at = now() - interval '1 minute', lease_until = now() - interval '1 second'"+set+" WHERE id = $1", id)
}

// Whatever a process began that died on the way, and whatever it knew of it, is
// found at the app by its address: a deployment that nobody heard of is ended, a
// change is put right.
func TestHookCutOff(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	g.work()
	w := g.home
	account := w.account(t, "ada")
	id := w.hook(t, "ada", account, "").is(t, http.StatusOK).text(t, "data", "id")
	before := g.crmHooks(t)
	g.reach(t, id, ", phase = 'changing', state = NULL, next_props = '{}'")
	soon(t, "another webhook in the place of what was cut off", func() bool {
		now := g.crmHooks(t)
		return len(now) == 1 && fmt.Sprint(now) != fmt.Sprint(before)
	})
	w.looked(t, id, "the source to be well", func(r reply) bool { return r.at(t, "data", "polling", "failures") == 0.0 && hasLooked(r) })
	w.act(t, "create-contact", "ada", account, `"name":"Grace Hopper"`).is(t, http.StatusOK)
	soon(t, "what it tells", func() bool { return strings.Contains(w.emitted(t, id), "Grace Hopper") })

	g.reach(t, id, ", phase = 'deploying', state = NULL")
	soon(t, "the end of what nobody heard of", func() bool { return len(g.crmHooks(t)) == 0 })
	soon(t, "the trigger to be gone", func() bool {
		return w.call(t, http.MethodGet, "/v1/connect/{p}/deployed-triggers/"+id+"?external_user_id=ada", "").Status == http.StatusNotFound
	})
	if r := w.call(t, http.MethodGet, "/v1/connect/{p}/trigger_orphans", "").is(t, http.StatusOK); !strings.Contains(r.Body, `"data":[]`) {
		t.Error(r.Body)
	}
}

// What is left at an app that was out when its trigger was deleted is known, and
// ended as soon as the app is back.
func TestHookOrphans(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	g.work()
	w := g.home
	id := w.hook(t, "ada", w.account(t, "ada"), "").is(t, http.StatusOK).text(t, "data", "id")
	at := "/v1/connect/{p}/deployed-triggers/" + id + "?external_user_id=ada"
	g.acme.SetFaults(demo.Faults{APIStatus: http.StatusServiceUnavailable})
	w.call(t, http.MethodDelete, at, "").refused(t, http.StatusBadRequest, "hook_failed")
	w.call(t, http.MethodDelete, at+"&ignore_hook_errors=true", "").is(t, http.StatusNoContent)
	r := w.call(t, http.MethodGet, "/v1/connect/{p}/trigger_orphans", "").is(t, http.StatusOK)
	if r.text(t, "data", 0, "trigger_id") != id || r.text(t, "data", 0, "error") == "" || r.text(t, "data", 0, "next_at") == "" || r.text(t, "data", 0, "external_user_id") != "ada" {
		t.Fatal(r.Body)
	}
	orphan := r.text(t, "data", 0, "id")
	w.call(t, http.MethodPost, "/v1/connect/{p}/trigger_orphans/"+orphan+"/retry", "").refused(t, http.StatusBadRequest, "hook_failed")
	g.acme.SetFaults(demo.Faults{})
	if len(g.crmHooks(t)) == 0 {
		t.Fatal("nothing was left, so that nothing is shown")
	}
	g.query(t, "UPDATE trigger_orphans SET due_at = now() - interval '1 minute'")
	soon(t, "the end of what was left", func() bool { return len(g.crmHooks(t)) == 0 })
	soon(t, "the list to be empty", func() bool {
		return strings.Contains(w.call(t, http.MethodGet, "/v1/connect/{p}/trigger_orphans", "").is(t, http.StatusOK).Body, `"data":[]`)
	})
}

// A change that the app refuses leaves the trigger as it was, and heard.
func TestHookRollback(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	g.work()
	w := g.home
	account := w.account(t, "ada")
	id := w.hook(t, "ada", account, "").is(t, http.StatusOK).text(t, "data", "id")
	var refused atomic.Bool
	g.app.on("/api/webhooks", func(rw http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && refused.CompareAndSwap(false, true) {
			http.Error(rw, `{"error":{"code":"plan","message":"Your plan has no webhooks."}}`, http.StatusForbidden)
			return
		}
		g.acme.Handler().ServeHTTP(rw, r)
	})
	at := "/v1/connect/{p}/deployed-triggers/" + id + "?external_user_id=ada"
	w.call(t, http.MethodPut, at, `{"configured_props":{"acme_crm_key":{"authProvisionId":"`+account+`"},"note":"new"}}`).refused(t, http.StatusBadRequest, "hook_failed")
	if r := w.call(t, http.MethodGet, at, "").is(t, http.StatusOK); r.at(t, "data", "active") != true || strings.Contains(r.Body, `"note"`) {
		t.Fatal(r.Body)
	}
	if hooks := g.crmHooks(t); len(hooks) != 1 || !refused.Load() {
		t.Fatal(hooks)
	}
	w.act(t, "create-contact", "ada", account, `"name":"Grace Hopper"`).is(t, http.StatusOK)
	soon(t, "what it tells", func() bool { return strings.Contains(w.emitted(t, id), "Grace Hopper") })
}

// A subscription that ends of itself is renewed before it does, again and again: also
// by another process when one dies half-way, and after a time in which the app was out.
func TestHookRenewal(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	g.work()
	w := g.home
	source := strings.Replace(ownHook(t, "0.1.0"), "secret: '{{ body.secret }}'}", "secret: '{{ body.secret }}', expires: '{{ iso(now.Unix() + 3600) }}'}\n  renew: {before: 30m}", 1)
	source = strings.Replace(source, "remembers: {webhook_id: whk_1, secret: whsec_1}", "remembers: {webhook_id: whk_1, secret: whsec_1, expires: '2026-01-02T04:04:05Z'}", 1)
	source = strings.Replace(source, "returns: [{webhook_id: whk_1}]", "returns: [{webhook_id: whk_1, expires: '2026-01-02T04:04:05Z'}]", 1)
	w.operation(t, "changed", source).is(t, http.StatusOK)
	account := w.account(t, "ada")
	r := w.call(t, http.MethodPost, "/v1/connect/{p}/triggers/deploy", `{"id":"~/changed","external_user_id":"ada","configured_props":{"acme_crm_key":{"authProvisionId":"`+account+`"}}}`).is(t, http.StatusOK)
	c := &changing{g: g, w: w, id: r.text(t, "data", "id"), account: account}
	inTime := func(what string) {
		t.Helper()
		soon(t, what, func() bool {
			return g.number(t, `SELECT count(*) FROM trigger_sources WHERE id = $1 AND failures = 0 AND lease_until <= now()
				AND due_at > now() + interval '20 minutes' AND due_at < now() + interval '31 minutes'`, c.id) == 1
		})
	}
	inTime("the time of the first renewal")
	at := addressOf(g.crmHooks(t))
	renewed := func(what string, before map[string]string) map[string]string {
		t.Helper()
		inTime(what)
		now := g.crmHooks(t)
		for id := range now {
			if len(now) != 1 || before[id] != "" || now[id] != at {
				t.Fatalf("%s: %v after %v", what, now, before)
			}
		}
		return now
	}
	hooks := g.crmHooks(t)
	for _, what := range []string{"the first renewal", "the second"} {
		g.reach(t, c.id, "")
		hooks = renewed(what, hooks)
	}

	// One that died after the app had made the new subscription, and before it was written down.
	g.do(t, http.MethodPost, g.config.DemoURL+"/api/webhooks", `{"url":"`+at+`","events":["contact.created"]}`, "X-Acme-Key", demo.DemoKey).is(t, http.StatusCreated)
	hooks = g.crmHooks(t)
	g.reach(t, c.id, ", lease_id = 'lease_dead'")
	hooks = renewed("the renewal of a process that died", hooks)

	g.acme.SetFaults(demo.Faults{APIStatus: http.StatusServiceUnavailable})
	g.reach(t, c.id, "")
	failed := w.looked(t, c.id, "a renewal that fails", func(r reply) bool { return r.at(t, "data", "polling", "failures") != 0.0 })
	if failed.text(t, "data", "polling", "error") == "" || failed.text(t, "data", "polling", "next_at") == "" || failed.at(t, "data", "active") != true {
		t.Error(failed.Body)
	}
	g.acme.SetFaults(demo.Faults{})
	g.reach(t, c.id, "")
	renewed("the renewal after the app was out", hooks)
	c.emits(t, "Ada", "0.1.0")
}

// A subscription that the app no longer knows is made anew. One that it goes on refusing to
// renew is told of, in the looks and by one event.
func TestHookRenewalThatIsGone(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	g.work()
	w := g.home
	source := strings.Replace(ownHook(t, "0.1.0"), "secret: '{{ body.secret }}'}", "secret: '{{ body.secret }}', expires: '{{ iso(now.Unix() + 3600) }}'}\n  renew: {before: 30m, request: {post: '/api/webhooks/{{ state.webhook_id }}/renew'}}", 1)
	source = strings.Replace(source, "remembers: {webhook_id: whk_1, secret: whsec_1}", "remembers: {webhook_id: whk_1, secret: whsec_1, expires: '2026-01-02T04:04:05Z'}", 1)
	source = strings.Replace(source, "returns: [{webhook_id: whk_1}]", "returns: [{webhook_id: whk_1, expires: '2026-01-02T04:04:05Z'}]", 1)
	w.operation(t, "changed", source).is(t, http.StatusOK)
	account := w.account(t, "ada")
	r := w.call(t, http.MethodPost, "/v1/connect/{p}/triggers/deploy", `{"id":"~/changed","external_user_id":"ada","configured_props":{"acme_crm_key":{"authProvisionId":"`+account+`"}}}`).is(t, http.StatusOK)
	c := &changing{g: g, w: w, id: r.text(t, "data", "id"), account: account}
	at := addressOf(g.crmHooks(t))
	for old := range g.crmHooks(t) { // somebody removed it at the app
		g.do(t, http.MethodDelete, g.config.DemoURL+"/api/webhooks/"+old, "", "X-Acme-Key", demo.DemoKey).is(t, http.StatusNoContent)
	}
	g.reach(t, c.id, "")
	soon(t, "another subscription", func() bool { return addressOf(g.crmHooks(t)) == at })
	w.looked(t, c.id, "the source to be well", func(r reply) bool { return r.at(t, "data", "polling", "failures") == 0.0 && hasLooked(r) })
	c.emits(t, "Ada", "0.1.0")

	told := func() int {
		return g.number(t, "SELECT count(*) FROM events WHERE type = 'TRIGGER_RENEWAL_FAILED' AND subject_id = $1", c.id)
	}
	g.acme.SetFaults(demo.Faults{APIStatus: http.StatusForbidden})
	for n := range 4 {
		if want := n / 3; told() != want {
			t.Fatalf("%d events after %d failures", told(), n)
		}
		g.reach(t, c.id, "")
		w.looked(t, c.id, "a renewal that fails", func(r reply) bool { return r.at(t, "data", "polling", "failures") == float64(n+1) })
	}
	if told() != 1 {
		t.Errorf("%d events", told())
	}
	body := w.call(t, http.MethodGet, "/v1/projects/{p}/events?event_type=TRIGGER_RENEWAL_FAILED", "").is(t, http.StatusOK).Body
	if !strings.Contains(body, "TRIGGER_RENEWAL_FAILED") {
		t.Error(body)
	}
	soon(t, "the looks", func() bool {
		body := w.call(t, http.MethodGet, "/v1/connect/{p}/deployed-triggers/"+c.id+"/looks?external_user_id=ada", "").is(t, http.StatusOK).Body
		return strings.Count(body, `"kind":"renewal"`) == 5
	})
}

// With a user go the account and what their triggers began at the app; what the app
// does not let go is known.
func TestHookOfUserWhoIsGone(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	w.hook(t, "bob", w.account(t, "bob"), "").is(t, http.StatusOK)
	w.call(t, http.MethodDelete, "/v1/connect/{p}/users/bob", "").is(t, http.StatusNoContent)
	if left := w.call(t, http.MethodGet, "/v1/connect/{p}/trigger_orphans", "").is(t, http.StatusOK); len(g.crmHooks(t)) != 0 || !strings.Contains(left.Body, `"data":[]`) {
		t.Fatal(g.crmHooks(t), left.Body)
	}
	id := w.hook(t, "ada", w.account(t, "ada"), "").is(t, http.StatusOK).text(t, "data", "id")
	g.acme.SetFaults(demo.Faults{APIStatus: http.StatusForbidden})
	w.call(t, http.MethodDelete, "/v1/connect/{p}/users/ada", "").is(t, http.StatusNoContent)
	r := w.call(t, http.MethodGet, "/v1/connect/{p}/trigger_orphans", "").is(t, http.StatusOK)
	if r.text(t, "data", 0, "trigger_id") != id || r.at(t, "data", 0, "external_user_id") != nil {
		t.Fatal(r.Body)
	}
	orphan := r.text(t, "data", 0, "id")
	w.call(t, http.MethodPost, "/v1/connect/{p}/trigger_orphans/"+orphan+"/retry", "").refused(t, http.StatusNotFound, "user_gone")
	g.stranger().call(t, http.MethodDelete, "/v1/connect/{p}/trigger_orphans/"+orphan, "").refused(t, http.StatusNotFound, "orphan_not_found")
	w.call(t, http.MethodDelete, "/v1/connect/{p}/trigger_orphans/"+orphan, "").is(t, http.StatusNoContent)
}

// Why something is no event can be read: it was there before, it was sent twice,
// its signature is false.
func TestLooks(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	g.work()
	w := g.home
	account := w.account(t, "ada")
	id := w.hook(t, "ada", account, "").is(t, http.StatusOK).text(t, "data", "id")
	poll := w.source(t, account, `,"emit_on_deploy":false`).is(t, http.StatusOK).text(t, "data", "id")
	var at string
	for _, url := range g.crmHooks(t) {
		at = url
	}
	g.do(t, http.MethodPost, at, `{}`, "X-Acme-Signature", "t=1,v1=00").is(t, http.StatusUnauthorized)
	w.act(t, "create-contact", "ada", account, `"name":"Grace Hopper"`).is(t, http.StatusOK)
	looks := func(id string) string {
		return w.call(t, http.MethodGet, "/v1/connect/{p}/deployed-triggers/"+id+"/looks?external_user_id=ada", "").is(t, http.StatusOK).Body
	}
	soon(t, "what became of the requests", func() bool {
		got := looks(id)
		return strings.Contains(got, `"reason":"bad_signature"`) && strings.Contains(got, `"kind":"request","new":1`)
	})
	soon(t, "what became of the look", func() bool { return strings.Contains(looks(poll), `"kind":"time"`) })
	w.call(t, http.MethodGet, "/v1/connect/{p}/deployed-triggers/"+id+"/looks?external_user_id=bob", "").refused(t, http.StatusNotFound, "trigger_not_found")
}

// A source that fails for too long is switched off and told of; switched on
// again, it goes on from where it was.
func TestPauseAndResume(t *testing.T) {
	t.Parallel()
	g := newRig(t, func(c *app.Config) { c.PauseAfter = 24 * time.Hour })
	g.work()
	w := g.home
	account := w.account(t, "ada")
	w.act(t, "create-contact", "ada", account, `"name":"Before"`).is(t, http.StatusOK)
	id := w.source(t, account, `,"emit_on_deploy":false`).is(t, http.StatusOK).text(t, "data", "id")
	seen := w.looked(t, id, "the first look", hasLooked).text(t, "data", "changed_at")
	g.acme.SetFaults(demo.Faults{APIStatus: http.StatusServiceUnavailable})
	g.reach(t, id, ", failures = 20, failing_since = now() - interval '2 days'")
	r := w.looked(t, id, "the pause", func(r reply) bool { return r.at(t, "data", "active") == false })
	if r.at(t, "data", "polling", "next_at") != nil || r.text(t, "data", "polling", "paused_at") == "" || r.text(t, "data", "polling", "error") == "" {
		t.Fatal(r.Body)
	}
	told := w.call(t, http.MethodGet, "/v1/projects/{p}/events?type=TRIGGER_PAUSED", "").is(t, http.StatusOK)
	if told.text(t, "data", 0, "subject_id") != id {
		t.Fatal(told.Body)
	}
	g.acme.SetFaults(demo.Faults{})
	w.act(t, "create-contact", "ada", account, `"name":"Meanwhile"`).is(t, http.StatusOK)
	// What a worker wrote is nobody's change: who saw the trigger before may change it, and once.
	since := "/v1/connect/{p}/deployed-triggers/" + id + "?external_user_id=ada&unchanged_since=" + seen
	w.call(t, http.MethodPut, since, `{"active":true}`).is(t, http.StatusOK)
	w.call(t, http.MethodPut, since, `{"active":false}`).refused(t, http.StatusConflict, "changed_meanwhile")
	w.call(t, http.MethodPut, since, `{"name":"Late"}`).refused(t, http.StatusConflict, "changed_meanwhile")
	soon(t, "what happened meanwhile", func() bool { return strings.Contains(w.emitted(t, id), "Meanwhile") })
	if got := w.emitted(t, id); strings.Contains(got, "Before") {
		t.Fatal(got)
	}
	w.looked(t, id, "that it is well", func(r reply) bool {
		return r.at(t, "data", "polling", "paused_at") == nil && r.at(t, "data", "polling", "failures") == 0.0
	})
}
