package notify_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/notify"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// An event is told of in Discord once, in the form that Discord has, and nobody is pinged.
func TestDiscordIsTold(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	route := r.create(r.all(notify.Discord))
	if told := r.emit(event.AccountDead, "apn_1", `{"external_user_id":"user-1","account":{"name":"@everyone [x](http://e)","cause":"revoked","error":"Gone.","app":{"name":"Acme"}}}`); len(told) != 1 || told[0] != route.ID {
		t.Fatalf("Emit() = %v, want the route", told)
	}
	r.send(route.ID)
	r.send(route.ID)
	calls := r.Calls()
	if len(calls) != 1 {
		t.Fatalf("%d calls, want one", len(calls))
	}
	var m struct {
		Embeds []struct {
			Title, Description string
			Color              int
			Fields             []struct{ Name, Value string }
		}
		AllowedMentions struct{ Parse []string } `json:"allowed_mentions"`
	}
	if err := json.Unmarshal([]byte(calls[0].Body), &m); err != nil {
		t.Fatal(err)
	}
	if len(m.Embeds) != 1 || m.Embeds[0].Color != 0xE74C3C || m.Embeds[0].Title != "An account has to be connected again" || m.Embeds[0].Description != `Gone\.` ||
		m.AllowedMentions.Parse == nil || len(m.AllowedMentions.Parse) != 0 {
		t.Fatalf("%s", calls[0].Body)
	}
	all := fmt.Sprint(m.Embeds[0].Fields)
	for _, want := range []string{`{App Acme}`, `{Code revoked}`, `{User user\-1}`, `\@everyone \[x\]\(http\:\/\/e\)`, "https://patchbay.example.com/runbook#account_dead", "/accounts/apn_1"} {
		if !strings.Contains(all, want) {
			t.Errorf("no %s in %s", want, all)
		}
	}
	if got := r.states(); got != "sent" || r.route(route.ID).LastSentAt == nil {
		t.Errorf("states %s", got)
	}
}

// What comes in a burst is one message of up to ten embeds; the rest follows.
func TestBurstsAreOneMessage(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	route := r.create(r.all(notify.Discord))
	for i := range 13 {
		r.emit(event.AccountRecovered, fmt.Sprint("apn_", i), "{}")
	}
	r.send(route.ID)
	if got := r.embeds(); len(got) != 2 || len(got[0]) != 10 || len(got[1]) != 3 {
		t.Fatalf("%v", got)
	}
}

// A webhook of one's own is signed as deliveries are, one notice a request, with
// an id that stays when it is sent again.
func TestWebhookIsSigned(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	route, key, err := r.Create(t.Context(), r.scope, r.all(notify.Webhook))
	if err != nil {
		t.Fatal(err)
	}
	r.emit(event.AccountRecovered, "apn_1", "{}")
	r.Status(http.StatusBadGateway)
	r.send(route.ID)
	r.Status(http.StatusOK)
	r.Pass(time.Minute)
	r.send(route.ID)
	calls := r.Calls()
	if len(calls) != 2 || !calls[0].Signed(key.Reveal()) || calls[0].Header.Get("Webhook-Id") != calls[1].Header.Get("Webhook-Id") || !strings.Contains(calls[0].Body, `"event_type":"ACCOUNT_RECOVERED"`) {
		t.Fatalf("%+v", calls)
	}
	if _, err := r.Replace(t.Context(), r.scope, route.ID, r.all(notify.Webhook), route.UpdatedAt.Add(-time.Second)); !errors.Is(err, fault.ErrChanged) {
		t.Fatalf("who saw an earlier one wrote over it: %v", err)
	}
	if _, err := r.Replace(t.Context(), r.scope, route.ID, r.all(notify.Webhook), route.UpdatedAt); err != nil {
		t.Fatal(err)
	}
	r.emit(event.AccountRecovered, "apn_1", "{}")
	r.send(route.ID)
	if calls = r.Calls(); len(calls) != 3 || !calls[2].Signed(key.Reveal()) {
		t.Fatal("a route that was given its URL again lost its key")
	}
}

// What cannot get better is not tried again, what can is tried three times, and
// each failure has its code.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	tests := map[int]struct {
		code  notify.Code
		tries int
	}{
		400: {notify.InvalidPayload, 1}, 401: {notify.InvalidWebhook, 1}, 403: {notify.Forbidden, 1}, 404: {notify.NotFound, 1}, 410: {notify.NotFound, 1},
		413: {notify.PayloadTooLarge, 1}, 302: {notify.InvalidWebhook, 1}, 408: {notify.TimedOut, 3}, 500: {notify.SendFailed, 3}, 503: {notify.SendFailed, 3},
	}
	for status, tt := range tests {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			route := r.create(r.all(notify.Slack))
			r.Status(status)
			r.emit(event.AccountRecovered, "apn_1", "{}")
			for range 5 {
				r.send(route.ID)
				r.Pass(10 * time.Minute)
			}
			n := r.notices()[0]
			if got := len(r.Calls()); got != tt.tries || n.State != notify.Failed || n.Code == nil || *n.Code != tt.code || n.Attempts != tt.tries || tt.code.Retry() != (tt.tries > 1) {
				t.Fatalf("%d tries, %+v", got, n)
			}
			if on := r.route(route.ID).Enabled; on == (tt.code == notify.NotFound) {
				t.Errorf("enabled = %v", on)
			}
		})
	}
}

