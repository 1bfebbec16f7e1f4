package replay_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/paced"
	"github.com/patchbay-dev/patchbay/internal/replay"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// rig is the two services with a database of their own, a clock that stands
// still, and no Redis.
type rig struct {
	*replay.Service
	*testkit.Receiver
	t        *testing.T
	clock    *testkit.Clock
	scope    tenant.Scope
	endpoint string // of the project
}

func newRig(t *testing.T) *rig {
	t.Helper()
	d, clock, guard, queue := testkit.DB(t), testkit.NewClock(), testkit.Guard(), testkit.DeadQueue(t)
	hooks := &webhook.Service{
		DB: d, Box: testkit.Box(t), Queue: queue, Guard: guard, Client: guard.Client(5*time.Second, 64), Metrics: telemetry.NewMetrics(),
		Ladder: []time.Duration{time.Second}, Now: clock.Now,
	}
	r := &rig{t: t, clock: clock, scope: testkit.Scope(t, d), Receiver: testkit.NewReceiver(t), Service: &replay.Service{DB: d, Queue: queue, Webhooks: hooks, Now: clock.Now}}
	v, err := hooks.SetProject(t.Context(), r.scope, r.URL)
	if err != nil {
		t.Fatal(err)
	}
	r.endpoint = v.ID
	return r
}

func (r *rig) in(fn func(tx *gorm.DB) error) {
	r.t.Helper()
	if err := r.DB.In(context.WithoutCancel(r.t.Context()), r.scope, fn); err != nil {
		r.t.Fatal(err)
	}
}

// emit records n events about subject, which go nowhere unless to says so.
func (r *rig) emit(n int, subject string, to webhook.To) (ids []string) {
	r.t.Helper()
	r.in(func(tx *gorm.DB) error {
		for i := range n {
			e := &event.Event{Type: event.TriggerEmitted, SubjectID: subject, ExternalUserID: fmt.Sprint("user-", i%2), Body: fmt.Sprint(i), CreatedAt: r.clock.Now()}
			if _, err := webhook.Emit(tx, e, to); err != nil {
				return err
			}
			ids = append(ids, e.ID)
		}
		return nil
	})
	return ids
}

// end writes that all deliveries are in a state.
func (r *rig) end(state webhook.State) {
	r.t.Helper()
	r.in(func(tx *gorm.DB) error {
		return tx.Exec("UPDATE deliveries SET state = ?, attempts = 2, finished_at = ?", state, r.clock.Now()).Error
	})
}

func (r *rig) start(c replay.Choice, rate int) *replay.Replay {
	r.t.Helper()
	x, err := r.Start(r.t.Context(), r.scope, c, rate)
	if err != nil {
		r.t.Fatal(err)
	}
	return x
}

func (r *rig) advance(id string) *replay.Replay {
	r.t.Helper()
	if err := r.Advance(r.t.Context(), r.scope, id); err != nil {
		r.t.Fatal(err)
	}
	return r.get(id)
}

func (r *rig) get(id string) *replay.Replay {
	r.t.Helper()
	x, err := r.Get(r.t.Context(), r.scope, id)
	if err != nil {
		r.t.Fatal(err)
	}
	return x
}

// deliver sends what is due, and returns how often each event came in.
func (r *rig) deliver(endpoint string) map[string]int {
	r.t.Helper()
	if err := r.Webhooks.Deliver(r.t.Context(), r.scope, endpoint); err != nil {
		r.t.Fatal(err)
	}
	came := map[string]int{}
	for _, c := range r.Calls() {
		came[c.Header.Get("Webhook-Id")]++
	}
	return came
}

func once(ids []string) map[string]int {
	out := map[string]int{}
	for _, id := range ids {
		out[id] = 1
	}
	return out
}

