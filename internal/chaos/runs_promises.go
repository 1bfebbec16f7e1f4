package chaos

import (
	"fmt"
	"slices"
	"time"
)

var runPromises = []promise[*runRecord]{
	{"R1", "a call that was answered 2xx is one run, and none is two", (*runRecord).accepted},
	{"R2", "every run ends, and succeeds; nothing of it is left running or waiting", (*runRecord).ended},
	{"R3", "each step has its effect", (*runRecord).effective},
	{"R4", "an effect that comes again has the same idempotency key, and no two steps have one", (*runRecord).keyed},
	{"R5", "none comes again but for a reason: something was killed between the two", (*runRecord).explained},
	{"R6", "the history is true: a step has the answer that it was given, none is missing and none made up", (*runRecord).truthful},
	{"R7", "no step begins before the outcome of the one before it is durable: none goes back", (*runRecord).forward},
	{"R8", "what a step does in our own database is done once: it counts, it calls, it is answered", (*runRecord).once},
	{"R9", "a Redis that forgets everything, or is away, costs no run", (*runRecord).redisForgot},
	{"R10", "a PostgreSQL that is killed costs no run that was accepted", (*runRecord).postgresKilled},
	{"R11", "what is over stays so, and no lease is taken from the living", (*runRecord).neverBack},
	{"R12", "nothing secret in any log", func(r *runRecord) (string, error) { return r.noSecrets() }},
	{"R13", "nobody gives up: only a start without a database ends, and says why", func(r *runRecord) (string, error) { return r.staysUp() }},
}

// of is what the run of a call is expected to do outside, in its order; steps that
// go on side by side are in one part.
func (r *runRecord) of(branch string) [][]string {
	middle := map[string][]string{"1": {"child"}}[branch]
	return [][]string{{"first"}, {"item0", "item1", "item2"}, middle, {"last"}}
}

// mine returns the run of each call that has one, and the branch that it takes.
func (r *runRecord) mine() (byKey map[string]*ran, branch map[string]string) {
	byKey, branch = map[string]*ran{}, map[string]string{}
	for _, c := range r.Calls {
		branch[c.Key] = c.Trigger
	}
	for i := range r.Runs {
		if x := &r.Runs[i]; x.Parent == nil {
			byKey[x.Key] = x
		}
	}
	return byKey, branch
}

func (r *runRecord) accepted() (string, error) {
	var f failures
	count, called := map[string]int{}, map[string]bool{}
	for _, x := range r.Runs {
		if x.Parent == nil {
			count[x.Key]++
		}
	}
	taken, unsure := 0, 0
	for _, c := range r.Calls {
		called[c.Key] = true
		n := count[c.Key]
		switch {
		case n > 1:
			f.add("call %s is %d runs", c.Key, n)
		case c.Taken && n == 0:
			f.add("call %s was taken and is no run", c.Key)
		case c.Taken:
			taken++
		case n == 1:
			unsure++
		}
	}
	for key := range count {
		if !called[key] {
			f.add("run of %q, which nobody called", key)
		}
	}
	if taken == 0 {
		f.add("it was not tried")
	}
	return fmt.Sprintf("%d taken, and %d whose answer got lost; %d calls", taken, unsure, len(r.Calls)), f.err()
}

func (r *runRecord) ended() (string, error) {
	var f failures
	for _, x := range r.Runs {
		if x.Status != "succeeded" {
			why := ""
			if x.Error != nil {
				why = *x.Error
			}
			f.add("run %s is %s %s", x.ID, x.Status, why)
		}
	}
	for _, s := range r.Steps {
		if s.Status != "succeeded" {
			f.add("step %s of %s is %s", s.Path, s.Run, s.Status)
		}
	}
	if r.Places > 0 {
		f.add("%d places in queues are kept", r.Places)
	}
	return fmt.Sprintf("%d runs, %d steps", len(r.Runs), len(r.Steps)), f.err()
}

// place is a step of the run of a call.
type place struct{ key, at string }

func (r *runRecord) byPlace() map[place][]effect {
	out := map[place][]effect{}
	for _, e := range r.Effects {
		out[place{e.Key, e.Place}] = append(out[place{e.Key, e.Place}], e)
	}
	return out
}

func (r *runRecord) effective() (string, error) {
	var f failures
	at := r.byPlace()
	byKey, branch := r.mine()
	n, wanted := 0, map[place]bool{}
	for key := range byKey {
		for _, part := range r.of(branch[key]) {
			for _, p := range part {
				wanted[place{key, p}] = true
				if n++; len(at[place{key, p}]) == 0 {
					f.add("step %s of call %s had no effect", p, key)
				}
			}
		}
	}
	for p := range at {
		if !wanted[p] {
			f.add("an effect %s of call %s that nobody wants", p.at, p.key)
		}
	}
	return fmt.Sprintf("%d steps reached outside, %d requests", n, len(r.Effects)), f.err()
}

