package chaos_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/chaos"
)

// goodRuns is the record of a story in which all promises held: two runs of each
// branch, of which one did a step twice after a death.
func goodRuns() *chaos.RunRecord {
	r := &chaos.RunRecord{}
	r.Began, r.Ended, r.LastRestart = began, at(100), at(30)
	r.Servers, r.Workers, r.Flushes, r.RedisRestarts, r.PostgresRestarts = 2, 3, 2, 1, 1
	r.Logs, r.Secrets = "all went well", []string{"key-1"}
	r.Blows = []chaos.Blow{{From: at(12), Until: at(13)}}
	r.Falls = []string{"worker-1 after 1s: patchbay: open database: failed to connect to x"}
	for i := range 6 {
		key, id, when := fmt.Sprintf("%d.0", i), fmt.Sprintf("run_%d", i), at(i*10)
		r.Calls = append(r.Calls, chaos.Try{Key: key, Trigger: fmt.Sprint(i % 3), Taken: true, At: when})
		r.Runs = append(r.Runs, chaos.Ran{ID: id, Key: key, Status: "succeeded"})
		step := func(run, path, kind string) *chaos.Did {
			name := path[strings.LastIndex(path, "/")+1:]
			r.Steps = append(r.Steps, chaos.Did{Run: run, Path: path, Name: name, Type: kind, Status: "succeeded"})
			return &r.Steps[len(r.Steps)-1]
		}
		n := 0
		effect := func(run, path, place string) {
			n++
			nonce := fmt.Sprintf("answer-%d-%d", i, n)
			e := chaos.Effect{Key: key, Place: place, Idem: run + "/" + path + "/1.1", Nonce: nonce, Body: place, At: when.Add(time.Duration(n) * time.Second)}
			if i == 1 && place == "item0" { // its worker died: the first answer is lost
				before := e
				before.Nonce += "-lost"
				r.Effects = append(r.Effects, before)
				e.At = e.At.Add(500 * time.Millisecond)
			}
			r.Effects = append(r.Effects, e)
			step(run, path, "http_request").Nonce = &nonce
		}
		effect(id, "first", "first")
		for item := range 3 {
			effect(id, fmt.Sprintf("each[%d]/send", item), fmt.Sprintf("item%d", item))
		}
		step(id, "each", "for_each")
		step(id, "count", "state").Value = ptr(i + 1)
		step(id, "choose", "switch")
		switch i % 3 {
		case 0:
			step(id, "choose/ask", "suspend")
			r.Told = append(r.Told, chaos.Told{Key: key, Status: 200})
		case 1:
			step(id, "choose/call", "call_workflow")
			r.Runs = append(r.Runs, chaos.Ran{ID: id + "_c", Key: key, Status: "succeeded", Parent: &id})
			effect(id+"_c", "child", "child")
		default:
			step(id, "choose/rest", "delay")
		}
		effect(id, "last", "last")
	}
	r.Calls = append(r.Calls, chaos.Try{Key: "5.1", Trigger: "2", At: at(1)}) // refused, and rightly no run
	return r
}