// What was given up is sent again in its order and at its rate, with a ladder of
// its own, and once; what was not chosen is not.
func TestReplayOfDeliveries(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ids := r.emit(10, "hi_x", webhook.To{Project: true})
	r.end(webhook.Exhausted)
	r.in(func(tx *gorm.DB) error {
		return tx.Exec("UPDATE deliveries SET state = 'delivered' WHERE event_id = ?", ids[9]).Error
	})
	c := replay.Choice{Filter: webhook.Filter{State: webhook.Exhausted}}
	if n, err := r.Count(t.Context(), r.scope, c); n != 9 || err != nil {
		t.Fatal(n, err)
	}
	x := r.start(c, 2)
	if x.Total != 9 || x.Status != replay.Running {
		t.Fatalf("%+v", x)
	}
	x = r.advance(x.ID)
	if x.Done != 6 || x.Queued != 6 { // of this moment, and of the two seconds that follow
		t.Fatalf("%+v", x)
	}
	if came := r.deliver(r.endpoint); len(came) != 1 {
		t.Fatalf("%d came at once, want one every half a second", len(came))
	}
	for range 12 { // one at a time: what is due at once arrives in any order
		r.clock.Pass(time.Second / 2)
		x = r.advance(x.ID)
		r.deliver(r.endpoint)
	}
	if diff := cmp.Diff(once(ids[:9]), r.deliver(r.endpoint)); diff != "" {
		t.Fatal(diff)
	}
	if x.Status != replay.Finished || x.Done != 9 || x.Queued != 9 || x.FinishedAt == nil {
		t.Fatalf("%+v", x)
	}
	var order []string
	for _, call := range r.Calls() {
		order = append(order, call.Header.Get("Webhook-Id"))
	}
	if diff := cmp.Diff(ids[:9], order); diff != "" {
		t.Error(diff)
	}
}

// With new ids each goes out under one of its own, which stays its own through
// its attempts; the event's stands beside it, and what is ours says it in its body.
func TestNewIDs(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ours := &event.Event{Type: event.AccountDead, SubjectID: "apn_1", CreatedAt: r.clock.Now()}
	if err := ours.Fill(r.scope.EnvironmentName(), map[string]any{"note": "x"}); err != nil {
		t.Fatal(err)
	}
	theirs := &event.Event{Type: event.TriggerEmitted, SubjectID: "hi_x", Body: `{"event_id":"evt_theirs"}`, CreatedAt: r.clock.Now()}
	r.in(func(tx *gorm.DB) error {
		_, err := webhook.EmitAll(tx, []*event.Event{ours, theirs}, webhook.To{Project: true})
		return err
	})
	r.deliver(r.endpoint)
	r.Status(http.StatusInternalServerError)
	r.advance(r.start(replay.Choice{NewIDs: true}, 1000).ID)
	r.clock.Pass(time.Second)
	r.deliver(r.endpoint)
	r.Status(http.StatusOK)
	r.clock.Pass(time.Minute)
	r.deliver(r.endpoint)
	under := map[string]map[string]int{} // by the event, under which id and how often
	for _, c := range r.Calls()[2:] {
		id, of := c.Header.Get("Webhook-Id"), c.Header.Get(webhook.ReplayOf)
		if under[of] == nil {
			under[of] = map[string]int{}
		}
		under[of][id]++
		want := theirs.Body
		if of == ours.ID {
			want = strings.Replace(ours.Body, ours.ID, id, 1)
		}
		if id == of || c.Body != want {
			t.Errorf("sent as %s: %s", id, c.Body)
		}
	}
	for _, e := range []*event.Event{ours, theirs} {
		if len(under[e.ID]) != 1 {
			t.Errorf("%s went out as %v", e.ID, under[e.ID])
		}
		for _, n := range under[e.ID] {
			if n != 2 {
				t.Errorf("%s was tried %d times", e.ID, n)
			}
		}
	}
	sent := len(r.Calls())
	r.advance(r.start(replay.Choice{EndpointID: &r.endpoint, Again: true, NewIDs: true}, 1000).ID)
	r.clock.Pass(time.Second)
	r.deliver(r.endpoint)
	for _, c := range r.Calls()[sent:] {
		if of := c.Header.Get(webhook.ReplayOf); of == "" || under[of][c.Header.Get("Webhook-Id")] != 0 {
			t.Errorf("%s, of %s", c.Header.Get("Webhook-Id"), of)
		}
	}
	if len(r.Calls()) != sent+2 {
		t.Errorf("%d came", len(r.Calls())-sent)
	}
}

// A ladder that had ended begins anew.
func TestLadderBeginsAnew(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.emit(1, "hi_x", webhook.To{Project: true})
	r.end(webhook.Exhausted)
	r.Status(http.StatusInternalServerError)
	r.advance(r.start(replay.Choice{}, 0).ID)
	r.deliver(r.endpoint)
	page, err := r.Webhooks.List(t.Context(), r.scope, webhook.Filter{State: webhook.Pending}, db.Cursor{})
	if err != nil || page.Total != 1 || page.Items[0].Attempts != 3 {
		t.Fatalf("%+v, %v", page, err)
	}
}