func (r *runRecord) keyed() (string, error) {
	var f failures
	owner, again := map[string]place{}, 0
	for p, es := range r.byPlace() {
		for _, e := range es {
			if e.Idem != es[0].Idem || e.Body != es[0].Body || e.Idem == "" {
				f.add("step %s of call %s came as %q and as %q", p.at, p.key, es[0].Idem, e.Idem)
			}
		}
		if o, had := owner[es[0].Idem]; had {
			f.add("steps %s of call %s and %s of call %s have one key", p.at, p.key, o.at, o.key)
		}
		owner[es[0].Idem] = p
		again += len(es) - 1
	}
	return fmt.Sprintf("%d keys, %d requests came again", len(owner), again), f.err()
}

// lag is how long after a blow somebody may still find out that it cut a connection
// of theirs.
const lag = 3 * time.Second

func (r *runRecord) explained() (string, error) {
	var f failures
	again := 0
	for p, es := range r.byPlace() {
		for i := 1; i < len(es); i++ {
			again++
			reason := slices.ContainsFunc(r.Blows, func(b blow) bool { return b.From.Before(es[i].At) && b.Until.After(es[i-1].At.Add(-lag)) })
			if !reason {
				f.add("step %s of call %s came again after %s, and nothing was killed", p.at, p.key, es[i].At.Sub(es[i-1].At))
			}
		}
	}
	return fmt.Sprintf("%d of %d requests came again; %d blows", again, len(r.Effects), len(r.Blows)), f.err()
}

// shape is what a run of each branch has for steps.
func shape(branch string) map[string]int {
	all := map[string]int{"first": 1, "each": 1, "send": 3, "count": 1, "choose": 1, "last": 1}
	all[map[string]string{"0": "ask", "1": "call", "2": "rest"}[branch]] = 1
	return all
}

func (r *runRecord) truthful() (string, error) {
	var f failures
	given := map[string]map[string]bool{} // by call
	for _, e := range r.Effects {
		if given[e.Key] == nil {
			given[e.Key] = map[string]bool{}
		}
		given[e.Key][e.Nonce] = true
	}
	keyOf, used, steps := map[string]*ran{}, map[string]string{}, map[string]map[string]int{}
	for i := range r.Runs {
		keyOf[r.Runs[i].ID] = &r.Runs[i]
	}
	for _, s := range r.Steps {
		x := keyOf[s.Run]
		if x == nil {
			f.add("step %s of a run that is none", s.Path)
			continue
		}
		if steps[s.Run] == nil {
			steps[s.Run] = map[string]int{}
		}
		steps[s.Run][s.Name]++
		if s.Type != "http_request" {
			continue
		}
		at := s.Run + "/" + s.Path
		switch {
		case s.Nonce == nil || !given[x.Key][*s.Nonce]:
			f.add("step %s says it was answered what nobody answered", at)
		case used[*s.Nonce] != "":
			f.add("steps %s and %s have one answer", at, used[*s.Nonce])
		default:
			used[*s.Nonce] = at
		}
	}
	_, branch := r.mine()
	for id, x := range keyOf {
		want := shape(branch[x.Key])
		if x.Parent != nil {
			want = map[string]int{"child": 1}
		}
		if fmt.Sprint(want) != fmt.Sprint(steps[id]) { // in the order of their names
			f.add("run %s has the steps %v, not %v", id, steps[id], want)
		}
	}
	return fmt.Sprintf("%d steps have the answer that they were given", len(used)), f.err()
}

func (r *runRecord) forward() (string, error) {
	var f failures
	at := r.byPlace()
	byKey, branch := r.mine()
	for key := range byKey {
		var latest time.Time
		before := ""
		for _, part := range r.of(branch[key]) {
			end, last := latest, before
			for _, p := range part {
				for _, e := range at[place{key, p}] {
					if e.At.Before(latest) {
						f.add("call %s: %s came %s before %s came for the last time", key, p, latest.Sub(e.At), before)
					}
					if e.At.After(end) {
						end, last = e.At, p
					}
				}
			}
			latest, before = end, last
		}
	}
	return fmt.Sprintf("%d runs went one way", len(byKey)), f.err()
}

func (r *runRecord) once() (string, error) {
	var f failures
	byKey, branch := r.mine()
	counted, children, waits := map[int]int{}, map[string]int{}, 0
	for _, s := range r.Steps {
		if s.Value != nil {
			counted[*s.Value]++
		}
	}
	for i := 1; i <= len(byKey); i++ {
		if counted[i] != 1 {
			f.add("%d runs were the one that counted %d", counted[i], i)
		}
	}
	if len(counted) != len(byKey) {
		f.add("%d numbers for %d runs", len(counted), len(byKey))
	}
	for _, x := range r.Runs {
		if x.Parent != nil {
			children[*x.Parent]++
		}
	}
	answers := map[string]int{}
	for _, t := range r.Told {
		if t.Status >= 200 && t.Status <= 299 {
			answers[t.Key]++
		}
	}
	for key, x := range byKey {
		want := 0
		if branch[key] == "1" {
			want = 1
		}
		if children[x.ID] != want {
			f.add("run %s has called %d times", x.ID, children[x.ID])
		}
		if branch[key] == "0" {
			waits++
		}
		if answers[key] > 1 {
			f.add("an answer to the run of %s was taken %d times", key, answers[key])
		}
	}
	return fmt.Sprintf("%d counted, %d calls, %d answers", len(counted), len(children), waits), f.err()
}
