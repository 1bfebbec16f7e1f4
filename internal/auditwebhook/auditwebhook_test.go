package auditwebhook_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/auditwebhook"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/egress"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// rig is a workspace with a log, a receiver, and letters that are kept.
type rig struct {
	*auditwebhook.Service
	*testkit.Receiver

	t         *testing.T
	clock     *testkit.Clock
	log       *audit.Service
	scope     tenant.Scope
	workspace string

	mu      sync.Mutex
	letters []string
}

func newRig(t *testing.T) *rig {
	t.Helper()
	d, clock, guard := testkit.DB(t), testkit.NewClock(), testkit.Guard()
	r := &rig{t: t, clock: clock, Receiver: testkit.NewReceiver(t), log: &audit.Service{DB: d, Now: clock.Now}, scope: testkit.Scope(t, d)}
	r.workspace = r.workspaceOf(d, r.scope)
	r.Service = &auditwebhook.Service{DB: d, Box: testkit.Box(t), Guard: guard, Client: guard.Client(time.Minute, 2), Now: clock.Now, Tell: func(_ context.Context, workspaceID, subject, text string) error {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.letters = append(r.letters, workspaceID+": "+subject+"\n"+text)
		return nil
	}}
	return r
}

func (r *rig) workspaceOf(d *db.DB, s tenant.Scope) (id string) {
	r.t.Helper()
	r.must(d.In(r.t.Context(), s, func(tx *gorm.DB) error { return tx.Raw("SELECT workspace_id FROM projects").Scan(&id).Error }))
	return id
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// record writes so many entries, which are sealed.
func (r *rig) record(n int) {
	r.t.Helper()
	entries := make([]audit.Entry, n)
	for i := range entries {
		entries[i] = audit.Entry{Action: audit.AccountDeleted, Subject: fmt.Sprint("apn_", i), Details: map[string]any{"n": 12345678901234567, "text": "<&> ü"}}
	}
	r.must(r.DB.In(r.t.Context(), r.scope, func(tx *gorm.DB) error { return audit.Record(tx, r.clock.Now(), entries...) }))
	r.must(r.log.Sweep(r.t.Context()))
}

func (r *rig) sweep() {
	r.t.Helper()
	r.must(r.log.Sweep(r.t.Context()))
	r.must(r.Sweep(r.t.Context()))
}

func (r *rig) set(beginning bool) *auditwebhook.View {
	r.t.Helper()
	v, err := r.Set(r.t.Context(), r.workspace, r.URL, &beginning)
	r.must(err)
	return v
}

func (r *rig) view() *auditwebhook.View {
	r.t.Helper()
	v, err := r.Get(r.t.Context(), r.workspace)
	r.must(err)
	if v == nil {
		r.t.Fatal("there is no webhook")
	}
	return v
}

// sent is a batch as a receiver reads it.
type sent struct {
	Type, ID     string
	WorkspaceID  string `json:"workspace_id"`
	FirstSeq     int64  `json:"first_seq"`
	LastSeq      int64  `json:"last_seq"`
	PreviousHash string `json:"previous_hash"`
	Missed       *struct{ From, To int64 }
	Entries      []struct {
		Seq   int64
		Hash  string
		Entry json.RawMessage
	}
}

func (r *rig) batches() []sent {
	r.t.Helper()
	calls := r.Calls()
	out := make([]sent, len(calls))
	for i, c := range calls {
		r.must(json.Unmarshal([]byte(c.Body), &out[i]))
		if c.Header.Get("Webhook-Id") != out[i].ID || !strings.HasPrefix(out[i].ID, "awb_") {
			r.t.Errorf("batch %d is called %q in its header and %q in its body", i, c.Header.Get("Webhook-Id"), out[i].ID)
		}
	}
	return out
}

// chain holds batches against each other as a receiver does, from an entry with a hash
// on, and returns the number of the last entry. None comes twice.
func (r *rig) chain(at int64, hash string, batches ...sent) int64 {
	r.t.Helper()
	for _, b := range batches {
		if b.PreviousHash != hash || b.FirstSeq != at+1 || b.WorkspaceID != r.workspace || len(b.Entries) > auditwebhook.BatchMost {
			r.t.Fatalf("after entry %d (%s) came %d to %d of %s, with the hash before %s", at, hash, b.FirstSeq, b.LastSeq, b.WorkspaceID, b.PreviousHash)
		}
		for _, e := range b.Entries {
			sum := sha256.Sum256([]byte(hash + "\n" + string(e.Entry)))
			if at++; e.Seq != at || e.Hash != hex.EncodeToString(sum[:]) {
				r.t.Fatalf("entry %d does not follow %d: %s", e.Seq, at-1, e.Entry)
			}
			hash = e.Hash
		}
		if b.LastSeq != at {
			r.t.Fatalf("the batch ends at %d and says %d", at, b.LastSeq)
		}
	}
	return at
}

// What a log has is sent in order, in batches, signed, each entry with what it takes to
// check the chain; what comes later follows.
func TestSendsTheLogInOrder(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.record(250)
	v := r.set(true)
	r.sweep()
	batches := r.batches()
	if len(batches) != 3 || batches[0].Type != "audit_log.entries" {
		t.Fatalf("%d batches: %+v", len(batches), batches[0].Type)
	}
	if last := r.chain(0, audit.Nothing, batches...); last != 251 { // and that the webhook was made
		t.Fatal(last)
	}
	for _, c := range r.Calls() {
		if !c.Signed(v.Secret.Reveal()) || c.Header.Get("Webhook-Signature") == "" {
			t.Fatal("a batch is not signed")
		}
	}
	r.record(1)
	r.sweep()
	if last := r.chain(0, audit.Nothing, r.batches()...); last != 252 {
		t.Fatal(last)
	}
	if v := r.view(); v.SentSeq != 252 || v.Waiting != 0 || v.LastSentAt == nil || v.Secret != "" {
		t.Fatalf("%+v", v)
	}
}

// From now on means what is written after it was made, beginning with that.
func TestStartsNow(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.record(5)
	r.set(false)
	r.sweep()
	b := r.batches()
	if len(b) != 1 || b[0].FirstSeq != 6 || b[0].LastSeq != 6 || !strings.Contains(string(b[0].Entries[0].Entry), audit.WebhookCreated) {
		t.Fatalf("%+v", b)
	}
}

// A batch that was not taken is sent again as it was, and nothing before it.
func TestSendsAgainWhatWasNotTaken(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.record(150)
	r.set(true)
	r.Answer(func(n int, w http.ResponseWriter, _ *http.Request) {
		if n == 2 || n == 3 {
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = w.Write([]byte("no room"))
		}
	})
	r.sweep()
	if v := r.view(); v.SentSeq != 100 || v.Failures != 1 || v.LastError != "status" || *v.LastStatus != 500 || v.LastExcerpt != "no room" || v.Waiting != 51 || !v.NextAttemptAt.After(r.clock.Now()) {
		t.Fatalf("%+v", v)
	}
	r.sweep() // it is not due yet
	r.record(10)
	if n := len(r.Calls()); n != 2 {
		t.Fatalf("it was sent %d times", n)
	}
	for range 2 {
		r.clock.Pass(time.Minute)
		r.sweep()
	}
	c, b := r.Calls(), r.batches()
	if len(c) != 5 || c[1].Body != c[2].Body || c[2].Body != c[3].Body || b[1].ID != b[3].ID || b[1].ID == b[0].ID {
		t.Fatalf("%d calls", len(c))
	}
	if last := r.chain(0, audit.Nothing, b[0], b[3], b[4]); last != 161 {
		t.Fatal(last)
	}
	if v := r.view(); v.Failures != 0 || v.FailingSince != nil || v.LastError != "" {
		t.Fatalf("%+v", v)
	}
}

// A worker that is killed between a batch's arrival and the cursor leaves it to the
// next, which sends the same bytes; what it would still have written counts no more.
func TestSendsAgainAfterAKill(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.record(20)
	v := r.set(true)
	r.must(r.log.Sweep(t.Context()))
	late, err := r.Killed(t.Context(), v.ID)
	r.must(err)
	r.record(5)
	r.sweep() // the dead one's lease holds
	if n := len(r.Calls()); n != 1 || r.view().SentSeq != 0 {
		t.Fatalf("%d calls", n)
	}
	r.clock.Pass(auditwebhook.LeaseFor)
	r.sweep()
	c := r.Calls()
	if len(c) != 3 || c[0].Body != c[1].Body || c[0].Header.Get("Webhook-Id") != c[1].Header.Get("Webhook-Id") {
		t.Fatalf("%d calls", len(c))
	}
	if last := r.chain(0, audit.Nothing, r.batches()[1:]...); last != 26 {
		t.Fatal(last)
	}
	r.must(late())
	if got := r.view().SentSeq; got != 26 {
		t.Fatalf("a worker that was dead set the cursor to %d", got)
	}
}

// Workers that look at once send each batch once, one after the other.
func TestOneSendsAtATime(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.record(950)
	r.set(true)
	r.must(r.log.Sweep(t.Context()))
	for r.view().Waiting > 0 {
		var g sync.WaitGroup
		for range 6 {
			g.Go(func() {
				if err := r.Sweep(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		g.Wait()
	}
	if last := r.chain(0, audit.Nothing, r.batches()...); last != 951 || r.AtOnce() != 1 {
		t.Fatalf("up to %d, %d at once", last, r.AtOnce())
	}
}

// A receiver that fails for days is left alone, in the log and by a letter; it is gone
// on with where it stopped. One that says it is gone is left alone at once.
func TestPausesAfterALongFailure(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		status int
		reason auditwebhook.Reason
		most   int // calls
	}{"fails for days": {503, auditwebhook.Failing, 200}, "is gone": {410, auditwebhook.Gone, 1}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.record(3)
			r.set(true)
			r.Status(tt.status)
			began := r.clock.Now()
			for r.view().PausedAt == nil {
				if r.clock.Now().Sub(began) > 2*auditwebhook.PauseAfter {
					t.Fatal("it is not paused")
				}
				r.sweep()
				r.clock.Pass(90 * time.Minute)
			}
			v := r.view()
			if v.PausedReason != tt.reason || v.SentSeq != 0 || len(r.Calls()) > tt.most {
				t.Fatalf("%+v after %d calls", v, len(r.Calls()))
			}
			if after := v.PausedAt.Sub(began); tt.reason == auditwebhook.Failing && after < auditwebhook.PauseAfter {
				t.Errorf("it was paused after %s", after)
			}
			r.sweep()
			if len(r.letters) != 1 || !strings.HasPrefix(r.letters[0], r.workspace+": The audit log is no longer sent") {
				t.Fatalf("%q", r.letters)
			}
			tried := len(r.Calls())
			r.Status(200)
			r.sweep()
			if len(r.Calls()) != tried {
				t.Fatal("it is sent while it is paused")
			}
			_, err := r.Resume(t.Context(), r.workspace)
			r.must(err)
			r.sweep()
			r.sweep()
			b := r.batches()[tried:]
			if last := r.chain(0, audit.Nothing, b...); last != 6 { // three, made, paused, resumed
				t.Fatal(last)
			}
			if len(r.letters) != 1 {
				t.Fatalf("%q", r.letters)
			}
		})
	}
}

// One failure long ago, and another now, is no long failure.
func TestOneFailureIsNoLongFailure(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.record(1)
	r.set(true)
	r.Status(500)
	r.sweep()
	r.clock.Pass(auditwebhook.PauseAfter + time.Hour) // no worker was there
	r.sweep()
	if v := r.view(); v.PausedAt != nil || v.Failures != 2 {
		t.Fatalf("%+v", v)
	}
}

// What the log lets go of before it was sent is named to the receiver, in the log and in
// a letter; the chain goes on with what is there.
func TestTellsWhatItMissed(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.record(150)
	v := r.set(true)
	r.must(r.log.Sweep(t.Context()))
	_, err := r.Killed(t.Context(), v.ID) // a batch was begun
	r.must(err)
	_, err = r.Pause(t.Context(), r.workspace)
	r.must(err)
	r.clock.Pass(40 * 24 * time.Hour)
	r.record(3)
	gone, err := r.log.Expire(t.Context(), r.workspace, r.clock.Now().Add(-time.Hour))
	r.must(err)
	if v := r.view(); gone != 152 || v.Lost != 152 || v.Waiting != 4 { // 150, made, paused; three, and that it expired
		t.Fatalf("%d went: %+v", gone, v)
	}
	_, err = r.Resume(t.Context(), r.workspace)
	r.must(err)
	r.sweep()
	r.sweep()
	b := r.batches()[1:]
	if len(b) != 2 || b[0].ID == r.batches()[0].ID || b[0].Missed == nil || b[0].Missed.From != 1 || b[0].Missed.To != 152 || b[1].Missed != nil {
		t.Fatalf("%+v", b)
	}
	if last := r.chain(152, b[0].PreviousHash, b...); last != 158 { // three, expired, resumed, missed
		t.Fatal(last)
	}
	if w := r.view(); w.Missed != 152 || w.Lost != 0 {
		t.Fatalf("%+v", w)
	}
	page, err := r.log.List(t.Context(), r.workspace, audit.Filter{Action: audit.WebhookMissed}, db.Cursor{})
	if r.must(err); page.Total != 1 || page.Items[0].Details["to"] != 152.0 {
		t.Fatalf("%+v", page)
	}
	if len(r.letters) != 1 || !strings.Contains(r.letters[0], "152 entries") {
		t.Fatalf("%q", r.letters)
	}
}

// A new key signs at once, and the one before with it until a day is over.
func TestRotates(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	old := r.set(true).Secret.Reveal()
	v, err := r.Rotate(t.Context(), r.workspace)
	r.must(err)
	r.sweep()
	r.clock.Pass(24 * time.Hour)
	r.record(1)
	r.sweep()
	c := r.Calls()
	if len(c) != 2 || !c[0].Signed(old) || !c[0].Signed(v.Secret.Reveal()) || c[1].Signed(old) || !c[1].Signed(v.Secret.Reveal()) {
		t.Fatalf("%d calls", len(c))
	}
}

// Another address gets what the one before was being sent, whose answer no longer counts.
func TestAnotherAddress(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	v := r.set(true)
	r.must(r.log.Sweep(t.Context()))
	late, err := r.Killed(t.Context(), v.ID)
	r.must(err)
	other := testkit.NewReceiver(t)
	w, err := r.Set(t.Context(), r.workspace, other.URL+"?token=secret", nil, v.UpdatedAt)
	r.must(err)
	if w.Secret != "" || w.ID != v.ID {
		t.Fatalf("%+v", w)
	}
	r.must(late())
	r.sweep()
	if c := other.Calls(); len(c) != 2 || c[0].Body != r.Calls()[0].Body || strings.Contains(c[1].Body, "token=secret") {
		t.Fatalf("%+v", c)
	}
}

// What somebody changed meanwhile is not written over; what is not there is not found.
func TestRefuses(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ctx, beginning := t.Context(), true
	refused := func(what string, err, want error) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", what, err, want)
		}
	}
	_, err := r.Set(ctx, r.workspace, "http://169.254.169.254/", nil)
	refused("a private address", err, egress.ErrBlocked)
	_, err = r.Set(ctx, r.workspace, r.URL, nil, r.clock.Now())
	refused("one that was deleted", err, fault.ErrChanged)
	_, err = r.Pause(ctx, r.workspace)
	refused("to pause nothing", err, auditwebhook.ErrNotFound)
	_, err = r.Try(ctx, r.workspace)
	refused("to try nothing", err, auditwebhook.ErrNotFound)
	v := r.set(true)
	r.clock.Pass(time.Second)
	_, err = r.Set(ctx, r.workspace, r.URL, &beginning)
	refused("another start", err, auditwebhook.ErrStartAgain)
	_, err = r.Resume(ctx, r.workspace)
	refused("to go on with what goes on", err, auditwebhook.ErrNotPaused)
	p, err := r.Pause(ctx, r.workspace, v.UpdatedAt)
	r.must(err)
	_, err = r.Pause(ctx, r.workspace)
	refused("to pause twice", err, auditwebhook.ErrPaused)
	_, err = r.Rotate(ctx, r.workspace, v.UpdatedAt)
	refused("a key over a change", err, fault.ErrChanged)
	refused("to delete over a change", r.Delete(ctx, r.workspace, v.UpdatedAt), fault.ErrChanged)

	other := r.workspaceOf(r.DB, testkit.Scope(t, r.DB))
	if w, err := r.Get(ctx, other); err != nil || w != nil {
		t.Errorf("another workspace sees it: %+v, %v", w, err)
	}
	refused("another workspace deletes it", r.Delete(ctx, other), auditwebhook.ErrNotFound)
	r.must(r.Delete(ctx, r.workspace, p.UpdatedAt))
	if w, err := r.Get(ctx, r.workspace); err != nil || w != nil {
		t.Errorf("it is still there: %+v, %v", w, err)
	}
	r.sweep()
	if n := len(r.Calls()); n != 0 {
		t.Errorf("%d calls", n)
	}
}

