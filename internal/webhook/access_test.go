package webhook_test

import (
	"errors"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// After a rotation both keys sign for a day, so that a receiver can change over
// without losing a delivery; then the old one signs no more.
func TestRotation(t *testing.T) {
	t.Parallel()
	tests := map[string]func(r *rig, url string) (endpoint, old string, to webhook.To, rotate func() (*webhook.View, error)){
		"the environment's key": func(r *rig, url string) (string, string, webhook.To, func() (*webhook.View, error)) {
			id, key := r.project(url)
			return id, key, webhook.To{Trigger: "hi_bare"}, func() (*webhook.View, error) { return r.RotateProject(r.t.Context(), r.scope) }
		},
		"a trigger's key": func(r *rig, url string) (string, string, webhook.To, func() (*webhook.View, error)) {
			v := r.trigger("hi_x", url)[0]
			return v.ID, v.Key.Reveal(), webhook.To{Trigger: "hi_x"}, func() (*webhook.View, error) {
				return r.RotateOfTrigger(r.t.Context(), r.scope, "hi_x", v.ID)
			}
		},
	}
	for name, set := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, receiver := newRig(t), testkit.NewReceiver(t)
			endpoint, old, to, rotate := set(r, receiver.URL)
			v, err := rotate()
			if err != nil {
				t.Fatal(err)
			}
			fresh := v.Key.Reveal()
			last := func() testkit.Call {
				r.emit(1, to)
				r.deliver(endpoint)
				calls := receiver.Calls()
				return calls[len(calls)-1]
			}
			if c := last(); fresh == old || !c.Signed(old) || !c.Signed(fresh) {
				t.Fatal("during the overlap both keys sign")
			}
			r.Pass(webhook.Overlap - time.Second)
			if c := last(); !c.Signed(old) || !c.Signed(fresh) {
				t.Fatal("just before its end both keys sign")
			}
			r.Pass(2 * time.Second)
			if c := last(); c.Signed(old) || !c.Signed(fresh) {
				t.Fatal("after it the new key signs alone")
			}
		})
	}
}

// A trigger's key signs nothing else, and the environment's signs no trigger's own.
func TestKeysAreApart(t *testing.T) {
	t.Parallel()
	r, receiver := newRig(t), testkit.NewReceiver(t)
	_, key := r.project(receiver.URL)
	own := r.trigger("hi_x", receiver.URL)[0]
	r.emit(1, webhook.To{Trigger: "hi_x"})
	r.deliver(own.ID)
	if c := receiver.Calls()[0]; c.Signed(key) || !c.Signed(own.Key.Reveal()) {
		t.Fatal("the wrong key signed")
	}
	token := r.emit(1, webhook.To{URL: receiver.URL})
	r.deliver(token[0])
	if c := receiver.Calls()[1]; !c.Signed(key) {
		t.Fatal("the environment's key signs what a token's webhook hears")
	}
}

// To another tenant a delivery and a webhook are not there: it sees none, and
// neither reads, sends, retries nor rotates one.
func TestAnotherTenant(t *testing.T) {
	t.Parallel()
	r, receiver := newRig(t), testkit.NewReceiver(t)
	stranger := testkit.Scope(t, r.DB)
	endpoint, _ := r.project(receiver.URL)
	own := r.trigger("hi_x", receiver.URL)[0]
	r.emit(1, webhook.To{Trigger: "hi_other"})
	id := r.one().ID
	page, err := r.List(t.Context(), stranger, webhook.Filter{}, db.Cursor{})
	if err != nil || len(page.Items) != 0 || page.Items == nil {
		t.Fatal(page, err)
	}
	if e, err := r.Project(t.Context(), stranger); e != nil || err != nil {
		t.Fatal(e, err)
	}
	if v, err := r.OfTrigger(t.Context(), stranger, "hi_x"); len(v) != 0 || err != nil {
		t.Fatal(v, err)
	}
	refused := map[string]struct {
		want error
		do   func() error
	}{
		"get":    {webhook.ErrDeliveryNotFound, func() error { _, err := r.Get(t.Context(), stranger, id); return err }},
		"retry":  {webhook.ErrDeliveryNotFound, func() error { _, err := r.Retry(t.Context(), stranger, id); return err }},
		"key":    {webhook.ErrNoWebhook, func() error { _, err := r.OneOfTrigger(t.Context(), stranger, "hi_x", own.ID); return err }},
		"rotate": {webhook.ErrNoWebhook, func() error { _, err := r.RotateOfTrigger(t.Context(), stranger, "hi_x", own.ID); return err }},
	}
	for name, tt := range refused {
		if err := tt.do(); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
	if err := r.Deliver(t.Context(), stranger, endpoint); err != nil || len(receiver.Calls()) != 0 {
		t.Fatalf("a forged task sent %d calls, %v", len(receiver.Calls()), err)
	}
	if err := r.DeleteProject(t.Context(), stranger); err != nil {
		t.Fatal(err)
	}
	if d := r.one(); d.State != webhook.Pending {
		t.Fatal(d.State)
	}
}

// A list is narrowed by state, type and user, and tells what it shows of each.
func TestList(t *testing.T) {
	t.Parallel()
	r, receiver := newRig(t), testkit.NewReceiver(t)
	endpoint, _ := r.project(receiver.URL)
	r.emit(2, webhook.To{Trigger: "hi_x"})
	r.deliver(endpoint)
	r.emit(1, webhook.To{Trigger: "hi_x"})
	tests := map[string]struct {
		filter webhook.Filter
		want   int
	}{
		"all":                            {webhook.Filter{}, 3},
		"those that are due":             {webhook.Filter{State: webhook.Pending}, 1},
		"those that are done, of a type": {webhook.Filter{State: webhook.Delivered, EventType: "trigger.emitted"}, 2},
		"another type":                   {webhook.Filter{EventType: "CONNECTION_ERROR"}, 0},
		"a user's":                       {webhook.Filter{ExternalUserID: "user-1"}, 3},
		"another user's":                 {webhook.Filter{ExternalUserID: "user-2"}, 0},
		"another event's":                {webhook.Filter{EventID: "evt_x"}, 0},
	}
	for name, tt := range tests {
		page, err := r.List(t.Context(), r.scope, tt.filter, db.Cursor{})
		if err != nil || page.Total != tt.want || len(page.Items) != tt.want {
			t.Errorf("%s: %d, want %d, %v", name, page.Total, tt.want, err)
		}
	}
	d := r.all()[0]
	if d.URL != receiver.URL || d.Level != webhook.LevelProject || d.SubjectID != "hi_subject" || d.Payload != `{"n":1}` {
		t.Errorf("%+v", d)
	}
}
