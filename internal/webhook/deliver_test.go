package webhook_test

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// A delivery carries what a receiver needs to know it, to trust it and to see a
// repetition, and is done after an answer of 2xx.
func TestDelivery(t *testing.T) {
	t.Parallel()
	r, to := newRig(t), testkit.NewReceiver(t)
	to.Status(http.StatusAccepted)
	endpoint, key := r.project(to.URL)
	r.emit(1, webhook.To{Trigger: "hi_subject"})
	r.deliver(endpoint)
	d := r.one()
	if d.State != webhook.Delivered || d.FinishedAt == nil || d.Attempts[0].Error != nil || d.LastError != nil {
		t.Fatalf("%+v", d)
	}
	if diff := cmp.Diff([]string{"1: 202  status 202 it is"}, tries(d)); diff != "" {
		t.Fatal(diff)
	}
	calls := to.Calls()
	if len(calls) != 1 || calls[0].Body != `{"n":1}` || !calls[0].Signed(key) || calls[0].Signed(key+"x") {
		t.Fatalf("%+v", calls)
	}
	want := map[string]string{
		"Content-Type": "application/json", "User-Agent": "Patchbay-Webhooks/1", event.HopsHeader: "1",
		"Webhook-Id": d.EventID, "Webhook-Timestamp": strconv.FormatInt(r.Now().Unix(), 10), "X-Pd-Timestamp": r.Now().Format(time.RFC3339),
		"X-Pd-Project-Id": r.scope.Project(), "X-Pd-Environment": "development", "X-Pd-External-User-Id": "user-1", "X-Pd-Emitter-Id": "hi_subject",
	}
	for name, v := range want {
		if got := calls[0].Header.Get(name); got != v {
			t.Errorf("%s: %q, want %q", name, got, v)
		}
	}
	r.deliver(endpoint) // there is nothing left to do
	if n := len(to.Calls()); n != 1 {
		t.Fatalf("%d calls", n)
	}
}

// A user id that cannot stand in a header is left out of it, and hops count on.
func TestDeliveryHeadersThatCannotBe(t *testing.T) {
	t.Parallel()
	r, to := newRig(t), testkit.NewReceiver(t)
	var endpoints []string
	r.in(func(tx *gorm.DB) (err error) {
		e := &event.Event{Type: "x", SubjectID: "apn_1", ExternalUserID: "Zoë\r\nX-Evil: 1", Body: "{}", Hops: 3, CreatedAt: r.Now()}
		endpoints, err = webhook.Emit(tx, e, webhook.To{URL: to.URL})
		return err
	})
	r.deliver(endpoints[0])
	h := to.Calls()[0].Header
	if h.Get("X-Pd-External-User-Id") != "" || h.Get("X-Evil") != "" || h.Get(event.HopsHeader) != "4" || h.Get("X-Pd-Emitter-Id") != "" {
		t.Fatalf("%v", h)
	}
}

// A failure is written down with what the receiver said, waits its rung, and is
// tried again under the same webhook-id.
func TestFailureIsRetried(t *testing.T) {
	t.Parallel()
	r, to := newRig(t), testkit.NewReceiver(t)
	to.Status(http.StatusInternalServerError)
	endpoint, _ := r.project(to.URL)
	r.emit(1, webhook.To{Trigger: "hi_x"})
	r.deliver(endpoint)
	d := r.one()
	if wait := d.NextAttemptAt.Sub(r.Now()); d.State != webhook.Pending || wait < 8*time.Second || wait > 12*time.Second {
		t.Fatalf("%s, due in %v", d.State, wait)
	}
	if *d.LastStatus != 500 || *d.LastError != "status" {
		t.Fatalf("%d %s", *d.LastStatus, *d.LastError)
	}
	r.deliver(endpoint)
	if n := len(to.Calls()); n != 1 {
		t.Fatalf("%d calls before it was due", n)
	}
	r.Pass(12 * time.Second)
	to.Status(http.StatusOK)
	r.deliver(endpoint)
	if diff := cmp.Diff([]string{"1: 500 status status 500 it is", "2: 200  status 200 it is"}, tries(r.one())); diff != "" {
		t.Fatal(diff)
	}
	calls := to.Calls()
	if len(calls) != 2 || calls[0].Header.Get("Webhook-Id") != calls[1].Header.Get("Webhook-Id") {
		t.Fatalf("%+v", calls)
	}
	if calls[0].Header.Get("Webhook-Timestamp") == calls[1].Header.Get("Webhook-Timestamp") {
		t.Error("the second attempt carries the time of the first")
	}
}

// What is not an answer of 2xx is a failure, and its class is recorded.
func TestWhatIsAFailure(t *testing.T) {
	t.Parallel()
	elsewhere := testkit.NewReceiver(t)
	tests := map[string]struct {
		answer func(n int, w http.ResponseWriter, r *http.Request)
		want   string
	}{
		"a redirect, which is not followed": {func(_ int, w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL, http.StatusFound)
		}, "1: 302 status "},
		"a refusal": {func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }, "1: 401 status "},
		"a connection that breaks off": {func(int, http.ResponseWriter, *http.Request) {
			panic(http.ErrAbortHandler)
		}, "1: 0 connection "},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, to := newRig(t), testkit.NewReceiver(t)
			to.Answer(tt.answer)
			endpoint, _ := r.project(to.URL)
			r.emit(1, webhook.To{Trigger: "hi_x"})
			r.deliver(endpoint)
			d := r.one()
			if got := tries(d); d.State != webhook.Pending || len(got) != 1 || !strings.HasPrefix(got[0], tt.want) {
				t.Fatalf("%s after %q, want %q", d.State, got, tt.want)
			}
		})
	}
	t.Run("an address that may not be reached", func(t *testing.T) {
		t.Parallel()
		r := newRig(t)
		r.emit(1, webhook.To{URL: "http://10.1.2.3/"}) // as if its name had begun to point inside
		r.deliver(r.one().EndpointID)
		if got := tries(r.one()); len(got) != 1 || got[0] != "1: 0 blocked_address " {
			t.Fatal(got)
		}
	})
	t.Cleanup(func() {
		if n := len(elsewhere.Calls()); n != 0 {
			t.Errorf("the redirect was followed %d times", n)
		}
	})
}

