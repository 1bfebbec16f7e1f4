package chaos

import (
	"fmt"
	"strings"
)

// promise is one line of the table.
type promise[R any] struct {
	id, text string
	check    func(r R) (note string, err error)
}

var promises = []promise[*record]{
	{"D1", "a request that was answered 2xx is one event, and none is two", accepted},
	{"D2", "each event has one delivery for each webhook of its trigger", fannedOut},
	{"D3", "each delivery arrives: the database says so, and so does its receiver", arrived},
	{"D4", "what comes again has the same id, the same bytes and a good signature, and there was a reason", repeated},
	{"D5", "nothing is left behind: none is on its way, none was given up", nothingLeft},
	{"D6", "what the receivers heard and what is on record is the same", reconciled},
	{"D7", "a Redis that forgets everything, or is away, costs no event", redisForgot},
	{"D8", "a PostgreSQL that is killed costs no event that was accepted", postgresKilled},
	{"D9", "a receiver that is dead is asked now and then, and nothing is used up on it", deadLeftAlone},
	{"D10", "one that is gone is not asked until its URL is set, and then hears everything", goneLeftAlone},
	{"D11", "what is delivered stays so, and no lease is taken from the living", neverBack},
	{"D12", "a key may be rotated under load: both sign, and after the grace the new one alone", rotatedKey},
	{"D13", "a worker whose clock is 5 minutes off keeps time all the same", skewedClock},
	{"D14", "nothing secret in any log", noSecrets},
	{"D15", "nobody gives up: only a start without a database ends, and says why", staysUp},
	{"D16", "in ordered mode what was sent later is heard later, whatever fails or dies", inOrder},
}

// failures collects what is wrong, and tells the first few.
type failures struct {
	n     int
	first []string
}

func (f *failures) add(format string, args ...any) {
	if f.n++; f.n <= 3 {
		f.first = append(f.first, fmt.Sprintf(format, args...))
	}
}

func (f *failures) err() error {
	if f.n == 0 {
		return nil
	}
	return fmt.Errorf("%d wrong, such as: %s", f.n, strings.Join(f.first, "; "))
}

// pair is what a delivery is for.
type pair struct{ event, endpoint string }

func (r *record) heard() map[pair][]arrival {
	out := map[pair][]arrival{}
	for _, a := range r.Arrivals {
		at := pair{a.ID, a.Endpoint}
		out[at] = append(out[at], a)
	}
	return out
}

func (r *record) byKey() map[string][]event {
	out := map[string][]event{}
	for _, e := range r.Events {
		out[e.Key] = append(out[e.Key], e)
	}
	return out
}

func accepted(r *record) (string, error) {
	var f failures
	byKey, tries, taken, unsure := r.byKey(), map[string]bool{}, 0, 0
	for _, t := range r.Tries {
		tries[t.Key] = true
		es := byKey[t.Key]
		switch {
		case len(es) > 1:
			f.add("request %s is %d events", t.Key, len(es))
		case t.Taken && len(es) == 0:
			f.add("request %s was taken and is gone", t.Key)
		case len(es) == 1 && es[0].Trigger != t.Trigger:
			f.add("request %s is an event of another trigger", t.Key)
		}
		if t.Taken {
			taken++
		} else {
			unsure += len(es)
		}
	}
	for key := range byKey {
		if !tries[key] {
			f.add("event %q was never sent", key)
		}
	}
	return fmt.Sprintf("%d requests, %d taken, %d events, %d of which were taken though the answer got lost; %d deaths of servers, %d of workers",
		len(r.Tries), taken, len(r.Events), unsure, r.Servers, r.Workers), f.err()
}

func fannedOut(r *record) (string, error) {
	var f failures
	have := map[pair]int{}
	for _, d := range r.Deliveries {
		have[pair{d.EventID, d.EndpointID}]++
	}
	want := 0
	for _, e := range r.Events {
		for _, endpoint := range r.Hears[e.Trigger] {
			want++
			if n := have[pair{e.ID, endpoint}]; n != 1 {
				f.add("event %s has %d deliveries for %s", e.ID, n, endpoint)
			}
		}
	}
	if len(r.Deliveries) != want {
		f.add("%d deliveries, want %d", len(r.Deliveries), want)
	}
	return fmt.Sprintf("%d deliveries of %d events to %d webhooks", len(r.Deliveries), len(r.Events), len(r.Endpoints)), f.err()
}

func arrived(r *record) (string, error) {
	var f failures
	heard, lost := r.heard(), 0
	for _, d := range r.Deliveries {
		good := false
		for _, a := range heard[pair{d.EventID, d.EndpointID}] {
			good = good || a.Answer == 200 && len(a.Signed) > 0
		}
		if d.State != "delivered" || !good {
			lost++
			f.add("delivery %s to %s is %s, heard: %v", d.ID, r.Endpoints[d.EndpointID].Kind, d.State, good)
		}
	}
	return fmt.Sprintf("%d delivered, %d lost", len(r.Deliveries)-lost, lost), f.err()
}

