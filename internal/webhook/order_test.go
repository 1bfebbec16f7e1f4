package webhook_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// tellOf records an event of a user.
func (r *rig) tellOf(user, body string) {
	r.t.Helper()
	r.in(func(tx *gorm.DB) error {
		e := &event.Event{Type: event.AccountDead, SubjectID: "apn_1", ExternalUserID: user, Body: body, CreatedAt: r.Now()}
		_, err := webhook.Emit(tx, e, webhook.To{Project: true})
		return err
	})
}

// bodies are what came in, in that order.
func bodies(calls []testkit.Call) (out []string) {
	for _, c := range calls {
		out = append(out, c.Body)
	}
	return out
}

// A failing delivery holds up those of its own key, and no others. When it is
// given up, those behind it wait for a person, or go on, as the endpoint says.
func TestOrder(t *testing.T) {
	t.Parallel()
	for policy, after := range map[webhook.OnExhausted]string{webhook.Block: "", webhook.Skip: `"a2"`} {
		r, to := newRig(t), testkit.NewReceiver(t)
		v := r.add(to.URL, webhook.Change{Ordering: new(webhook.ByUser), OnExhausted: &policy, RetryWaits: &[]int{10}})
		refuse := func(n int, w http.ResponseWriter, _ *http.Request) {
			if c := to.Calls()[n-1]; c.Body == `"a1"` {
				w.WriteHeader(http.StatusInternalServerError)
			}
		}
		to.Answer(refuse)
		for _, b := range []string{"a1", "b1", "a2", "b2"} {
			r.tellOf(b[:1], `"`+b+`"`)
		}
		r.tellOf("", `"nobody"`)
		r.deliver(v.ID)
		got := strings.Join(bodies(to.Calls()), " ")
		for _, want := range []string{`"a1"`, `"b1"`, `"b2"`, `"nobody"`} {
			if !strings.Contains(got, want) {
				t.Errorf("%s: %s did not come: %s", policy, want, got)
			}
		}
		if strings.Contains(got, "a2") || strings.Index(got, "b1") > strings.Index(got, "b2") {
			t.Errorf("%s: out of order: %s", policy, got)
		}
		before := len(to.Calls())
		r.Pass(time.Minute)
		r.deliver(v.ID) // the last try
		r.Pass(time.Minute)
		r.deliver(v.ID)
		if got := strings.Join(bodies(to.Calls()[before:]), " "); got != strings.TrimSpace(`"a1" `+after) {
			t.Errorf("%s: after the end of the ladder came %s", policy, got)
		}
		if policy == webhook.Skip {
			continue
		}
		to.Status(http.StatusOK)
		if _, err := r.Retry(t.Context(), r.scope, r.all()[0].ID); err != nil {
			t.Fatal(err)
		}
		r.deliver(v.ID)
		if got := bodies(to.Calls()); strings.Join(got[len(got)-2:], " ") != `"a1" "a2"` {
			t.Errorf("after it was sent by hand came %v", got)
		}
	}
}