// A test is signed and marked, says what came of it, and moves nothing.
func TestTry(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	v := r.set(true)
	got, err := r.Try(t.Context(), r.workspace)
	r.must(err)
	c := r.Calls()
	if got.Error != nil || *got.Status != 200 || len(c) != 1 || !c[0].Signed(v.Secret.Reveal()) || c[0].Header.Get("X-Patchbay-Test") != "1" || c[0].Body != got.Body {
		t.Fatalf("%+v, %+v", got, c)
	}
	r.Status(418)
	if got, err = r.Try(t.Context(), r.workspace); err != nil || *got.Error != "status" || *got.Status != 418 || got.ResponseExcerpt != "status 418 it is" {
		t.Fatalf("%+v, %v", got, err)
	}
	if v := r.view(); v.Failures != 0 || v.SentSeq != 0 {
		t.Fatalf("%+v", v)
	}
}

// Two workspaces have a log, a webhook and a key each, and one that fails holds the other up in nothing.
func TestWorkspacesApart(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.record(2)
	r.set(true)
	r.Status(500)
	scope := testkit.Scope(t, r.DB)
	other, all := testkit.NewReceiver(t), true
	workspace := r.workspaceOf(r.DB, scope)
	v, err := r.Set(t.Context(), workspace, other.URL, &all)
	r.must(err)
	r.sweep()
	c := other.Calls()
	if len(c) != 1 || !c[0].Signed(v.Secret.Reveal()) || strings.Contains(c[0].Body, r.workspace) || !strings.Contains(c[0].Body, workspace) {
		t.Fatalf("%+v", c)
	}
	if len(r.Calls()) != 1 || r.view().Failures != 1 {
		t.Fatalf("%+v", r.view())
	}
}

func TestWaitsGrow(t *testing.T) {
	t.Parallel()
	waits := auditwebhook.Waits()
	for i := 1; i < len(waits); i++ {
		if waits[i] <= waits[i-1] {
			t.Errorf("the wait after failure %d is no longer than the one before: %s", i+1, waits[i])
		}
	}
	if last := waits[len(waits)-1]; last != time.Hour {
		t.Errorf("the last is %s", last)
	}
}
