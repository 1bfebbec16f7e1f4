package folder

import (
	"encoding/json"
	"fmt"
	"strings"
)

// plan is what the server says that it does, or would do.
type plan struct {
	Applied  bool      `json:"applied"`
	Changes  int       `json:"changes"`
	Data     []item    `json:"data"`
	Problems []problem `json:"problems"`
}

type item struct {
	File       *string    `json:"file"`
	Key        string     `json:"key"`
	Name       string     `json:"name"`
	WorkflowID *string    `json:"workflow_id"`
	Action     string     `json:"action"`
	Changes    []change   `json:"changes"`
	Version    int        `json:"version"`
	Readiness  *readiness `json:"readiness"`
	Notes      []string   `json:"notes"`
}

type change struct {
	Path   string `json:"path"`
	Kind   string `json:"kind"`
	Before any    `json:"before,omitempty"`
	After  any    `json:"after,omitempty"`
	Text   string `json:"text"`
}

type readiness struct {
	Score  int     `json:"score"`
	Checks []check `json:"checks"`
}

type check struct {
	Code     string `json:"code"`
	Done     bool   `json:"done"`
	Concerns bool   `json:"concerns"`
	Text     string `json:"text"`
}

type problem struct {
	File string `json:"file"`
	Line int    `json:"line"`
	Path string `json:"path"`
	Code string `json:"code"`
	Text string `json:"text"`
}

// say prints a line, or a value for programs.
func (f *Folder) say(v any, format string, args ...any) {
	if !f.JSON {
		_, _ = fmt.Fprintf(f.Out, format+"\n", args...)
		return
	}
	if v != nil {
		text, _ := json.Marshal(v) // plain values
		_, _ = fmt.Fprintln(f.Out, string(text))
	}
}

func (f *Folder) tell(problems []problem) {
	for _, p := range problems {
		at := p.File
		if p.Line > 0 {
			at = fmt.Sprintf("%s:%d", p.File, p.Line)
		}
		if p.Path != "" {
			at += ": " + p.Path
		}
		f.say(nil, "! %s: %s", at, p.Text)
	}
}

var marks = map[string]string{"create": "+", "change": "~", "delete": "-", "unchanged": " "}

// show prints a plan for people.
func (f *Folder) show(p *plan) {
	for i := range p.Data {
		it := &p.Data[i]
		ready := ""
		if it.Readiness != nil && it.Action != "unchanged" {
			ready = fmt.Sprintf(", %d%% ready", it.Readiness.Score)
		}
		f.say(nil, "%s %-9s %s%s", marks[it.Action], it.Action, it.Key, ready)
		for _, c := range it.Changes {
			f.say(nil, "      %s", c.Text)
		}
		for _, note := range it.Notes {
			f.say(nil, "      (%s)", note)
		}
		if it.Readiness != nil && it.Action != "unchanged" && it.Action != "delete" {
			if open := it.Readiness.open(); open != "" {
				f.say(nil, "      not ready yet: %s", open)
			}
		}
	}
	f.tell(p.Problems)
}

// open are the points of the check list that are not done.
func (r *readiness) open() string {
	var codes []string
	for _, c := range r.Checks {
		if c.Concerns && !c.Done {
			codes = append(codes, c.Code)
		}
	}
	return strings.Join(codes, ", ")
}
