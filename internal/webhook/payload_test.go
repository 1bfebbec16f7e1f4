package webhook_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// withStore gives the rig a folder for bodies of more than a thousand bytes.
func (r *rig) withStore() (dir string) {
	r.t.Helper()
	r.Payloads, dir = testkit.Payloads(r.t, r.DB, r.Now)
	return dir
}

// tellLarge records an event whose body lies in the store.
func (r *rig) tellLarge(body string) *event.Event {
	r.t.Helper()
	at, err := r.Payloads.Keep(r.t.Context(), r.scope, body)
	if err != nil {
		r.t.Fatal(err)
	}
	e := &event.Event{Type: event.TriggerEmitted, SubjectID: "hi_1", ExternalUserID: "u", Body: body, Stored: at, CreatedAt: r.Now()}
	r.in(func(tx *gorm.DB) error {
		_, err := webhook.Emit(tx, e, webhook.To{Project: true})
		return err
	})
	return e
}

var largeBody = `{"x":"` + strings.Repeat("ü", 1000) + `"}`

// A large payload is sent itself, byte for byte, unless its endpoint wants a
// reference, with which all that is needed to fetch it comes. Signatures hold of both.
func TestLargePayloads(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.withStore()
	type got struct {
		to    *testkit.Receiver
		check func(t *testing.T, body string, e *event.Event)
	}
	is := func(t *testing.T, ref map[string]any, body string) {
		t.Helper()
		sum := sha256.Sum256([]byte(body))
		url, _ := ref["url"].(string)
		followed, _, err := r.Payloads.Follow(t.Context(), strings.TrimPrefix(url, "https://patchbay.test"+event.PayloadPath))
		if err != nil || ref["size"] != float64(len(body)) || ref["sha256"] != hex.EncodeToString(sum[:]) || ref["content_type"] != "application/json" || ref["expires_at"] == nil {
			t.Fatal(ref, err)
		}
		if text, err := r.Payloads.Body(t.Context(), r.scope, followed); err != nil || text != body {
			t.Error(text, err)
		}
	}
	read := func(t *testing.T, body string) map[string]any {
		t.Helper()
		var v map[string]any
		if err := json.Unmarshal([]byte(body), &v); err != nil {
			t.Fatal(body, err)
		}
		return v
	}
	reference := func(t *testing.T, v map[string]any) map[string]any {
		t.Helper()
		ref, ok := v["payload_reference"].(map[string]any)
		if !ok || v["data"] != nil {
			t.Fatal(v)
		}
		return ref
	}
	cases := map[string]struct {
		change webhook.Change
		check  func(t *testing.T, body string, e *event.Event)
	}{
		"itself": {webhook.Change{}, func(t *testing.T, body string, e *event.Event) {
			t.Helper()
			if body != e.Body {
				t.Error(body)
			}
		}},
		"itself, below the limit": {webhook.Change{InlineLimit: new(len(largeBody))}, func(t *testing.T, body string, e *event.Event) {
			t.Helper()
			if body != e.Body {
				t.Error(body)
			}
		}},
		"itself in an envelope": {webhook.Change{Payload: new(webhook.Enveloped)}, func(t *testing.T, body string, e *event.Event) {
			t.Helper()
			if !strings.HasSuffix(body, `,"data":`+e.Body+"}") {
				t.Error(body)
			}
		}},
		"a reference": {webhook.Change{InlineLimit: new(len(largeBody) - 1)}, func(t *testing.T, body string, e *event.Event) {
			t.Helper()
			is(t, reference(t, read(t, body)), e.Body)
		}},
		"a reference in an envelope": {webhook.Change{InlineLimit: new(1), Payload: new(webhook.Enveloped)}, func(t *testing.T, body string, e *event.Event) {
			t.Helper()
			v := read(t, body)
			if v["id"] != e.ID || v["type"] != e.Type {
				t.Error(v)
			}
			is(t, reference(t, v), e.Body)
		}},
	}
	at := map[string]got{}
	views := map[string]*webhook.View{}
	for name, c := range cases {
		to := testkit.NewReceiver(t)
		at[name], views[name] = got{to, c.check}, r.add(to.URL, c.change)
	}
	large := r.tellLarge(largeBody)
	for name, g := range at {
		r.deliver(views[name].ID)
		calls := g.to.Calls()
		if len(calls) != 1 {
			t.Fatalf("%s: %d came", name, len(calls))
		}
		c := calls[0]
		if marked := c.Header.Get("X-Patchbay-Payload") == "reference"; marked != strings.HasPrefix(name, "a reference") {
			t.Errorf("%s is marked: %v", name, marked)
		}
		if !c.Signed(views[name].Key.Reveal()) {
			t.Errorf("%s is not signed", name)
		}
		g.check(t, c.Body, large)
	}
	// What lies in its row is referred to as well, where it is over the limit.
	small := &event.Event{Type: event.AccountDead, SubjectID: "apn_1", Body: `{"a":1}`, CreatedAt: r.Now()}
	r.in(func(tx *gorm.DB) error {
		_, err := webhook.Emit(tx, small, webhook.To{Project: true})
		return err
	})
	r.deliver(views["a reference in an envelope"].ID)
	calls := at["a reference in an envelope"].to.Calls()
	is(t, reference(t, read(t, calls[len(calls)-1].Body)), small.Body)
	d, err := r.Get(t.Context(), r.scope, r.all()[0].ID)
	if err != nil || d.Payload != "" || d.Reference == nil || d.Reference.Size != int64(len(largeBody)) {
		t.Errorf("%+v, %v", d, err)
	}
}

