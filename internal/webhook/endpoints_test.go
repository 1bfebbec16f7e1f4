package webhook_test

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// add makes an endpoint that hears of types.
func (r *rig) add(url string, c webhook.Change, types ...string) *webhook.View {
	r.t.Helper()
	c.URL = &url
	if len(types) > 0 {
		c.EventTypes = &types
	}
	v, err := r.CreateEndpoint(r.t.Context(), r.scope, &c)
	if err != nil {
		r.t.Fatal(err)
	}
	return v
}

func (r *rig) change(id string, c webhook.Change) *webhook.View {
	r.t.Helper()
	v, err := r.UpdateEndpoint(r.t.Context(), r.scope, id, &c)
	if err != nil {
		r.t.Fatal(err)
	}
	return v
}

// tellAll records an event of a type and delivers it to all who hear.
func (r *rig) tellAll(eventType string) {
	r.t.Helper()
	var heard []string
	r.in(func(tx *gorm.DB) (err error) {
		e := &event.Event{Type: eventType, SubjectID: "apn_1", ExternalUserID: "user-1", Body: `{"event":"` + eventType + `"}`, CreatedAt: r.Now()}
		heard, err = webhook.Emit(tx, e, webhook.To{Project: true})
		return err
	})
	for _, id := range heard {
		r.deliver(id)
	}
}

