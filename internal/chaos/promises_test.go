package chaos_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/chaos"
)

var began = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func at(second int) time.Time { return began.Add(time.Duration(second) * time.Second) }

func ptr[T any](v T) *T { return &v }

// good is the record of a run in which all promises held: receivers of several
// kinds, each with a few events, of which one came twice after a death.
func good() *chaos.Record {
	r := &chaos.Record{Hears: map[string][]string{}, Endpoints: map[string]chaos.Hearer{}}
	r.Logs, r.Secrets = "all went well", []string{"key-1", "key-2"}
	r.Began, r.Ended, r.LastRestart, r.Healed, r.SetAgain, r.GraceOver = began, at(100), at(30), at(50), at(50), at(60)
	r.Servers, r.Workers, r.Flushes, r.RedisRestarts, r.PostgresRestarts = 2, 3, 2, 1, 1
	for _, kind := range []string{"good", "two", "rotated", "dead", "gone", "ordered", "hesitant"} {
		hooks := []string{"whk_" + kind}
		if kind == "two" {
			hooks = append(hooks, "whk_two2")
		}
		r.Hears["hi_"+kind] = hooks
		for _, h := range hooks {
			r.Endpoints[h] = chaos.Hearer{Kind: kind, Keys: 2}
		}
		for n := range 4 {
			send(r, kind, n, at(n*20+5))
		}
	}
	r.Tries = append(r.Tries, chaos.Try{Key: "good/9.0", Trigger: "hi_good", At: at(5)}) // refused, and rightly no event
	r.Falls = []string{"worker-1 after 1s: patchbay: open database: failed to connect to x"}
	r.Forgotten, r.Skewed, r.Waits = []string{"good/3.0"}, []string{"hesitant/3.0"}, []time.Duration{9 * time.Second}
	return r
}

// send has an event taken, delivered and heard.
func send(r *chaos.Record, kind string, n int, when time.Time) {
	key, id := fmt.Sprintf("%s/%d.0", kind, n), fmt.Sprintf("evt_%s%d", kind, n)
	r.Tries = append(r.Tries, chaos.Try{Key: key, Trigger: "hi_" + kind, Taken: true, At: when})
	r.Events = append(r.Events, chaos.Event{ID: id, Trigger: "hi_" + kind, Key: key, Body: "body of " + id})
	for i, h := range r.Hears["hi_"+kind] {
		d := fmt.Sprintf("dlv_%s%d_%d", kind, n, i)
		r.Deliveries = append(r.Deliveries, chaos.Delivery{ID: d, EventID: id, EndpointID: h, State: "delivered", Attempts: 1})
		signed := []int{0, 1}
		if kind == "rotated" {
			signed = [][]int{{0}, {0, 1}, {0, 1}, {1}}[n]
		}
		hear := func(status int) {
			r.Arrivals = append(r.Arrivals, chaos.Arrival{Endpoint: h, ID: id, Key: key, Body: "body of " + id, At: when, Stamp: when, Signed: signed, Answer: status})
		}
		switch {
		case kind == "gone" && n == 0:
			hear(410)
			r.Attempts = append(r.Attempts, chaos.Attempt{DeliveryID: d, Status: ptr(410), Error: ptr("status"), StartedAt: when})
			when = at(55)
		case kind == "dead" && n == 0:
			hear(0)
			r.Attempts = append(r.Attempts, chaos.Attempt{DeliveryID: d, Error: ptr("connection"), StartedAt: when})
			when = at(55)
		case kind == "good" && n == 1: // its worker died
			hear(200)
			r.Attempts = append(r.Attempts, chaos.Attempt{DeliveryID: d, Error: ptr("lease_expired"), StartedAt: when})
			when = at(50)
		case (kind == "gone" || kind == "dead") && when.Before(at(50)):
			when = at(55)
		}
		hear(200)
		r.Attempts = append(r.Attempts, chaos.Attempt{DeliveryID: d, Status: ptr(200), StartedAt: when})
	}
}

