package notify_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/notify"
)

// The same fault within an hour is told at once and then summed up, once; what
// differs in its cause or its subject is another; after the hour it is told anew.
func TestTheSameFaultIsSummedUp(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	route := r.create(r.all(notify.Discord))
	r.failed("p_1", "step_failed")
	r.send(route.ID)
	for range 600 {
		r.failed("p_1", "step_failed")
	}
	r.failed("p_1", "no_account")
	r.failed("p_2", "step_failed")
	r.Pass(time.Minute)
	r.failed("p_1", "step_failed")
	r.send(route.ID)
	if got := r.embeds(); len(got) != 2 || len(got[1]) != 2 {
		t.Fatalf("%v", got)
	}
	r.Pass(notify.GroupFor - 2*time.Minute)
	r.send(route.ID)
	if n := len(r.Calls()); n != 2 {
		t.Fatalf("summed up before the hour was over: %v", r.embeds())
	}
	r.Pass(2 * time.Minute)
	r.send(route.ID)
	got := r.embeds()
	if len(got) != 3 || strings.Join(got[2], "|") != "A workflow failed ×602" {
		t.Fatalf("%v", got)
	}
	r.failed("p_1", "step_failed")
	r.send(route.ID)
	if got = r.embeds(); len(got) != 4 || got[3][0] != "A workflow failed" {
		t.Fatalf("after the hour: %v", got)
	}
	page, err := r.Groups(t.Context(), r.scope, db.Cursor{})
	if err != nil || page.Total != 4 {
		t.Fatalf("%+v, %v", page, err)
	}
	if g := page.Items[3]; g.Count != 602 || !g.LastAt.Equal(g.FirstAt.Add(time.Minute)) || g.Title != "Welcome: It broke." {
		t.Fatalf("%+v", g)
	}
}

// That the first notice of a fault is held does not make the others it: a group
// is counted whatever becomes of its telling.
func TestGroupsWhileHeld(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	route := r.create(r.all(notify.Slack))
	r.Status(http.StatusInternalServerError)
	for range 4 {
		r.failed("p_1", "x")
		r.send(route.ID)
	}
	r.Status(http.StatusOK)
	r.Pass(time.Minute)
	r.send(route.ID)
	if got := r.states(); got != "sent grouped pending grouped grouped" || len(r.Calls()) != 2 {
		t.Fatalf("%s, %d calls", got, len(r.Calls()))
	}
}

// What says that something works is told each time.
func TestGoodNewsIsNotSummedUp(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	route := r.create(r.all(notify.Discord))
	r.emit(event.AccountRecovered, "apn_1", "{}")
	r.emit(event.AccountRecovered, "apn_1", "{}")
	r.send(route.ID)
	if got := r.embeds(); len(got) != 1 || len(got[0]) != 2 {
		t.Fatalf("%v", got)
	}
}

// When a provider is out all its accounts have a fault, and that is one.
func TestAProviderThatIsOutIsOneFault(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	route := r.create(r.all(notify.Discord))
	for _, id := range []string{"apn_1", "apn_2", "apn_3"} {
		r.emit(event.AccountUnhealthy, id, `{"account":{"id":"`+id+`","cause":"provider_unreachable","app":{"name_slug":"acme","name":"Acme"}}}`)
	}
	r.send(route.ID)
	if got := r.states(); got != "sent grouped grouped pending" {
		t.Fatal(got)
	}
}

// A route tells of what it was asked to tell of, and of nothing that triggers emit.
func TestWhatARouteHears(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	in := r.all(notify.Webhook)
	in.EventTypes, in.Severities = []string{"ACCOUNT_*", event.WorkflowFailed}, []event.Severity{event.Error}
	r.create(in)
	for typ, want := range map[string]int{
		event.AccountDead: 1, event.WorkflowFailed: 1, event.AccountUnhealthy: 0, event.AccountRecovered: 0, event.EndpointDisabled: 0, event.TriggerEmitted: 0, "OTHER": 0,
	} {
		if got := r.emit(typ, "x_1", "{}"); len(got) != want {
			t.Errorf("%s is told along %v, want %d", typ, got, want)
		}
	}
}

// While a route is muted nothing is sent, and nothing of it comes afterwards.
func TestMuted(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	in := r.all(notify.Webhook)
	until := r.Now().Add(time.Hour)
	in.MutedUntil = &until
	route := r.create(in)
	r.emit(event.AccountDead, "apn_1", "{}")
	r.send(route.ID)
	r.Pass(time.Hour)
	r.emit(event.AccountRecovered, "apn_1", "{}")
	r.send(route.ID)
	if got := r.states(); got != "muted sent" || len(r.Calls()) != 1 {
		t.Fatal(got)
	}
}

func TestMuteWindows(t *testing.T) {
	t.Parallel()
	weekend := []notify.Mute{{Days: []string{"sat", "sun"}, From: "00:00", To: "23:59"}}
	nights := []notify.Mute{{Days: []string{"mon", "fri"}, From: "22:00", To: "07:00"}}
	at := func(s string) time.Time {
		out, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	tests := map[string]struct {
		mutes []notify.Mute
		zone  string
		now   string
		want  bool
	}{
		"a Saturday":                   {weekend, "UTC", "2026-11-21T12:00:00Z", true},
		"a Friday":                     {weekend, "UTC", "2026-11-20T12:00:00Z", false},
		"Saturday elsewhere":           {weekend, "Asia/Tokyo", "2026-11-20T15:30:00Z", true},
		"Friday night":                 {nights, "UTC", "2026-11-20T23:00:00Z", true},
		"the morning after Friday":     {nights, "UTC", "2026-11-21T06:59:00Z", true},
		"its end":                      {nights, "UTC", "2026-11-21T07:00:00Z", false},
		"the morning of Friday":        {nights, "UTC", "2026-11-20T06:00:00Z", false},
		"a night that is none of them": {nights, "UTC", "2026-11-21T23:00:00Z", false},
		"its beginning in Berlin":      {nights, "Europe/Berlin", "2026-11-20T21:00:00Z", true},
		"none":                         {nil, "UTC", "2026-11-20T21:00:00Z", false},
	}
	for name, tt := range tests {
		r := &notify.Route{Mutes: tt.mutes, TimeZone: tt.zone}
		if got := notify.MutedAt(r, at(tt.now)); got != tt.want {
			t.Errorf("%s: muted = %v, want %v", name, got, tt.want)
		}
	}
}