// A new endpoint is sent what there was before it, of its own kind only.
func TestReplayToAnEndpoint(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	early := r.emit(2, "hi_none", webhook.To{})
	since := r.clock.Now().Add(time.Second)
	r.clock.Pass(time.Minute)
	before := r.emit(2, "hi_none", webhook.To{})
	var own []webhook.View
	r.in(func(tx *gorm.DB) (err error) {
		own, err = r.Webhooks.SetOfTrigger(tx, "hi_own", []string{r.URL}, r.clock.Now())
		return err
	})
	of := r.emit(3, "hi_own", webhook.To{})
	r.in(func(tx *gorm.DB) error {
		return event.Emit(tx, &event.Event{Type: event.DeadLettersOld, SubjectID: "env", Body: "{}", CreatedAt: r.clock.Now()},
			&event.Event{Type: event.ConnectionSuccess, SubjectID: "apn", Body: "{}", Secret: []byte("x"), CreatedAt: r.clock.Now()})
	})
	run := func(c replay.Choice, want int) {
		t.Helper()
		if n, err := r.Count(t.Context(), r.scope, c); n != want || err != nil {
			t.Errorf("%d would be sent, want %d, %v", n, want, err)
		}
		if x := r.advance(r.start(c, 1000).ID); x.Status != replay.Finished || x.Queued != want || x.Total != want {
			t.Errorf("%+v, want %d", x, want)
		}
		r.clock.Pass(time.Second)
	}
	since = since.Truncate(time.Microsecond)
	run(replay.Choice{EndpointID: &r.endpoint, Filter: webhook.Filter{Since: &since}}, 2)
	if diff := cmp.Diff(once(before), r.deliver(r.endpoint)); diff != "" {
		t.Fatal(diff)
	}
	run(replay.Choice{EndpointID: &r.endpoint}, 2) // and now those from before; what arrived is not sent again
	if diff := cmp.Diff(once(append(before, early...)), r.deliver(r.endpoint)); diff != "" {
		t.Fatal(diff)
	}
	run(replay.Choice{EndpointID: &r.endpoint, Filter: webhook.Filter{ExternalUserID: "user-1"}, Again: true}, 2)
	if came := r.deliver(r.endpoint); came[before[1]] != 2 || came[early[1]] != 2 || came[before[0]] != 1 || len(came) != 4 {
		t.Fatal(came)
	}
	run(replay.Choice{EndpointID: &r.endpoint, Filter: webhook.Filter{EventID: early[0]}, Again: true}, 1)
	if came := r.deliver(r.endpoint); came[early[0]] != 2 || came[before[0]] != 1 {
		t.Fatal("of one event", came)
	}
	run(replay.Choice{EndpointID: &own[0].ID}, 3)
	if came := r.deliver(own[0].ID); came[of[0]] != 1 || came[of[2]] != 1 || len(came) != 7 {
		t.Fatal(came)
	}
}

// A replay that is paused queues nothing until it is resumed, one that is
// cancelled nothing more; both may be said twice, and what is over stays over.
func TestPauseResumeCancel(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.emit(20, "hi_x", webhook.To{Project: true})
	r.end(webhook.Delivered)
	x := r.start(replay.Choice{}, 2)
	do := func(what func(context.Context, tenant.Scope, string) (*replay.Replay, error), want paced.Status) {
		t.Helper()
		for range 2 {
			if got, err := what(t.Context(), r.scope, x.ID); err != nil || got.Status != want {
				t.Fatal(got, err)
			}
		}
	}
	do(r.Pause, replay.Paused)
	r.clock.Pass(time.Minute)
	if got := r.advance(x.ID); got.Done != 0 {
		t.Fatalf("%+v", got)
	}
	do(r.Resume, replay.Running)
	done := r.advance(x.ID).Done
	do(r.Cancel, replay.Cancelled)
	r.clock.Pass(time.Minute)
	if got := r.advance(x.ID); done == 0 || got.Done != done || got.FinishedAt == nil {
		t.Fatalf("%+v", got)
	}
	if _, err := r.Resume(t.Context(), r.scope, x.ID); !errors.Is(err, replay.ErrOver) {
		t.Error(err)
	}
	var actions []string
	r.in(func(tx *gorm.DB) error {
		return tx.Raw("SELECT action FROM audit_log WHERE action LIKE 'replay.%' ORDER BY id").Scan(&actions).Error
	})
	if diff := cmp.Diff([]string{"replay.started", "replay.paused", "replay.resumed", "replay.cancelled"}, actions); diff != "" {
		t.Error(diff)
	}
}