// Every endpoint hears of what it asked for, each with its own key; the
// environment's webhook goes on hearing of what it always did.
func TestSubscriptions(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	receivers := map[string]*testkit.Receiver{}
	keys := map[string]string{}
	for name, types := range map[string][]string{"all": nil, "accounts": {"ACCOUNT_*"}, "platform": {"ENDPOINT_*"}, "one": {event.AccountDead}} {
		receivers[name] = testkit.NewReceiver(t)
		keys[name] = r.add(receivers[name].URL, webhook.Change{}, types...).Key.Reveal()
	}
	receivers["main"] = testkit.NewReceiver(t)
	_, keys["main"] = r.project(receivers["main"].URL)
	for _, eventType := range []string{event.AccountDead, event.AccountDeleted, event.ConnectionSuccess, event.EndpointFailing} {
		r.tellAll(eventType)
	}
	got := map[string]string{}
	for name, receiver := range receivers {
		for _, c := range receiver.Calls() {
			got[name] += strings.TrimSuffix(strings.TrimPrefix(c.Body, `{"event":"`), `"}`) + " "
			if !c.Signed(keys[name]) {
				t.Errorf("%s: not signed with its own key", name)
			}
			for other, k := range keys {
				if other != name && c.Signed(k) {
					t.Errorf("%s is signed with the key of %s", name, other)
				}
			}
		}
	}
	want := map[string]string{
		"all": "ACCOUNT_DEAD ACCOUNT_DELETED CONNECTION_SUCCESS ", "accounts": "ACCOUNT_DEAD ACCOUNT_DELETED ", "platform": "ENDPOINT_FAILING ",
		"one": "ACCOUNT_DEAD ", "main": "ACCOUNT_DEAD ACCOUNT_DELETED ",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A trigger's own endpoints come before the environment's, also for one that
// does not want to hear of what triggers emit.
func TestTriggerTakesPrecedence(t *testing.T) {
	t.Parallel()
	r, mine, all := newRig(t), testkit.NewReceiver(t), testkit.NewReceiver(t)
	own := r.trigger("hi_x", mine.URL)[0]
	project := r.add(all.URL, webhook.Change{})
	r.change(own.ID, webhook.Change{EventTypes: &[]string{"ACCOUNT_*"}})
	if heard := r.emit(1, webhook.To{Trigger: "hi_x"}); len(heard) != 0 {
		t.Errorf("%v heard", heard)
	}
	r.change(own.ID, webhook.Change{EventTypes: &[]string{"*"}})
	if heard := r.emit(1, webhook.To{Trigger: "hi_x"}); len(heard) != 1 || heard[0] != own.ID {
		t.Errorf("%v heard", heard)
	}
	if heard := r.emit(1, webhook.To{Trigger: "hi_other"}); len(heard) != 1 || heard[0] != project.ID {
		t.Errorf("%v heard", heard)
	}
}

// What is secret of an endpoint is sealed at rest, and shown to nobody.
func TestEndpointSecretsAreSealed(t *testing.T) {
	t.Parallel()
	r, to := newRig(t), testkit.NewReceiver(t)
	to.Answer(func(_ int, w http.ResponseWriter, req *http.Request) {
		w.Header().Set("X-Echo", req.Header.Get("Authorization"))
		w.Header().Set("Set-Cookie", "session=abc")
		_, _ = fmt.Fprint(w, "you said ", req.Header.Get("Authorization"))
	})
	const plain = "Bearer hush-hush-hush"
	v := r.add(to.URL, webhook.Change{Headers: map[string]*string{"authorization": new(plain), "x-team": new("blue")}})
	if diff := cmp.Diff([]string{"Authorization", "X-Team"}, v.HeaderNames); diff != "" {
		t.Error(diff)
	}
	r.tellAll(event.AccountDead)
	if h := to.Calls()[0].Header; h.Get("Authorization") != plain || h.Get("X-Team") != "blue" {
		t.Errorf("sent %v", h)
	}
	var rows string
	r.in(func(tx *gorm.DB) error {
		return tx.Raw("SELECT (SELECT json_agg(e)::text FROM webhook_endpoints e) || (SELECT json_agg(a)::text FROM attempts a)").Scan(&rows).Error
	})
	if rows == "" || strings.Contains(rows, "hush") || strings.Contains(rows, "session=abc") {
		t.Errorf("at rest: %s", rows)
	}
	a := r.one().Attempts[0]
	if a.RequestHeaders["Authorization"] != webhook.Mask || a.ResponseHeaders["X-Echo"] != webhook.Mask || a.ResponseExcerpt != "you said "+webhook.Mask || a.RequestHeaders["Webhook-Id"] == "" {
		t.Errorf("%+v", a)
	}
	if !strings.Contains(to.URL, a.RemoteAddress) || a.RemoteAddress == "" {
		t.Errorf("sent to %q", a.RemoteAddress)
	}
	v = r.change(v.ID, webhook.Change{Headers: map[string]*string{"Authorization": nil, "X-New": new("n")}})
	if diff := cmp.Diff([]string{"X-New", "X-Team"}, v.HeaderNames); diff != "" {
		t.Error(diff)
	}
}

// Of many who add endpoints at once none sees room that another took; a URL is
// there once; and another environment sees, changes and counts none of it.
func TestManyEndpoints(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var wg sync.WaitGroup
	errs := make([]error, webhook.MaxEndpoints+5)
	for i := range errs {
		wg.Go(func() {
			url := fmt.Sprintf("http://127.0.0.1:9/%d", i)
			_, errs[i] = r.CreateEndpoint(t.Context(), r.scope, &webhook.Change{URL: &url})
		})
	}
	wg.Wait()
	refused := 0
	for _, err := range errs {
		if errors.Is(err, webhook.ErrTooMany) {
			refused++
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if refused != 5 {
		t.Fatalf("%d refused", refused)
	}
	page, err := r.Endpoints(t.Context(), r.scope, db.Cursor{Limit: 100})
	if err != nil || len(page.Items) != webhook.MaxEndpoints {
		t.Fatalf("%d endpoints, %v", len(page.Items), err)
	}
	first := page.Items[0]
	if _, err := r.UpdateEndpoint(t.Context(), r.scope, first.ID, &webhook.Change{URL: &page.Items[1].URL}); !errors.Is(err, webhook.ErrURLTaken) {
		t.Errorf("a URL that is taken: %v", err)
	}
	said := "not written"
	if _, err := r.UpdateEndpoint(t.Context(), r.scope, first.ID, &webhook.Change{Description: &said}, first.UpdatedAt.Add(-time.Second)); !errors.Is(err, fault.ErrChanged) {
		t.Errorf("who saw an earlier one: %v", err)
	}
	v, err := r.UpdateEndpoint(t.Context(), r.scope, first.ID, &webhook.Change{}, first.UpdatedAt)
	if err != nil || v.Description == said {
		t.Fatalf("who saw what is there: %v", err)
	}
	if _, err := r.UpdateEndpoint(t.Context(), r.scope, first.ID, &webhook.Change{}, v.UpdatedAt); err != nil {
		t.Errorf("who goes on with what was answered: %v", err)
	}
	stranger := testkit.Scope(t, r.DB)
	for what, fn := range map[string]func() error{
		"read": func() error { _, err := r.Endpoint(t.Context(), stranger, first.ID); return err },
		"change": func() error {
			_, err := r.UpdateEndpoint(t.Context(), stranger, first.ID, &webhook.Change{})
			return err
		},
		"rotate":  func() error { _, err := r.RotateEndpoint(t.Context(), stranger, first.ID); return err },
		"try":     func() error { _, err := r.Try(t.Context(), stranger, first.ID, event.AccountDead); return err },
		"disable": func() error { _, err := r.DisableEndpoint(t.Context(), stranger, first.ID); return err },
		"drain":   func() error { _, err := r.EnableEndpoint(t.Context(), stranger, first.ID, true); return err },
		"discard": func() error { _, err := r.EnableEndpoint(t.Context(), stranger, first.ID, false); return err },
		"delete":  func() error { return r.DeleteEndpoint(t.Context(), stranger, first.ID) },
	} {
		if err := fn(); !errors.Is(err, webhook.ErrNoEndpoint) {
			t.Errorf("a stranger could %s: %v", what, err)
		}
	}
	if page, err := r.Endpoints(t.Context(), stranger, db.Cursor{}); err != nil || len(page.Items) != 0 {
		t.Errorf("a stranger sees %d endpoints, %v", len(page.Items), err)
	}
}

// What comes for an endpoint that is disabled waits; when it is enabled again it
// is sent or discarded, as the caller chooses.
func TestDisableAndEnable(t *testing.T) {
	t.Parallel()
	for _, drain := range []bool{true, false} {
		r, to := newRig(t), testkit.NewReceiver(t)
		v := r.add(to.URL, webhook.Change{})
		for range 2 {
			if _, err := r.DisableEndpoint(t.Context(), r.scope, v.ID); err != nil {
				t.Fatal(err)
			}
		}
		r.tellAll(event.AccountDead)
		r.tellAll(event.AccountDead)
		r.change(v.ID, webhook.Change{URL: new(to.URL + "/moved")}) // this says nothing about sending
		shown, err := r.Endpoint(t.Context(), r.scope, v.ID)
		if err != nil || shown.Waiting != 2 || shown.Status() != "disabled" || *shown.DisabledReason != webhook.ReasonManual || len(to.Calls()) != 0 {
			t.Fatalf("%+v, %v", shown, err)
		}
		if v, err = r.EnableEndpoint(t.Context(), r.scope, v.ID, drain); err != nil || v.Status() != "active" {
			t.Fatalf("%+v, %v", v, err)
		}
		r.deliver(v.ID)
		want, calls := webhook.Delivered, 2
		if !drain {
			want, calls = webhook.Discarded, 0
		}
		for _, d := range r.all() {
			if d.State != want {
				t.Errorf("drain %v: %s", drain, d.State)
			}
		}
		if n := len(to.Calls()); n != calls {
			t.Errorf("drain %v: %d calls", drain, n)
		}
	}
}

// A trial is signed like the real thing and says at once what came of it; the
// rows know nothing of it.
func TestTry(t *testing.T) {
	t.Parallel()
	r, to := newRig(t), testkit.NewReceiver(t)
	v := r.add(to.URL, webhook.Change{Payload: new(webhook.Enveloped)})
	if _, err := r.DisableEndpoint(t.Context(), r.scope, v.ID); err != nil {
		t.Fatal(err)
	}
	for _, k := range event.Kinds {
		got, err := r.Try(t.Context(), r.scope, v.ID, k.Type)
		if err != nil || got.Error != nil || *got.Status != 200 || got.RemoteAddress == "" {
			t.Fatalf("%s: %+v, %v", k.Type, got, err)
		}
	}
	calls := to.Calls()
	c := calls[0]
	if len(calls) != len(event.Kinds) || !c.Signed(v.Key.Reveal()) || c.Header.Get("X-Patchbay-Test") != "1" || !strings.HasPrefix(c.Body, `{"type":"CONNECTION_SUCCESS","id":"evt_`) {
		t.Errorf("%+v", c)
	}
	to.Status(http.StatusTeapot)
	got, err := r.Try(t.Context(), r.scope, v.ID, event.AccountDead)
	if err != nil || *got.Error != "status" || got.ResponseExcerpt != "status 418 it is" {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := r.Try(t.Context(), r.scope, v.ID, "X"); !errors.Is(err, webhook.ErrEventType) {
		t.Error(err)
	}
	if e := r.endpoint(v.ID); len(r.all()) != 0 || e.Failures != 0 || e.LastSuccessAt != nil {
		t.Errorf("a trial left something behind: %+v", e)
	}
}

// The rules of an endpoint are obeyed at the send: its signatures, its payload,
// its timeout, its own ladder.
func TestEndpointsOwnRules(t *testing.T) {
	t.Parallel()
	r, to := newRig(t), testkit.NewReceiver(t)
	waits := []int{100, 1000}
	r.add(to.URL, webhook.Change{Signatures: &[]webhook.Scheme{webhook.Standard}, Payload: new(webhook.Enveloped), RetryWaits: &waits, TimeoutMs: new(5000)})
	release := make(chan struct{})
	defer close(release)
	to.Answer(func(_ int, w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusOK)
		for { // a body that never ends, and comes slowly
			_, _ = w.Write([]byte("."))
			if w.(http.Flusher).Flush(); r.t.Context().Err() != nil {
				return
			}
			select {
			case <-release:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	})
	r.tellAll(event.AccountDead)
	c := to.Calls()[0]
	if c.Header.Get("X-Pd-Signature") != "" || !strings.HasPrefix(c.Header.Get("Webhook-Signature"), "v1,") {
		t.Errorf("%v", c.Header)
	}
	if !strings.Contains(c.Body, `"subject_id":"apn_1","external_user_id":"user-1","data":{"event":"ACCOUNT_DEAD"}}`) {
		t.Error(c.Body)
	}
	if d := r.one(); d.State != webhook.Delivered { // it answered 200 in time; the rest was not waited for
		t.Fatalf("%s %v", d.State, tries(d))
	}
	to.Status(http.StatusInternalServerError)
	r.tellAll(event.AccountDead)
	d := r.all()[1]
	if wait := d.NextAttemptAt.Sub(r.Now()); d.State != webhook.Pending || wait < 80*time.Second || wait > 120*time.Second {
		t.Errorf("%s, due in %s", d.State, wait)
	}
}

// Each setting that a change can change is kept.
func TestChangeIsKept(t *testing.T) {
	t.Parallel()
	of := reflect.TypeFor[webhook.Settings]()
	for i := range of.NumField() {
		if name := of.Field(i).Name; !slices.Contains(webhook.Changeable, name) {
			t.Errorf("a change of %s is not written", name)
		}
	}
	r := newRig(t)
	e := r.add("https://hooks.example/kept", webhook.Change{})
	limit, by, path := 4096, webhook.ByField, "/data/id"
	if _, err := r.UpdateEndpoint(t.Context(), r.scope, e.ID, &webhook.Change{InlineLimit: &limit, Ordering: &by, Path: &path}); err != nil {
		t.Fatal(err)
	}
	got, err := r.Endpoint(t.Context(), r.scope, e.ID)
	if err != nil || got.InlineLimit != limit || got.OrderingPath != path {
		t.Errorf("%+v, %v", got, err)
	}
}
