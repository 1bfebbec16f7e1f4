package replay_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/replay"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// Workers that are killed at any moment, and others at once, queue each delivery
// once: no event is sent twice, and none is left out.
func TestKilledAndRaced(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ids := r.emit(400, "hi_x", webhook.To{Project: true})
	r.end(webhook.Exhausted)
	x := r.start(replay.Choice{}, 40)
	for n := 1; r.get(x.ID).Status == replay.Running; n++ {
		if n > 500 {
			t.Fatalf("it does not end: %+v", r.get(x.ID))
		}
		var wg sync.WaitGroup
		for worker := range 3 {
			dying, kill := context.WithCancel(t.Context())
			time.AfterFunc(time.Duration(n*(worker+1))*time.Millisecond/2, kill)
			wg.Go(func() { _ = r.Advance(dying, r.scope, x.ID) })
		}
		wg.Wait()
		r.clock.Pass(100 * time.Millisecond)
	}
	r.clock.Pass(time.Minute)
	if diff := cmp.Diff(once(ids), r.deliver(r.endpoint)); diff != "" {
		t.Fatal(diff)
	}
	if x = r.get(x.ID); x.Done != 400 || x.Queued != 400 {
		t.Fatalf("%+v", x)
	}
}

// A choice that makes no sense is refused, and there are not any number at once.
func TestChoicesThatAreNone(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	now, other := r.clock.Now(), "whk_none"
	tests := map[string]struct {
		choice replay.Choice
		rate   int
		want   error
	}{
		"an end before its beginning": {replay.Choice{Filter: webhook.Filter{Since: &now, Until: &now}}, 0, replay.ErrRange},
		"what is being sent":          {replay.Choice{Filter: webhook.Filter{State: webhook.Sending}}, 0, replay.ErrState},
		"events by their state":       {replay.Choice{EndpointID: &r.endpoint, Filter: webhook.Filter{State: webhook.Exhausted}}, 0, replay.ErrFilter},
		"to nobody":                   {replay.Choice{EndpointID: &other}, 0, webhook.ErrNoWebhook},
		"too fast":                    {replay.Choice{}, replay.MaxRate + 1, replay.ErrRate},
		"backwards":                   {replay.Choice{}, -1, replay.ErrRate},
	}
	for name, tt := range tests {
		if _, err := r.Start(t.Context(), r.scope, tt.choice, tt.rate); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
	for {
		if _, err := r.Start(t.Context(), r.scope, replay.Choice{}, 1); err != nil {
			if !errors.Is(err, replay.ErrMany) {
				t.Fatal(err)
			}
			return
		}
	}
}

// To another tenant there is no such replay, and nothing of ours is in theirs.
func TestAnotherTenant(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.emit(2, "hi_x", webhook.To{Project: true})
	r.end(webhook.Exhausted)
	x, other := r.start(replay.Choice{}, 1), testkit.Scope(t, r.DB)
	for name, do := range map[string]func(context.Context, tenant.Scope, string) (*replay.Replay, error){"get": r.Get, "pause": r.Pause, "resume": r.Resume, "cancel": r.Cancel} {
		if _, err := do(t.Context(), other, x.ID); !errors.Is(err, replay.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n, err := r.Count(t.Context(), other, replay.Choice{}); n != 0 || err != nil {
		t.Error(n, err)
	}
	if _, err := r.Start(t.Context(), other, replay.Choice{EndpointID: &r.endpoint}, 0); !errors.Is(err, webhook.ErrNoWebhook) {
		t.Error(err)
	}
	if err := r.Advance(t.Context(), other, x.ID); err != nil || r.get(x.ID).Done != 0 {
		t.Error(err)
	}
	if page, err := r.List(t.Context(), other, db.Cursor{}); err != nil || page.Total != 0 {
		t.Error(page, err)
	}
	if err := r.Sweep(t.Context()); err != nil {
		t.Error(err)
	}
}