func TestGoodRunRecord(t *testing.T) {
	t.Parallel()
	for _, id := range chaos.RunPromises() {
		if err := chaos.CheckRuns(id, goodRuns()); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
}

// Each promise of runs is seen to be broken when it is.
func TestForgedRunRecords(t *testing.T) {
	t.Parallel()
	effect := func(r *chaos.RunRecord, place string) *chaos.Effect {
		for i := range r.Effects {
			if r.Effects[i].Place == place {
				return &r.Effects[i]
			}
		}
		return nil
	}
	step := func(r *chaos.RunRecord, name string) *chaos.Did {
		for i := range r.Steps {
			if r.Steps[i].Name == name {
				return &r.Steps[i]
			}
		}
		return nil
	}
	again := func(r *chaos.RunRecord, place string, later time.Duration) *chaos.Effect {
		e := *effect(r, place)
		e.At, e.Nonce = e.At.Add(later), e.Nonce+"-again"
		r.Effects = append(r.Effects, e)
		return &r.Effects[len(r.Effects)-1]
	}
	tests := map[string]map[string]func(r *chaos.RunRecord){
		"R1": {
			"a call that was taken is no run": func(r *chaos.RunRecord) { r.Runs = drop(r.Runs, 0) },
			"one call is two runs": func(r *chaos.RunRecord) {
				x := r.Runs[0]
				x.ID = "run_again"
				r.Runs = append(r.Runs, x)
			},
			"a run that nobody called":     func(r *chaos.RunRecord) { r.Runs = append(r.Runs, chaos.Ran{ID: "run_x", Key: "x"}) },
			"a run that lost what it does": func(r *chaos.RunRecord) { r.Runs[0].Key = "" },
			"it was not tried":             func(r *chaos.RunRecord) { r.Calls, r.Runs = nil, nil },
		},
		"R2": {
			"a run failed":            func(r *chaos.RunRecord) { r.Runs[0].Status = "failed" },
			"a run is running":        func(r *chaos.RunRecord) { r.Runs[2].Status = "running" },
			"a called run waits":      func(r *chaos.RunRecord) { r.Runs[len(r.Runs)-2].Status = "waiting" },
			"a step is running":       func(r *chaos.RunRecord) { step(r, "last").Status = "running" },
			"a step waits":            func(r *chaos.RunRecord) { step(r, "ask").Status = "waiting" },
			"a place is never let go": func(r *chaos.RunRecord) { r.Places = 1 },
		},
		"R3": {
			"a step did nothing":     func(r *chaos.RunRecord) { r.Effects = drop(r.Effects, 0) },
			"a called one did":       func(r *chaos.RunRecord) { effect(r, "child").Key = "0.0" },
			"something nobody wants": func(r *chaos.RunRecord) { again(r, "first", 0).Place = "another" },
			"an item is done twice for another": func(r *chaos.RunRecord) {
				effect(r, "item2").Place = "item1"
			},
		},
		"R4": {
			"another key when it comes again":  func(r *chaos.RunRecord) { again(r, "first", 0).Idem = "run_0/first/1.2" },
			"another body when it comes again": func(r *chaos.RunRecord) { again(r, "first", 0).Body = "other" },
			"no key":                           func(r *chaos.RunRecord) { effect(r, "first").Idem = "" },
			"two steps with one key":           func(r *chaos.RunRecord) { effect(r, "last").Idem = effect(r, "first").Idem },
		},
		"R5": {
			"it came again and nothing had died":   func(r *chaos.RunRecord) { again(r, "last", time.Second) },
			"it came again before something died":  func(r *chaos.RunRecord) { again(r, "first", 5*time.Second) },
			"what had died had nothing to do with": func(r *chaos.RunRecord) { r.Blows = nil },
		},
		"R6": {
			"an answer that nobody gave":   func(r *chaos.RunRecord) { step(r, "first").Nonce = ptr("made up") },
			"no answer":                    func(r *chaos.RunRecord) { step(r, "first").Nonce = nil },
			"the answer of another step":   func(r *chaos.RunRecord) { step(r, "last").Nonce = step(r, "first").Nonce },
			"a step is missing":            func(r *chaos.RunRecord) { r.Steps = drop(r.Steps, 0) },
			"a step of the other branch":   func(r *chaos.RunRecord) { step(r, "rest").Name = "ask" },
			"a step of nothing":            func(r *chaos.RunRecord) { step(r, "rest").Run = "run_x" },
			"a step that is there twice":   func(r *chaos.RunRecord) { r.Steps = append(r.Steps, *step(r, "choose")) },
			"a called run without a step":  func(r *chaos.RunRecord) { step(r, "child").Run = "run_0" },
			"the answer to another's call": func(r *chaos.RunRecord) { effect(r, "first").Key = "1.0" },
		},
		"R7": {
			"an earlier step comes again after a later": func(r *chaos.RunRecord) { again(r, "first", 3*time.Second) },
			"the last comes before the others":          func(r *chaos.RunRecord) { effect(r, "last").At = at(0) },
		},
		"R8": {
			"one counted twice":       func(r *chaos.RunRecord) { step(r, "count").Value = ptr(7) },
			"two counted the same":    func(r *chaos.RunRecord) { step(r, "count").Value = ptr(2) },
			"one did not count":       func(r *chaos.RunRecord) { step(r, "count").Value = nil },
			"one called twice":        func(r *chaos.RunRecord) { r.Runs = append(r.Runs, chaos.Ran{ID: "run_y", Parent: ptr("run_1")}) },
			"one called that may not": func(r *chaos.RunRecord) { r.Runs = append(r.Runs, chaos.Ran{ID: "run_y", Parent: ptr("run_0")}) },
			"two answers were taken":  func(r *chaos.RunRecord) { r.Told = append(r.Told, r.Told[0]) },
		},
		"R9": {
			"Redis was not emptied twice": func(r *chaos.RunRecord) { r.Flushes = 1 },
			"Redis was never killed":      func(r *chaos.RunRecord) { r.RedisRestarts = 0 },
			"a run waits for ever":        func(r *chaos.RunRecord) { r.Runs[0].Status = "queued" },
		},
		"R10": {
			"it was never killed":     func(r *chaos.RunRecord) { r.PostgresRestarts = 0 },
			"a run from before":       func(r *chaos.RunRecord) { r.Runs = drop(r.Runs, 0) },
			"it was killed too early": func(r *chaos.RunRecord) { r.LastRestart = began },
		},
		"R11": {
			"what was over moved":        func(r *chaos.RunRecord) { r.Seen = []string{"moved: run_1 from succeeded to running"} },
			"a lease of the living ends": func(r *chaos.RunRecord) { r.Seen = []string{"lease: run_1 taken away before its end"} },
		},
		"R12": {
			"a key in a log":      func(r *chaos.RunRecord) { r.Logs += " with key-1" },
			"nothing to look for": func(r *chaos.RunRecord) { r.Secrets = nil },
		},
		"R13": {
			"a panic": func(r *chaos.RunRecord) { r.Falls = []string{"worker-1 after 9s: exit status 2"} },
		},
	}
	for _, id := range chaos.RunPromises() {
		if len(tests[id]) == 0 {
			t.Errorf("nobody has seen %s fail", id)
		}
		for name, forge := range tests[id] {
			r := goodRuns()
			forge(r)
			if err := chaos.CheckRuns(id, r); err == nil {
				t.Errorf("%s holds although: %s", id, name)
			}
		}
	}
}
