package chaos

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

func redisForgot(r *record) (string, error) {
	var f failures
	n := r.allDelivered(&f, set(r.Forgotten))
	if n == 0 || r.Flushes == 0 || r.RedisRestarts == 0 {
		f.add("it was not tried: %d events, %d times emptied, %d times killed", n, r.Flushes, r.RedisRestarts)
	}
	return fmt.Sprintf("emptied %d times, killed %d times; and %d events of which it forgot every word", r.Flushes, r.RedisRestarts, n), f.err()
}

func postgresKilled(r *record) (string, error) {
	var f failures
	before := map[string]bool{}
	for _, t := range r.Tries {
		if t.At.Before(r.LastRestart) {
			before[t.Key] = true
		}
	}
	n := r.allDelivered(&f, before)
	if n == 0 || r.PostgresRestarts == 0 {
		f.add("it was not tried: killed %d times, after %d events", r.PostgresRestarts, n)
	}
	return fmt.Sprintf("killed %d times (immediate mode), the last time after %d events had been taken", r.PostgresRestarts, n), f.err()
}

// of returns the arrivals and the number of deliveries of a kind of receiver.
func (r *record) of(kind string) (as []arrival, deliveries, exhausted int) {
	for _, a := range r.Arrivals {
		if r.Endpoints[a.Endpoint].Kind == kind {
			as = append(as, a)
		}
	}
	for _, d := range r.Deliveries {
		if r.Endpoints[d.EndpointID].Kind == kind {
			deliveries++
			if d.State == "exhausted" {
				exhausted++
			}
		}
	}
	return as, deliveries, exhausted
}

func deadLeftAlone(r *record) (string, error) {
	var f failures
	as, deliveries, exhausted := r.of("dead")
	asked := 0
	var last time.Time
	for _, a := range as {
		if a.At.Before(r.Healed) {
			asked++
			last = a.At
		}
	}
	// Until it was known to be dead: a claim of each worker, and what their deaths had sent again. After: a probe in 24 seconds at most.
	most := (2+r.Workers)*atOnceTo + int(r.Healed.Sub(r.Began)/(24*time.Second)) + 1
	if deliveries == 0 || asked == 0 || asked > most || exhausted > 0 {
		f.add("%d deliveries, asked %d times (at most %d), the last time %s before it was healed, %d given up", deliveries, asked, most, r.Healed.Sub(last), exhausted)
	}
	return fmt.Sprintf("%d deliveries waited; it was asked %d times in %s, and none was used up", deliveries, asked, r.Healed.Sub(r.Began).Round(time.Second)), f.err()
}

func goneLeftAlone(r *record) (string, error) {
	var f failures
	as, deliveries, _ := r.of("gone")
	told, after := time.Time{}, 0
	for _, a := range as {
		switch {
		case a.Answer == 410 && told.IsZero():
			told = a.At
		case a.At.Before(r.SetAgain):
			after++
		}
	}
	most := (1+r.Workers)*atOnceTo + atOnceTo
	if deliveries == 0 || told.IsZero() || after > most {
		f.add("%d deliveries, told: %v, asked again %d times (at most %d were under way)", deliveries, !told.IsZero(), after, most)
	}
	return fmt.Sprintf("%d deliveries waited; %d were under way when it said so", deliveries, after), f.err()
}

func neverBack(r *record) (string, error) {
	var f failures
	for _, what := range r.Seen {
		f.add("%s", what)
	}
	return fmt.Sprintf("the database watched every change of %d deliveries", len(r.Deliveries)), f.err()
}