// atOnceTo is how many deliveries may be under way to one endpoint.
const atOnceTo = 16

func repeated(r *record) (string, error) {
	var f failures
	bodies := map[string]string{}
	for _, e := range r.Events {
		bodies[e.ID] = e.Body
	}
	again, needless := 0, 0
	for _, as := range r.heard() {
		answered := false
		for _, a := range as {
			switch {
			case a.ID == "" || bodies[a.ID] == "":
				f.add("%s heard of %q, which is no event", r.Endpoints[a.Endpoint].Kind, a.ID)
			case a.Body != bodies[a.ID]:
				f.add("the bytes of %s are not those of its event", a.ID)
			case len(a.Signed) == 0:
				f.add("%s is signed by no key of its receiver", a.ID)
			}
			if answered {
				needless++
			}
			answered = answered || a.Answer == 200
		}
		again += len(as) - 1
	}
	// Who dies, or cannot write down what was answered, leaves what was under way to be sent again.
	most := (r.Workers + r.PostgresRestarts + 1) * atOnceTo * len(r.Endpoints)
	if needless > most {
		f.add("%d came again though they had been answered, at most %d were under way at a death", needless, most)
	}
	return fmt.Sprintf("%d arrivals, %d of them again; %d again though answered, after %d deaths of workers and %d of PostgreSQL",
		len(r.Arrivals), again, needless, r.Workers, r.PostgresRestarts), f.err()
}

func nothingLeft(r *record) (string, error) {
	var f failures
	states := map[string]int{}
	for _, d := range r.Deliveries {
		if states[d.State]++; d.State != "delivered" {
			f.add("delivery %s to %s is %s after %d attempts", d.ID, r.Endpoints[d.EndpointID].Kind, d.State, d.Attempts)
		}
	}
	return fmt.Sprintf("%d pending, %d sending, %d exhausted", states["pending"], states["sending"], states["exhausted"]), f.err()
}

// reconciled holds each delivery's attempts against its receiver's own log.
func reconciled(r *record) (string, error) {
	var f failures
	type tally struct{ rows, answers, good, lost int }
	onRecord := map[string]*tally{}
	for _, d := range r.Deliveries {
		onRecord[d.ID] = &tally{}
	}
	lost := 0
	for _, a := range r.Attempts {
		t := onRecord[a.DeliveryID]
		if t == nil {
			f.add("an attempt of delivery %q, which is not there", a.DeliveryID)
			continue
		}
		t.rows++
		switch {
		case a.Status != nil:
			t.answers++
			if *a.Status == 200 {
				t.good++
			}
		case a.Error != nil && *a.Error == "lease_expired":
			t.lost++
			lost++
		}
	}
	heard := r.heard()
	for _, d := range r.Deliveries {
		t, as := onRecord[d.ID], heard[pair{d.EventID, d.EndpointID}]
		good := 0
		for _, a := range as {
			if a.Answer == 200 {
				good++
			}
		}
		switch {
		case t.rows < len(as):
			f.add("delivery %s was heard %d times and has %d attempts", d.ID, len(as), t.rows)
		case t.answers > len(as):
			f.add("delivery %s has %d answers and was heard %d times", d.ID, t.answers, len(as))
		case t.good > good || d.State == "delivered" && t.good == 0:
			f.add("delivery %s has %d answers of 200, and its receiver gave %d", d.ID, t.good, good)
		}
		delete(heard, pair{d.EventID, d.EndpointID})
	}
	for at := range heard {
		f.add("%s heard of %s, which is no delivery", r.Endpoints[at.endpoint].Kind, at.event)
	}
	return fmt.Sprintf("%d attempts on record, %d requests heard, %d attempts whose worker died", len(r.Attempts), len(r.Arrivals), lost), f.err()
}

// allDelivered wants what the keys name, if it was taken, to have arrived everywhere.
func (r *record) allDelivered(f *failures, keys map[string]bool) (n int) {
	states := map[string][]delivery{}
	for _, d := range r.Deliveries {
		states[d.EventID] = append(states[d.EventID], d)
	}
	byKey, heard := r.byKey(), r.heard()
	for _, t := range r.Tries {
		if !keys[t.Key] || !t.Taken {
			continue
		}
		n++
		if len(byKey[t.Key]) != 1 || len(states[byKey[t.Key][0].ID]) == 0 {
			f.add("%s is no event, or has no delivery", t.Key)
			continue
		}
		for _, d := range states[byKey[t.Key][0].ID] {
			if d.State != "delivered" || len(heard[pair{d.EventID, d.EndpointID}]) == 0 {
				f.add("%s is %s", t.Key, d.State)
			}
		}
	}
	return n
}

func set(keys []string) map[string]bool {
	out := map[string]bool{}
	for _, k := range keys {
		out[k] = true
	}
	return out
}