// When the ladder ends, a delivery is given up; a person may try it again, once
// for each time that they ask.
func TestLadderEnds(t *testing.T) {
	t.Parallel()
	r, to := newRig(t), testkit.NewReceiver(t)
	to.Status(http.StatusServiceUnavailable)
	endpoint, _ := r.project(to.URL)
	r.emit(1, webhook.To{Trigger: "hi_x"})
	for range len(r.Ladder) + 5 {
		r.deliver(endpoint)
		r.Pass(time.Hour)
	}
	d := r.one()
	if d.State != webhook.Exhausted || len(to.Calls()) != len(r.Ladder)+1 || d.FinishedAt == nil {
		t.Fatalf("%s after %d calls", d.State, len(to.Calls()))
	}
	for range 2 {
		if _, err := r.Retry(t.Context(), r.scope, d.ID); err != nil {
			t.Fatal(err)
		}
		r.deliver(endpoint)
	}
	if d = r.one(); d.State != webhook.Exhausted || len(to.Calls()) != len(r.Ladder)+3 {
		t.Fatalf("%s after %d calls", d.State, len(to.Calls()))
	}
	to.Status(http.StatusOK)
	if _, err := r.Retry(t.Context(), r.scope, d.ID); err != nil {
		t.Fatal(err)
	}
	r.deliver(endpoint)
	if d = r.one(); d.State != webhook.Delivered {
		t.Fatal(d.State)
	}
	ids := map[string]bool{}
	for _, c := range to.Calls() {
		ids[c.Header.Get("Webhook-Id")] = true
	}
	if len(ids) != 1 {
		t.Fatalf("%d webhook-ids for one event", len(ids))
	}
}

// A receiver that says 410 is left alone: what comes waits until the URL is set
// again, whichever level it was set at.
func TestGone(t *testing.T) {
	t.Parallel()
	tests := map[string]func(r *rig, url string) (endpoint string, to webhook.To){
		"the project's webhook": func(r *rig, url string) (string, webhook.To) {
			id, _ := r.project(url)
			return id, webhook.To{Trigger: "hi_other"}
		},
		"a trigger's webhook": func(r *rig, url string) (string, webhook.To) {
			return r.trigger("hi_x", url)[0].ID, webhook.To{Trigger: "hi_x"}
		},
	}
	for name, set := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, receiver := newRig(t), testkit.NewReceiver(t)
			receiver.Status(http.StatusGone)
			endpoint, to := set(r, receiver.URL)
			r.emit(1, to)
			r.deliver(endpoint)
			r.emit(2, to)
			r.Pass(time.Hour)
			r.sweep()
			r.deliver(endpoint)
			if n := len(receiver.Calls()); n != 1 {
				t.Fatalf("%d calls to a receiver that is gone", n)
			}
			receiver.Status(http.StatusOK)
			if again, _ := set(r, receiver.URL); again != endpoint {
				t.Fatalf("endpoint %s became %s", endpoint, again)
			}
			r.deliver(endpoint)
			states := []webhook.State{}
			for _, d := range r.all() {
				states = append(states, d.State)
			}
			if !slices.Equal(states, []webhook.State{webhook.Delivered, webhook.Delivered, webhook.Delivered}) {
				t.Fatal(states)
			}
		})
	}
}

// A connect token names its webhook afresh: an earlier 410 from the same URL
// does not silence it for ever.
func TestGoneForATokenIsNotForEver(t *testing.T) {
	t.Parallel()
	r, receiver := newRig(t), testkit.NewReceiver(t)
	receiver.Status(http.StatusGone)
	endpoint := r.emit(1, webhook.To{URL: receiver.URL})[0]
	r.deliver(endpoint)
	receiver.Status(http.StatusOK)
	r.emit(1, webhook.To{URL: receiver.URL})
	r.deliver(endpoint)
	if n := len(receiver.Calls()); n != 2 {
		t.Fatalf("%d calls, want one for each token", n)
	}
}

// A secret of an event is sealed at rest, masked when shown, and sent in the clear.
func TestEventSecret(t *testing.T) {
	t.Parallel()
	const plain = "ctok_0123456789"
	r, to := newRig(t), testkit.NewReceiver(t)
	var endpoints []string
	r.in(func(tx *gorm.DB) (err error) {
		e := &event.Event{ID: id.New("evt"), Type: "x", SubjectID: "s", Body: `{"token":"` + event.SecretMark + `"}`, CreatedAt: r.Now()}
		if e.Secret, err = r.Box.Seal([]byte(plain), event.Associated(e.ID)); err != nil {
			return err
		}
		endpoints, err = webhook.Emit(tx, e, webhook.To{URL: to.URL})
		return err
	})
	r.deliver(endpoints[0])
	if body := to.Calls()[0].Body; body != `{"token":"`+plain+`"}` {
		t.Errorf("sent %s", body)
	}
	if shown := r.one().Payload; shown != `{"token":"********"}` {
		t.Errorf("shown %s", shown)
	}
	var row string
	r.in(func(tx *gorm.DB) error { return tx.Raw("SELECT events::text FROM events").Scan(&row).Error })
	if row == "" || strings.Contains(row, plain) {
		t.Errorf("at rest: %s", row)
	}
}
