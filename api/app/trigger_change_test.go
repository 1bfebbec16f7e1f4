package app_test

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/demo"
)

// ownHook is a trigger of a workspace's own, as the one that ships: with a prop that
// depends on others, and how many contacts it is for.
func ownHook(t *testing.T, version string) string {
	t.Helper()
	raw, err := os.ReadFile("../../internal/catalog/apps/acme_crm/triggers/contact-changed.yaml")
	if err != nil {
		t.Fatal(err)
	}
	source := strings.Replace(string(raw), "version: 0.1.0", "version: "+version, 1)
	source = strings.Replace(source, "summary: '{{ item.type }}: {{ item.data.name }}'}", "summary: '{{ item.type }}: {{ item.data.name }}', event: {by: "+version+", tag: '{{ props.tag_vip }}', name: '{{ item.data.name }}'}}", 1)
	return strings.Replace(source, "hook:\n", `dynamic: {items: '{{ ["vip"] }}', prop: {name: 'tag_{{ item }}', label: Tag, type: string, optional: true}}
hook:
`, 1)
}

// changing is a deployed trigger that is changed.
type changing struct {
	g           *rig
	w           *workspace
	id, account string
}

func newChanging(t *testing.T) *changing {
	t.Helper()
	g := newRig(t)
	g.work()
	c := &changing{g: g, w: g.home}
	for _, version := range []string{"0.1.0", "0.2.0"} {
		c.w.operation(t, "changed", ownHook(t, version)).is(t, http.StatusOK)
	}
	c.account = c.w.account(t, "ada")
	r := c.w.call(t, http.MethodPost, "/v1/connect/{p}/triggers/deploy", `{"id":"~/changed","version":"0.1.0","external_user_id":"ada","configured_props":{"acme_crm_key":{"authProvisionId":"`+c.account+`"}}}`).is(t, http.StatusOK)
	c.id = r.text(t, "data", "id")
	return c
}

func (c *changing) put(t *testing.T, body string) reply {
	t.Helper()
	return c.w.call(t, http.MethodPut, "/v1/connect/{p}/deployed-triggers/"+c.id+"?external_user_id=ada", body)
}

func (c *changing) version(t *testing.T) string {
	t.Helper()
	return c.w.call(t, http.MethodGet, "/v1/connect/{p}/deployed-triggers/"+c.id+"?external_user_id=ada", "").is(t, http.StatusOK).text(t, "data", "component_version")
}

// emits adds a contact and waits until the trigger tells of it in the words of a version.
func (c *changing) emits(t *testing.T, name, by string) {
	t.Helper()
	c.w.act(t, "create-contact", "ada", c.account, fmt.Sprintf(`"name":%q`, name)).is(t, http.StatusOK)
	soon(t, "an event by "+by, func() bool {
		got := c.w.emitted(t, c.id)
		return strings.Contains(got, `"name":"`+name+`"`) && strings.Contains(got, `"by":"`+by+`"`)
	})
}

// A trigger moves to another version of its component, with other dynamic props: it
// keeps its id, its address and what it emitted, and one subscription is left.
func TestTriggerMoves(t *testing.T) {
	t.Parallel()
	c := newChanging(t)
	c.emits(t, "Ada", "0.1.0")
	before := c.g.crmHooks(t)
	props := c.w.call(t, http.MethodPost, "/v1/connect/{p}/triggers/props", `{"id":"~/changed","external_user_id":"ada","configured_props":{"acme_crm_key":{"authProvisionId":"`+c.account+`"}}}`).is(t, http.StatusOK)
	dynamic := props.text(t, "dynamicProps", "id")
	own := `"configured_props":{"acme_crm_key":{"authProvisionId":"` + c.account + `"},"tag_vip":"yes"}`
	r := c.put(t, `{"version":"0.2.0","dynamic_props_id":"`+dynamic+`",`+own+`}`).is(t, http.StatusOK)
	if r.text(t, "data", "id") != c.id || r.text(t, "data", "component_version") != "0.2.0" || !strings.Contains(r.Body, `"name":"tag_vip"`) {
		t.Fatal(r.Body)
	}
	after := c.g.crmHooks(t)
	if len(after) != 1 || fmt.Sprint(after) == fmt.Sprint(before) || addressOf(before) != addressOf(after) {
		t.Fatalf("one webhook was to take the place of the other: %v, %v", before, after)
	}
	c.emits(t, "Grace", "0.2.0")
	if got := c.w.emitted(t, c.id); strings.Count(got, `"k":"emit"`) != 2 || !strings.Contains(got, `"tag":"yes"`) {
		t.Fatal(got)
	}
	if c.version(t) != "0.2.0" {
		t.Error(c.version(t))
	}
	c.put(t, `{"version":"9.9.9"}`).is(t, http.StatusNotFound)
	c.put(t, `{"dynamic_props_id":"dyp_none"}`).refused(t, http.StatusNotFound, "dynamic_props_not_found")
	c.g.stranger().call(t, http.MethodPut, "/v1/connect/{p}/deployed-triggers/"+c.id+"?external_user_id=ada", `{"version":"0.1.0"}`).refused(t, http.StatusNotFound, "trigger_not_found")
	if c.version(t) != "0.2.0" {
		t.Error("a change that was refused is one")
	}
}