// A payload that is not there is told as such, is no fault of the receiver's, and
// is sent once it is there again. A store that cannot be asked uses up nothing.
func TestPayloadIsAway(t *testing.T) {
	t.Parallel()
	r, to := newRig(t), testkit.NewReceiver(t)
	dir := r.withStore()
	v := r.add(to.URL, webhook.Change{})
	r.tellLarge(largeBody)
	r.tellOf("u", `"small"`)
	file := testkit.Blobs(t, dir)[0]
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	r.deliver(v.ID)
	one := r.all()[0]
	if len(one.Attempts) != 1 || one.Attempts[0].Error == nil || *one.Attempts[0].Error != "payload_missing" || one.State != webhook.Pending || one.Delivery.Attempts != 1 {
		t.Fatalf("%+v", one)
	}
	if got := bodies(to.Calls()); len(got) != 1 || got[0] != `"small"` {
		t.Fatal(got)
	}
	store := r.Payloads.Blobs
	r.Payloads.Blobs = nil
	for range 10 { // more often than a breaker or a ladder would bear
		r.Pass(time.Minute)
		r.deliver(v.ID)
	}
	one = r.all()[0]
	if last := one.Attempts[len(one.Attempts)-1]; *last.Error != "payload_store" || one.State != webhook.Pending || one.Delivery.Attempts != 1 {
		t.Fatalf("%+v", one)
	}
	if e, err := r.Endpoint(t.Context(), r.scope, v.ID); err != nil || e.Failures != 0 || e.Breaker != webhook.Closed {
		t.Fatalf("the receiver is to blame: %+v, %v", e, err)
	}
	r.Payloads.Blobs = store
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	r.Pass(time.Minute)
	r.deliver(v.ID)
	if got := bodies(to.Calls()); len(got) != 2 || got[1] != largeBody {
		t.Fatalf("%d came", len(got))
	}
	// And again by hand, after it was given up for good.
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Retry(t.Context(), r.scope, one.ID); err != nil {
		t.Fatal(err)
	}
	for range 4 {
		r.deliver(v.ID)
		r.Pass(time.Hour)
	}
	if one = r.all()[0]; one.State != webhook.Exhausted || *one.LastError != "payload_missing" {
		t.Fatalf("%+v", one)
	}
	if len(to.Calls()) != 2 {
		t.Error("something was sent")
	}
	to.Status(http.StatusOK)
}