// By a field, what has the same value there is in order, each kind of value for
// itself; what has none waits for nobody.
func TestOrderByField(t *testing.T) {
	t.Parallel()
	r, to := newRig(t), testkit.NewReceiver(t)
	v := r.add(to.URL, webhook.Change{Ordering: new(webhook.ByField), Path: new("/order/id"), RetryWaits: &[]int{10}})
	to.Answer(func(n int, w http.ResponseWriter, _ *http.Request) {
		if strings.Contains(to.Calls()[n-1].Body, "first") {
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	held := []string{`{"order":{"id":9007199254740993},"n":2}`, `{"order":{"id":"a\u0000b"},"n":2}`, `{"order":{"id":true},"n":2}`}
	free := []string{`{"order":{"id":9007199254740992}}`, `{"order":{"id":null}}`, `{"order":{"id":{}}}`, `{"order":7}`, `[]`}
	for i, b := range held {
		r.tellOf("u", strings.Replace(b, `"n":2`, `"n":"first"`, 1))
		r.tellOf(fmt.Sprint("u", i), b)
	}
	for _, b := range free {
		r.tellOf("u", b)
		r.tellOf("u", b)
	}
	r.deliver(v.ID)
	got := bodies(to.Calls())
	for _, b := range held {
		if slices.Contains(got, b) {
			t.Errorf("%s did not wait", b)
		}
	}
	for _, b := range free {
		if n := len(slices.DeleteFunc(slices.Clone(got), func(x string) bool { return x != b })); n != 2 {
			t.Errorf("%s came %d times", b, n)
		}
	}
	to.Status(http.StatusOK)
	r.Pass(time.Minute)
	r.deliver(v.ID)
	if got := bodies(to.Calls()); len(got) != 2*len(held)+2*len(free)+len(held) {
		t.Errorf("%d came in all: %v", len(got), got)
	}
}

// Without retries a failure is the end, and to have them again is to have the usual ones.
func TestWithoutRetries(t *testing.T) {
	t.Parallel()
	r, to := newRig(t), testkit.NewReceiver(t)
	to.Status(http.StatusInternalServerError)
	v := r.add(to.URL, webhook.Change{Retries: new(false)})
	if kept, err := r.Endpoint(t.Context(), r.scope, v.ID); err != nil || kept.Retried() {
		t.Fatalf("%+v, %v", kept, err)
	}
	r.tellOf("u", `{}`)
	r.deliver(v.ID)
	if all := r.all(); len(all) != 1 || all[0].State != webhook.Exhausted || all[0].Delivery.Attempts != 1 {
		t.Fatalf("%+v", all)
	}
	if _, err := r.UpdateEndpoint(t.Context(), r.scope, v.ID, &webhook.Change{Retries: new(false), RetryWaits: &[]int{1}}); err == nil || fault.Of(err).Code != "retries" {
		t.Error(err)
	}
	if v, err := r.UpdateEndpoint(t.Context(), r.scope, v.ID, &webhook.Change{Description: new("x")}); err != nil || v.Retried() {
		t.Errorf("%+v, %v", v, err)
	}
	if v, err := r.UpdateEndpoint(t.Context(), r.scope, v.ID, &webhook.Change{Retries: new(true)}); err != nil || v.RetryWaits != nil {
		t.Errorf("%+v, %v", v, err)
	}
	r.tellOf("u", `{"n":2}`)
	r.deliver(v.ID)
	if all := r.all(); all[1].State != webhook.Pending {
		t.Errorf("%+v", all[1])
	}
}

// fresh is the service in another process.
func (r *rig) fresh() *webhook.Service {
	return &webhook.Service{DB: r.DB, Box: r.Box, Queue: r.Queue, Guard: r.Guard, Client: r.Client, Metrics: r.Metrics, Ladder: r.Ladder, Now: r.Now}
}

// Order holds while many emit and many deliver at once, while the receiver
// fails at random, and while workers die with what they have claimed: of each
// user the events come in the order of their places.
func TestOrderUnderConcurrency(t *testing.T) {
	t.Parallel()
	const users, each, workers = 5, 24, 5
	r, to := newRig(t), testkit.NewReceiver(t)
	waits := make([]int, 20)
	for i := range waits {
		waits[i] = 1
	}
	v := r.add(to.URL, webhook.Change{Ordering: new(webhook.ByUser), Concurrency: new(8), RetryWaits: &waits})
	var mu sync.Mutex
	came := map[string][]string{}
	to.Answer(func(n int, w http.ResponseWriter, _ *http.Request) {
		body := to.Calls()[n-1].Body
		mu.Lock()
		defer mu.Unlock()
		if !slices.Contains(came[body[1:2]], body) { // it may come again
			came[body[1:2]] = append(came[body[1:2]], body)
		}
		if rand.IntN(6) == 0 { // also of what it has: such an answer may be lost
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	left := func() (n int) {
		r.in(func(tx *gorm.DB) error {
			return tx.Raw("SELECT count(*) FROM deliveries WHERE state IN ('pending', 'sending')").Scan(&n).Error
		})
		return n
	}
	done := make(chan struct{})
	var emitters, deliverers sync.WaitGroup
	for u := range users {
		for e := range 3 {
			emitters.Go(func() {
				for n := range each / 3 {
					r.tellOf(string(rune('a'+u)), fmt.Sprintf("%q", fmt.Sprintf("%c-%d-%d", 'a'+u, e, n)))
				}
			})
		}
	}
	for w := range workers {
		deliverers.Go(func() {
			worker := r.fresh()
			for i := 0; ; i++ {
				if w == 0 && i%10 == 5 {
					if err := r.fresh().Abandon(t.Context(), r.scope, v.ID); err != nil {
						t.Error(err)
					}
				}
				if err := worker.Deliver(t.Context(), r.scope, v.ID); err != nil {
					t.Error(err)
					return
				}
				r.Pass(500 * time.Millisecond)
				if i%7 == 0 {
					r.sweep()
				}
				select {
				case <-done:
					if left() == 0 {
						return
					}
				default:
				}
			}
		})
	}
	emitters.Wait()
	close(done)
	deliverers.Wait()
	for u := range users {
		user := string(rune('a' + u))
		var want []string
		r.in(func(tx *gorm.DB) error {
			return tx.Raw("SELECT e.body FROM deliveries d JOIN events e ON e.id = d.event_id WHERE d.ordering_key = ? ORDER BY d.seq", "user:"+user).Scan(&want).Error
		})
		if len(want) != each || !slices.Equal(came[user], want) {
			t.Errorf("of %s came\n%v\nwant\n%v", user, came[user], want)
		}
	}
}