// A webhook that is no more switches its route off at once, with the reason; what
// is due later is kept, and sent when somebody has given another.
func TestGoneSwitchesOff(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	route := r.create(r.all(notify.Webhook))
	r.Status(http.StatusNotFound)
	r.emit(event.AccountRecovered, "apn_1", "{}")
	r.emit(event.AccountRecovered, "apn_2", "{}")
	r.send(route.ID)
	off := r.route(route.ID)
	if off.Enabled || off.OffReason == nil || *off.OffReason != notify.NotFound || off.Status(r.Now()) != "off" {
		t.Fatalf("%+v", off)
	}
	if told := r.emit(event.AccountRecovered, "apn_3", "{}"); len(told) != 0 {
		t.Error("a route that is off is told of")
	}
	if ns := r.notices(); len(ns) != 2 || ns[0].State != notify.Failed || !ns[1].Held {
		t.Fatalf("%+v", ns)
	}
	r.Status(http.StatusOK)
	if _, err := r.Replace(t.Context(), r.scope, route.ID, r.all(notify.Webhook)); err != nil {
		t.Fatal(err)
	}
	r.send(route.ID)
	if got := r.states(); got != "failed sent" {
		t.Fatal(got)
	}
}

// A receiver that asks to wait is waited for, and no attempt is used up by it.
func TestRateLimited(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		channel notify.Channel
		answer  func(int, http.ResponseWriter, *http.Request)
	}{
		"Retry-After": {notify.Slack, with("Retry-After", "30", http.StatusTooManyRequests)},
		"Discord's body": {notify.Discord, func(_ int, w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusTooManyRequests)
			_, _ = w.Write([]byte(`{"message":"You are being rate limited.","retry_after":29.5,"global":true}`))
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			route := r.create(r.all(tt.channel))
			r.Answer(tt.answer)
			r.emit(event.AccountRecovered, "apn_1", "{}")
			for range 6 {
				r.send(route.ID)
				r.send(route.ID) // too early
				r.Pass(30 * time.Second)
			}
			n, at := r.notices()[0], r.route(route.ID)
			if len(r.Calls()) != 6 || n.State != notify.Pending || n.Attempts != 0 || *n.Code != notify.RateLimited || at.Breaker != notify.Closed {
				t.Fatalf("%d calls, %+v, %+v", len(r.Calls()), n, at)
			}
			r.Status(http.StatusNoContent)
			r.send(route.ID)
			if r.states() != "sent" {
				t.Fatal(r.states())
			}
		})
	}
}

// Discord's headers say when the next message may come, before it has to refuse one.
func TestDiscordsHeaders(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	route := r.create(r.all(notify.Discord))
	r.Answer(func(_ int, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-RateLimit-Remaining", "0")
		w.Header().Set("X-RateLimit-Reset-After", "1.5")
		w.WriteHeader(http.StatusOK)
	})
	r.emit(event.AccountRecovered, "apn_1", "{}")
	r.send(route.ID)
	r.emit(event.AccountRecovered, "apn_2", "{}")
	r.send(route.ID)
	if n := len(r.Calls()); n != 1 {
		t.Fatalf("%d calls before the bucket was full again", n)
	}
	r.Pass(1500 * time.Millisecond)
	r.send(route.ID)
	if n := len(r.Calls()); n != 2 {
		t.Fatalf("%d calls", n)
	}
}

// Five failures in a row open the breaker for a minute, then for two; what there
// is to tell is held, and one message tries. That it arrives closes the breaker.
func TestBreaker(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	route := r.create(r.all(notify.Webhook))
	r.Status(http.StatusInternalServerError)
	for i := range 7 {
		r.emit(event.AccountRecovered, fmt.Sprint("apn_", i), "{}")
	}
	r.send(route.ID)
	at := r.route(route.ID)
	if n := len(r.Calls()); n != 5 || at.Breaker != notify.Open || at.Status(r.Now()) != "paused" || !at.OpenUntil.Equal(r.Now().Add(notify.PauseMin)) {
		t.Fatalf("%d calls, %+v", n, at)
	}
	if n := r.notices()[6]; !n.Held || *n.Code != notify.CircuitOpen || n.Code.Retry() {
		t.Fatalf("%+v", n)
	}
	for pause, calls := notify.PauseMin, 5; pause < 4*notify.PauseMax; pause *= 2 {
		r.Pass(min(pause, notify.PauseMax) - time.Second)
		r.send(route.ID)
		if n := len(r.Calls()); n != calls {
			t.Fatalf("%d calls before the pause was over, want %d", n, calls)
		}
		r.Pass(time.Second)
		r.send(route.ID)
		if calls++; len(r.Calls()) != calls {
			t.Fatalf("%d calls after a pause of %s, want %d", len(r.Calls()), pause, calls)
		}
	}
	r.Status(http.StatusOK)
	r.Pass(notify.PauseMax)
	r.send(route.ID)
	if got := r.states(); got != strings.TrimSpace(strings.Repeat("sent ", 7)) || r.route(route.ID).Breaker != notify.Closed {
		t.Fatalf("%s: what was held is lost", got)
	}
}

