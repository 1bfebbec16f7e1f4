package app_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/member"
)

// A caller's credential comes along with its request, for the receiver and for steps
// that go by it. Programs may read it; people are shown that there was one.
func TestCredentialsOfCallersAreNotShown(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	customer := newSink(t, nil)
	trigger, endpoint, _ := w.trigger(t, "ada", customer.URL)
	workflow, made := w.workflow(t, called("auth: none", "{name: say, type: respond, status: 200, body: {headers: '{{ trigger.headers }}'}}"))
	g.work()
	const theirs = "Bearer their-credential"
	g.do(t, http.MethodPost, endpoint, `{"n":12345678901234567890}`, "Authorization", theirs).is(t, http.StatusOK)
	if r := g.do(t, http.MethodPost, made.text(t, "endpoint", "url"), `{}`, "Authorization", theirs); !strings.Contains(r.Body, theirs) {
		t.Fatal(r.Body) // a step goes by it
	}
	soon(t, "the delivery", func() bool { return len(customer.all()) == 1 })
	if got := customer.all()[0].Body; !strings.Contains(got, theirs) {
		t.Fatal(got)
	}
	delivery := w.delivery(t).text(t, "delivery", "id")
	event := w.call(t, http.MethodGet, "/v1/projects/{p}/events", "").is(t, http.StatusOK).text(t, "data", 0, "id")
	run := w.call(t, http.MethodGet, "/v1/projects/{p}/runs?workflow_id="+workflow, "").is(t, http.StatusOK).text(t, "data", 0, "id")
	person := g.person(t, member.Developer, true)
	for _, path := range []string{
		"/v1/connect/{p}/deployed-triggers/" + trigger + "/events?external_user_id=ada",
		"/v1/projects/{p}/deliveries/" + delivery,
		"/v1/projects/{p}/runs/" + run,
		"/v1/projects/{p}/runs/export?format=jsonl&workflow_id=" + workflow,
		"/v1/projects/{p}/events/" + event,
	} {
		if r := w.call(t, http.MethodGet, path, "").is(t, http.StatusOK); !strings.Contains(r.Body, theirs) {
			t.Errorf("%s does not show a program what its workflow was sent: %s", path, r.Body)
		}
		r := w.call(t, http.MethodGet, path, "", "Authorization", "", "Cookie", person).is(t, http.StatusOK)
		if n := strings.Count(r.Body, "[hidden]"); n == 0 || strings.Contains(r.Body, theirs) {
			t.Errorf("%s shows a person %s", path, r.Body)
		}
	}
}
