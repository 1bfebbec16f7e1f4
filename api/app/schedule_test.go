package app_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// A trigger that is nothing but a timer emits each time that it comes, whoever it
// is for, until it is paused; what no timer is is refused.
func TestSchedule(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	g.work()
	w := g.home
	hook := testkit.NewReceiver(t)
	deploy := func(timer string) reply {
		return w.call(t, http.MethodPost, "/v1/connect/{p}/triggers/deploy",
			`{"id":"schedule-custom-interval","external_user_id":"ada","emit_on_deploy":false,"webhook_url":"`+hook.URL+`","configured_props":{"timer":`+timer+`}}`)
	}
	r := deploy(`{"intervalSeconds":3600}`).is(t, http.StatusOK)
	id := r.text(t, "data", "id")
	if !strings.HasPrefix(id, "ti_") || r.text(t, "data", "type") != "TimerInterface" || r.at(t, "data", "interval_seconds") != 3600.0 || r.text(t, "data", "timezone") != "UTC" {
		t.Fatal(r.Body)
	}
	come := func() {
		g.query(t, "UPDATE trigger_sources SET due_at = now() - interval '1 minute' WHERE id = $1", id)
	}
	for n := range 2 {
		come()
		soon(t, "the event", func() bool { return len(hook.Calls()) > n })
	}
	var got struct {
		Timestamp       float64
		IntervalSeconds float64 `json:"interval_seconds"`
	}
	if err := json.Unmarshal([]byte(hook.Calls()[1].Body), &got); err != nil || got.Timestamp == 0 || got.IntervalSeconds != 3600 {
		t.Errorf("%s: %v", hook.Calls()[1].Body, err)
	}
	path := "/v1/connect/{p}/deployed-triggers/" + id + "?external_user_id=ada"
	w.call(t, http.MethodPut, path, `{"active":false}`).is(t, http.StatusOK)
	come()
	changed := w.call(t, http.MethodPut, path, `{"active":true,"configured_props":{"timer":{"cron":"0 9 * * 1-5","timezone":"Europe/Berlin"}}}`).is(t, http.StatusOK)
	if changed.text(t, "data", "cron") != "0 9 * * 1-5" || changed.text(t, "data", "timezone") != "Europe/Berlin" || changed.at(t, "data", "polling", "interval_seconds") != 0.0 {
		t.Error(changed.Body)
	}
	if n := len(hook.Calls()); n != 2 {
		t.Errorf("%d events: it emitted while it was paused", n)
	}
	list := w.call(t, http.MethodGet, "/v1/connect/{p}/deployed-triggers?external_user_id=ada&emitter_type=timer", "").is(t, http.StatusOK)
	if list.text(t, "data", 0, "id") != id {
		t.Error(list.Body)
	}
	for _, timer := range []string{`{"intervalSeconds":1}`, `{"intervalSeconds":"often"}`, `{"cron":"* * * *"}`, `{"cron":"0 9 * * *","timezone":"Mars"}`, `"daily"`} {
		deploy(timer).refused(t, http.StatusBadRequest, "configured_props")
	}
	w.call(t, http.MethodDelete, path, "").is(t, http.StatusNoContent)
}