func TestGoodRecord(t *testing.T) {
	t.Parallel()
	for _, id := range chaos.Promises() {
		if err := chaos.Check(id, good()); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
}

// drop is a list without what is at i.
func drop[T any](list []T, i int) []T { return slices.Delete(list, i, i+1) }

// Each promise is seen to be broken when it is.
func TestForgedRecords(t *testing.T) {
	t.Parallel()
	last := func(r *chaos.Record, kind string) *chaos.Arrival {
		for i := len(r.Arrivals) - 1; i >= 0; i-- {
			if r.Endpoints[r.Arrivals[i].Endpoint].Kind == kind {
				return &r.Arrivals[i]
			}
		}
		return nil
	}
	flood := func(r *chaos.Record, kind string, status int, n int) {
		for range n {
			a := *last(r, kind)
			a.At, a.Answer = at(40), status
			r.Arrivals = append(r.Arrivals, a)
		}
	}
	tests := map[string]map[string]func(r *chaos.Record){
		"D1": {
			"an event that was taken is gone":   func(r *chaos.Record) { r.Events = drop(r.Events, 2) },
			"one request is two events":         func(r *chaos.Record) { e := r.Events[1]; e.ID = "evt_again"; r.Events = append(r.Events, e) },
			"an event that nobody sent":         func(r *chaos.Record) { r.Events = append(r.Events, chaos.Event{ID: "evt_x", Key: "x"}) },
			"an event of another's trigger":     func(r *chaos.Record) { r.Events[0].Trigger = "hi_two" },
			"a refused request is two events":   func(r *chaos.Record) { r.Events[0].Key, r.Events[1].Key = "good/9.0", "good/9.0" },
			"an event whose body lost its name": func(r *chaos.Record) { r.Events[0].Key = "" },
		},
		"D2": {
			"no delivery":            func(r *chaos.Record) { r.Deliveries = drop(r.Deliveries, 0) },
			"two deliveries":         func(r *chaos.Record) { r.Deliveries = append(r.Deliveries, r.Deliveries[0]) },
			"one of two webhooks":    func(r *chaos.Record) { r.Deliveries = drop(r.Deliveries, 5) },
			"a delivery for another": func(r *chaos.Record) { r.Deliveries[0].EndpointID = "whk_two" },
		},
		"D3": {
			"nobody heard":                   func(r *chaos.Record) { r.Arrivals = drop(r.Arrivals, 0) },
			"it was heard and refused":       func(r *chaos.Record) { r.Arrivals[0].Answer = 500 },
			"it was heard, and signed badly": func(r *chaos.Record) { r.Arrivals[0].Signed = nil },
			"the database says it is not":    func(r *chaos.Record) { r.Deliveries[0].State = "pending" },
		},
		"D4": {
			"other bytes":        func(r *chaos.Record) { r.Arrivals[1].Body = "another" },
			"another id":         func(r *chaos.Record) { r.Arrivals[1].ID = "evt_made_up" },
			"no id":              func(r *chaos.Record) { r.Arrivals[1].ID = "" },
			"no good signature":  func(r *chaos.Record) { r.Arrivals[1].Signed = nil },
			"again and again":    func(r *chaos.Record) { flood(r, "good", 200, 2000) },
			"signed by a friend": func(r *chaos.Record) { last(r, "gone").Signed = nil },
		},
		"D5": {
			"one is pending":  func(r *chaos.Record) { r.Deliveries[3].State = "pending" },
			"one is sending":  func(r *chaos.Record) { r.Deliveries[3].State = "sending" },
			"one is given up": func(r *chaos.Record) { r.Deliveries[3].State = "exhausted" },
		},
		"D6": {
			"a request without an attempt":   func(r *chaos.Record) { r.Attempts = drop(r.Attempts, 1) },
			"an attempt that nobody heard":   func(r *chaos.Record) { r.Attempts = append(r.Attempts, r.Attempts[0]) },
			"a success that was none":        func(r *chaos.Record) { r.Arrivals[0].Answer = 500 },
			"a delivery without an attempt":  func(r *chaos.Record) { r.Attempts, r.Arrivals = drop(r.Attempts, 0), drop(r.Arrivals, 0) },
			"a request that no delivery is":  func(r *chaos.Record) { r.Arrivals[0].Endpoint = "whk_two" },
			"an attempt of nothing":          func(r *chaos.Record) { r.Attempts[0].DeliveryID = "dlv_x" },
			"more heard than was ever tried": func(r *chaos.Record) { flood(r, "good", 500, 1) },
		},
		"D7": {
			"a forgotten event is still to come": func(r *chaos.Record) { r.Deliveries[3].State = "pending" },
			"Redis was never emptied":            func(r *chaos.Record) { r.Flushes = 0 },
			"nothing was forgotten":              func(r *chaos.Record) { r.Forgotten = nil },
			"it is no event":                     func(r *chaos.Record) { r.Events = drop(r.Events, 3) },
		},
		"D8": {
			"an event from before is gone": func(r *chaos.Record) { r.Events = drop(r.Events, 0) },
			"it has no delivery":           func(r *chaos.Record) { r.Deliveries = drop(r.Deliveries, 0) },
			"it was never killed":          func(r *chaos.Record) { r.PostgresRestarts = 0 },
		},
		"D9": {
			"it is asked without end": func(r *chaos.Record) { flood(r, "dead", 0, 200) },
			"one is given up":         func(r *chaos.Record) { exhaust(r, "whk_dead") },
			"it was never asked":      func(r *chaos.Record) { r.Healed = began },
		},
		"D10": {
			"it is asked all the same": func(r *chaos.Record) { flood(r, "gone", 410, 200) },
			"it never said so": func(r *chaos.Record) {
				for i := range r.Arrivals {
					r.Arrivals[i].Answer = 200
				}
			},
		},
		"D11": {
			"a delivered one moved":      func(r *chaos.Record) { r.Seen = []string{"moved: dlv_1 from delivered to pending"} },
			"a lease of the living ends": func(r *chaos.Record) { r.Seen = []string{"lease: dlv_1 taken away before its end"} },
		},
		"D12": {
			"the old key signs on":              func(r *chaos.Record) { last(r, "rotated").Signed = []int{0, 1} },
			"a key that nobody knows signs":     func(r *chaos.Record) { last(r, "rotated").Others = 1 },
			"the new key does not sign":         func(r *chaos.Record) { last(r, "rotated").Signed = nil },
			"the old key was dropped too early": func(r *chaos.Record) { last(r, "rotated").At = at(58) },
			"it was not rotated": func(r *chaos.Record) {
				for i := range r.Arrivals {
					r.Arrivals[i].Signed = []int{0}
				}
			},
		},
		"D13": {
			"what failed waits five minutes more": func(r *chaos.Record) { r.Waits[0] += 5 * time.Minute },
			"what failed is due at once, and was": func(r *chaos.Record) { r.Waits[0] -= 5 * time.Minute },
			"an attempt of the future":            func(r *chaos.Record) { r.Attempts[3].StartedAt = r.Ended.Add(5 * time.Minute) },
			"an attempt of the past":              func(r *chaos.Record) { r.Attempts[3].StartedAt = r.Began.Add(-5 * time.Minute) },
			"a signature of the future":           func(r *chaos.Record) { r.Arrivals[3].Stamp = r.Arrivals[3].At.Add(5 * time.Minute) },
			"a signature without a time":          func(r *chaos.Record) { r.Arrivals[3].Stamp = time.Time{} },
			"it did nothing":                      func(r *chaos.Record) { r.Skewed = nil },
			"what it had to do is not done":       func(r *chaos.Record) { r.Deliveries[len(r.Deliveries)-1].State = "pending" },
		},
		"D16": {
			"one overtakes another": func(r *chaos.Record) { last(r, "ordered").At = at(1) },
			"one is passed over":    func(r *chaos.Record) { last(r, "ordered").Key = "another" },
			"one goes on without an answer": func(r *chaos.Record) {
				for i := range r.Arrivals {
					if r.Arrivals[i].ID == "evt_ordered1" {
						r.Arrivals[i].Answer = 500
					}
				}
			},
			"none was sent": func(r *chaos.Record) { r.Hears["hi_ordered"] = nil },
		},
		"D15": {
			"a panic":           func(r *chaos.Record) { r.Falls = []string{"worker-1 after 9s: exit status 2"} },
			"another complaint": func(r *chaos.Record) { r.Falls = []string{"worker-1 after 9s: patchbay: no such table"} },
		},
		"D14": {
			"a key in a log":      func(r *chaos.Record) { r.Logs += " with key-2" },
			"nothing to look for": func(r *chaos.Record) { r.Secrets = nil },
		},
	}
	for _, id := range chaos.Promises() {
		if len(tests[id]) == 0 {
			t.Errorf("nobody has seen %s fail", id)
		}
		for name, forge := range tests[id] {
			r := good()
			forge(r)
			if err := chaos.Check(id, r); err == nil {
				t.Errorf("%s holds although: %s", id, name)
			}
		}
	}
}

func exhaust(r *chaos.Record, endpoint string) {
	for i := range r.Deliveries {
		if r.Deliveries[i].EndpointID == endpoint {
			r.Deliveries[i].State = "exhausted"
		}
	}
}