func rotatedKey(r *record) (string, error) {
	var f failures
	as, _, _ := r.of("rotated")
	var old, both, fresh, afterwards int
	for _, a := range as {
		byOld, byNew := false, false
		for _, k := range a.Signed {
			byOld, byNew = byOld || k == 0, byNew || k > 0
		}
		switch {
		case !byOld && !byNew:
			f.add("%s is signed by no key", a.ID)
		case a.At.After(r.GraceOver):
			if afterwards++; byOld || !byNew || a.Others > 0 {
				f.add("after the grace %s is signed by the old key", a.ID)
			}
		case !byOld:
			f.add("within the grace %s is not signed by the old key", a.ID)
		}
		switch {
		case byOld && byNew:
			both++
		case byOld:
			old++
		case byNew:
			fresh++
		}
	}
	if old == 0 || both == 0 || afterwards == 0 {
		f.add("it was not tried: %d by the old key, %d by both, %d after the grace", old, both, afterwards)
	}
	return fmt.Sprintf("%d signed by the old key, %d by both, %d by the new one", old, both, fresh), f.err()
}

func skewedClock(r *record) (string, error) {
	var f failures
	n := r.allDelivered(&f, set(r.Skewed))
	if n == 0 || len(r.Waits) == 0 {
		f.add("it was not tried")
	}
	for _, w := range r.Waits {
		if w < -time.Minute || w > time.Minute {
			f.add("what failed once waits %s", w)
		}
	}
	for _, a := range r.Attempts {
		if a.StartedAt.Before(r.Began.Add(-time.Minute)) || a.StartedAt.After(r.Ended.Add(time.Minute)) {
			f.add("an attempt began at %s, and all was between %s and %s", a.StartedAt, r.Began, r.Ended)
		}
	}
	for _, a := range r.Arrivals {
		if off := a.At.Sub(a.Stamp); off < -time.Minute || off > 2*time.Minute {
			f.add("a request says it is %s old", off)
		}
	}
	return fmt.Sprintf("%d events by that worker alone; %d attempts and %d signatures are in time", n, len(r.Attempts), len(r.Arrivals)), f.err()
}

func noSecrets(r *record) (string, error) { return r.noSecrets() }

func (r *words) noSecrets() (string, error) {
	for _, s := range r.Secrets {
		if s != "" && strings.Contains(r.Logs, s) {
			return "", errors.New("a key lies in the clear in a log")
		}
	}
	if len(r.Secrets) == 0 {
		return "", errors.New("there was nothing to look for")
	}
	return fmt.Sprintf("%d keys, %d kB of logs", len(r.Secrets), len(r.Logs)/1000), nil
}

// excuses are what a process says that was started while the database was away.
var excuses = []string{"failed to connect", "SQLSTATE 57P", "conn closed", "EOF", "write failed", "connection reset", "broken pipe", "bad connection"}

func staysUp(r *record) (string, error) { return r.staysUp() }

func (r *words) staysUp() (string, error) {
	var f failures
	for _, what := range r.Falls {
		excused := false
		for _, e := range excuses {
			excused = excused || strings.Contains(what, ": patchbay: ") && strings.Contains(what, e)
		}
		if !excused {
			f.add("%.300s", what)
		}
	}
	return fmt.Sprintf("%d starts while the database was away ended with a word about it, and nothing else did", len(r.Falls)), f.err()
}

// inOrder holds what an ordered receiver heard against the order in which it was
// sent: each was taken before the next was sent.
func inOrder(r *record) (string, error) {
	var f failures
	first, answered := map[string]time.Time{}, map[string]time.Time{} // by key
	as, _, _ := r.of(ordered)
	for _, a := range as { // in the order of their arrival
		if _, seen := first[a.Key]; !seen {
			first[a.Key] = a.At
		}
		if _, seen := answered[a.Key]; !seen && a.Answer == 200 {
			answered[a.Key] = a.At
		}
	}
	n, before := 0, ""
	for _, t := range r.Tries {
		hooks := r.Hears[t.Trigger]
		if !t.Taken || len(hooks) == 0 || r.Endpoints[hooks[0]].Kind != ordered {
			continue
		}
		at, heard := first[t.Key]
		done, good := answered[before]
		switch {
		case !heard:
			f.add("%s was not heard", t.Key)
		case before != "" && (!good || at.Before(done)):
			f.add("%s was heard before %s was answered", t.Key, before)
		}
		n, before = n+1, t.Key
	}
	if n < 3 {
		f.add("it was not tried: %d events", n)
	}
	return fmt.Sprintf("%d events in their order, %d requests", n, len(as)), f.err()
}