// A worker that dies after it sent leaves what it did not write down to another:
// the notice is sent again with the same id, and what the dead one writes late is dropped.
func TestKilledBetweenSendAndWrite(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	route := r.create(r.all(notify.Webhook))
	r.emit(event.AccountRecovered, "apn_1", "{}")
	r.Answer(func(n int, w http.ResponseWriter, _ *http.Request) {
		if n == 1 { // the lease passes while the message is under way, and another takes over
			r.Pass(notify.LeaseFor)
			if err := r.Send(t.Context(), r.scope, route.ID); err != nil {
				t.Error(err)
			}
		}
		w.WriteHeader(http.StatusOK)
	})
	r.send(route.ID)
	calls := r.Calls()
	if len(calls) != 2 || calls[0].Header.Get("Webhook-Id") != calls[1].Header.Get("Webhook-Id") {
		t.Fatalf("%d calls", len(calls))
	}
	if n := r.notices()[0]; n.State != notify.Sent || n.Attempts != 2 {
		t.Fatalf("%+v", n)
	}
}

// Of workers that look at a route at once one sends.
func TestOneWorkerSends(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	route := r.create(r.all(notify.Webhook))
	for i := range 5 {
		r.emit(event.AccountRecovered, fmt.Sprint("apn_", i), "{}")
	}
	testkit.Warm(t, r.DB)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if err := r.Send(t.Context(), r.scope, route.ID); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := len(r.Calls()); n != 5 || r.AtOnce() != 1 {
		t.Fatalf("%d calls, %d at once", n, r.AtOnce())
	}
}

// Another tenant sees no route and no notice, and is told of nothing; the other
// environment of a project is told by routes of the whole project, and another
// project of the workspace by those of the workspace.
func TestTenants(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	narrow := r.create(r.all(notify.Webhook))
	wide := r.all(notify.Webhook)
	wide.Reach = notify.OfProject
	project := r.create(wide)
	wide.Reach = notify.OfWorkspace
	workspace := r.create(wide)
	stranger, sister, cousin := testkit.Scope(t, r.DB), sisterOf(t, r), cousinOf(t, r)
	if rows, err := r.List(t.Context(), stranger); err != nil || len(rows) != 0 {
		t.Fatalf("a stranger sees %d routes, %v", len(rows), err)
	}
	for _, do := range []func(string) error{
		func(id string) error { _, err := r.Get(t.Context(), stranger, id); return err },
		func(id string) error { _, err := r.Test(t.Context(), stranger, id); return err },
		func(id string) error { return r.Delete(t.Context(), stranger, id) },
		func(id string) error {
			_, err := r.Replace(t.Context(), stranger, id, r.all(notify.Webhook))
			return err
		},
	} {
		for _, id := range []string{narrow.ID, project.ID, workspace.ID} {
			if err := do(id); !errors.Is(err, notify.ErrNotFound) {
				t.Errorf("a stranger: %v", err)
			}
		}
	}
	e := func() *event.Event { return &event.Event{Type: event.AccountRecovered, SubjectID: "apn_1", Body: "{}"} }
	for name, tt := range map[string]struct{ got, want []string }{
		"own":      {r.emitIn(r.scope, e()), []string{narrow.ID, project.ID, workspace.ID}},
		"sister":   {r.emitIn(sister, e()), []string{project.ID, workspace.ID}},
		"cousin":   {r.emitIn(cousin, e()), []string{workspace.ID}},
		"stranger": {r.emitIn(stranger, e()), nil},
	} {
		if len(tt.got) != len(tt.want) {
			t.Errorf("%s: %v, want %v", name, tt.got, tt.want)
		}
	}
	if err := r.Send(t.Context(), stranger, narrow.ID); err != nil || len(r.Calls()) != 0 {
		t.Fatalf("a stranger sends along another's route: %v", err)
	}
	if page, err := r.Notices(t.Context(), stranger, notify.Filter{}, db.Cursor{}); err != nil || page.Total != 0 {
		t.Fatalf("a stranger sees %d notices", page.Total)
	}
	if err := r.Send(t.Context(), cousin, workspace.ID); err != nil || len(r.Calls()) != 1 {
		t.Fatalf("%d calls, %v", len(r.Calls()), err)
	}
	stolen := r.DB.In(t.Context(), stranger, func(tx *gorm.DB) error {
		return tx.Exec("UPDATE notification_routes SET workspace_id = workspace_id, name = 'stolen'").Error
	})
	if stolen != nil || r.route(narrow.ID).Name != "Alerts" {
		t.Fatal("another tenant's route was written")
	}
}