func addressOf(hooks map[string]string) (at string) {
	for _, at = range hooks {
	}
	return at
}

// A move that the app refuses is none: the trigger is heard in the version that it had.
func TestTriggerMoveRefused(t *testing.T) {
	t.Parallel()
	c := newChanging(t)
	var refused atomic.Bool
	c.g.app.on("/api/webhooks", func(rw http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && refused.CompareAndSwap(false, true) {
			http.Error(rw, `{"error":{"code":"plan","message":"Your plan has no webhooks."}}`, http.StatusForbidden)
			return
		}
		c.g.acme.Handler().ServeHTTP(rw, r)
	})
	c.put(t, `{"version":"0.2.0"}`).refused(t, http.StatusBadRequest, "hook_failed")
	if hooks := c.g.crmHooks(t); c.version(t) != "0.1.0" || len(hooks) != 1 || !refused.Load() {
		t.Fatal(c.version(t), hooks)
	}
	c.emits(t, "Ada", "0.1.0")
	c.put(t, `{"version":"0.2.0"}`).is(t, http.StatusOK)
	c.emits(t, "Grace", "0.2.0")
}

// A process that dies in the midst of a move, after the new version has subscribed,
// leaves a trigger that is put back: one subscription, in the version that it had.
func TestTriggerMoveCutOff(t *testing.T) {
	t.Parallel()
	c := newChanging(t)
	at := addressOf(c.g.crmHooks(t))
	c.g.do(t, http.MethodPost, c.g.config.DemoURL+"/api/webhooks", `{"url":"`+at+`","events":["contact.created"]}`, "X-Acme-Key", demo.DemoKey).is(t, http.StatusCreated)
	before := c.g.crmHooks(t)
	if len(before) != 2 {
		t.Fatal(before)
	}
	c.g.reach(t, c.id, ", phase = 'changing', next_version = '0.2.0', next_dynamic = '[]', next_props = (SELECT configured_props FROM triggers WHERE id = trigger_sources.id)")
	soon(t, "another webhook in the place of what was cut off", func() bool {
		now := c.g.crmHooks(t)
		for id := range now {
			if before[id] != "" {
				return false
			}
		}
		return len(now) == 1
	})
	soon(t, "the end of the change", func() bool {
		return c.g.number(t, "SELECT count(*) FROM trigger_sources WHERE id = $1 AND phase = 'on' AND next_version IS NULL AND next_props IS NULL", c.id) == 1
	})
	if c.version(t) != "0.1.0" {
		t.Fatal(c.version(t))
	}
	c.emits(t, "Ada", "0.1.0")
}

// A source that polls keeps what it has seen when its timer, its version or its props
// change: nothing is told twice, and nothing that came meanwhile is missed. A version
// that is called by the app is another kind of trigger.
func TestPollChanges(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	g.work()
	w := g.home
	w.operation(t, "somebody", ownTrigger("0.1.0")).is(t, http.StatusOK)
	w.operation(t, "somebody", ownTrigger("0.2.0")).is(t, http.StatusOK)
	account := w.account(t, "ada")
	w.act(t, "create-contact", "ada", account, `"name":"Before"`).is(t, http.StatusOK)
	own := `"acme_crm_key":{"authProvisionId":"` + account + `"}`
	r := w.call(t, http.MethodPost, "/v1/connect/{p}/triggers/deploy", `{"id":"~/somebody","version":"0.1.0","external_user_id":"ada","emit_on_deploy":false,"configured_props":{`+own+`}}`).is(t, http.StatusOK)
	c := &changing{g: g, w: w, id: r.text(t, "data", "id"), account: account}
	w.looked(t, c.id, "the first look", hasLooked)
	for i, change := range []string{`{"version":"0.2.0"}`, `{"configured_props":{` + own + `,"timer":{"intervalSeconds":7200}}}`, `{"configured_props":{` + own + `,"note":"x"}}`} {
		w.act(t, "create-contact", "ada", account, fmt.Sprintf(`"name":"Nr %d"`, i)).is(t, http.StatusOK)
		c.put(t, change).is(t, http.StatusOK)
		soon(t, fmt.Sprintf("what came before change %d", i), func() bool {
			return strings.Contains(w.emitted(t, c.id), fmt.Sprintf(`{"by":"0.2.0","name":"Nr %d"}`, i))
		})
	}
	if got := w.emitted(t, c.id); strings.Count(got, `"k":"emit"`) != 3 || strings.Contains(got, "Before") {
		t.Error(got)
	}
	w.operation(t, "somebody", strings.Replace(ownHook(t, "0.3.0"), "Contact Changed", "Somebody New", 1)).is(t, http.StatusOK)
	c.put(t, `{"version":"0.3.0"}`).refused(t, http.StatusBadRequest, "version")
	if c.version(t) != "0.2.0" {
		t.Error(c.version(t))
	}
}
