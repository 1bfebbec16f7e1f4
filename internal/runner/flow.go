package runner

import (
	"encoding/json"
	"fmt"
	"time"
)

// Links are the addresses at which a run of a workflow is answered that its code
// puts off by $.flow.
type Links struct {
	Resume string `json:"resume_url"`
	Cancel string `json:"cancel_url"`
}

// What code may ask for by $.flow, beside to leave.
const (
	Delay   = "delay"   // the workflow goes on after a time, or when somebody says so
	Suspend = "suspend" // it goes on when somebody says so, and ends if nobody does
	Rerun   = "rerun"   // the code is run again after a time, or when somebody says so
)

// Bounds of what is asked for, which host/flow.mjs knows, too.
const (
	LongestPause   = 366 * 24 * time.Hour
	MostReruns     = 10_000
	largestContext = 256 << 10 // bytes
)

// Pause is what becomes of a workflow once a job is over, as its code asked by
// $.flow. The last that it said counts.
type Pause struct {
	Kind    string
	For     time.Duration
	Context json.RawMessage // what it wants to know then; nil = nothing
	Reruns  int             // of a rerun: how often there is one at most
}

// pause reads what code asks for, or says what is wrong with it: its host has
// checked it, and is not believed.
func (m *message) pause() (p *Pause, wrong string) {
	switch {
	case m.Kind != Delay && m.Kind != Suspend && m.Kind != Rerun:
		return nil, fmt.Sprintf("There is no $.flow.%.20s.", m.Kind)
	case m.MS < 1 || m.MS > float64(LongestPause.Milliseconds()):
		return nil, fmt.Sprintf("$.flow.%s takes a number of milliseconds from 1 to %d.", m.Kind, LongestPause.Milliseconds())
	case m.Reruns < 0 || m.Reruns > MostReruns:
		return nil, fmt.Sprintf("$.flow.rerun runs code again up to %d times.", MostReruns)
	case len(m.Payload) > largestContext:
		return nil, fmt.Sprintf("The context of $.flow.%s is larger than %d bytes.", m.Kind, largestContext)
	}
	p = &Pause{Kind: m.Kind, For: time.Duration(m.MS * float64(time.Millisecond)), Reruns: m.Reruns}
	if len(m.Payload) > 0 && string(m.Payload) != "null" {
		p.Context = m.Payload
	}
	return p, ""
}

// pauses leaves nothing of what a job asked for that has failed, has left, or is no
// part of a workflow.
func (r *Result) pauses(j *Job) {
	if r.Pause == nil {
		return
	}
	if j.Links == nil && r.Failure == nil {
		r.Failure = &Failure{Name: "Error", Origin: "component", Message: fmt.Sprintf("$.flow.%s works in workflows alone: this run cannot be put off.", r.Pause.Kind)}
	}
	if r.Failure != nil || r.Exit != nil || !r.Ended {
		r.Pause = nil
	}
}
