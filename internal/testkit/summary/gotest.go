package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// event is a line of go test -json; see `go doc test2json`.
type event struct{ Action, Package, Test, Output, Key, Value string }

// pkg is what has been heard of a package that still runs.
type pkg struct {
	tests  []string          // in the order of their start
	result map[string]string // pass, fail or skip; none yet for a test that runs
	output map[string]string // by test, "" for the package's own; dropped when the test passes
	shown  []string          // what tests say of themselves by t.Attr, which is printed in any case
}

// failure is a test at the top of its package that failed.
type failure struct {
	pkg, test string
	leaves    int    // how many failures it was counted as
	said      string // by the test
}

// readGo counts the tests that have no subtests, and prints one line for each
// package and all that a failing test wrote. It returns the failures that may be
// tried again.
func readGo(r io.Reader, w io.Writer) (counts, []failure) {
	var sum counts
	var failures []failure
	running := map[string]*pkg{}
	lines(r, func(line string) {
		var e event
		if json.Unmarshal([]byte(line), &e) != nil || e.Action == "" {
			fmt.Fprint(w, line)
			return
		}
		p := running[e.Package]
		if p == nil {
			p = &pkg{result: map[string]string{}, output: map[string]string{}}
			running[e.Package] = p
		}
		switch e.Action {
		case "build-output":
			fmt.Fprint(w, e.Output)
		case "run":
			p.tests = append(p.tests, e.Test)
		case "attr":
			p.shown = append(p.shown, fmt.Sprintf("  %s: %s: %s\n", e.Test, e.Key, e.Value))
		case "output":
			p.output[e.Test] += e.Output
		case "pass", "fail", "skip":
			if e.Test != "" {
				p.end(e)
				return
			}
			delete(running, e.Package)
			failures = append(failures, p.failures(e.Package)...)
			sum.add(p.close(e.Action == "fail", w))
		}
	})
	return sum, failures
}

func (p *pkg) end(e event) {
	p.result[e.Test] = e.Action
	if e.Action != "fail" {
		delete(p.output, e.Test)
	}
}

// close counts a package that is through and prints it: one line if it passed,
// after what its tests say of themselves, else also the output of each test that failed or never ended.
func (p *pkg) close(failed bool, w io.Writer) counts {
	var c counts
	parent, failedBelow := map[string]bool{}, map[string]bool{}
	for test, result := range p.result {
		for i := strings.LastIndexByte(test, '/'); i > 0; i = strings.LastIndexByte(test[:i], '/') {
			parent[test[:i]] = true
			failedBelow[test[:i]] = failedBelow[test[:i]] || result == "fail"
		}
	}
	for _, test := range p.tests {
		switch result := p.result[test]; {
		case (result == "fail" || result == "") && !failedBelow[test]:
			c.Failed++
		case parent[test]: // counted by its subtests
		case result == "pass":
			c.Passed++
		case result == "skip":
			c.Skipped++
		}
	}
	if failed && c.Failed == 0 {
		c.Failed = 1 // it did not build, or ended outside of a test
	}
	if failed {
		for _, test := range p.tests {
			fmt.Fprint(w, p.output[test])
		}
		fmt.Fprint(w, p.output[""])
		return c
	}
	slices.Sort(p.shown)
	fmt.Fprint(w, strings.Join(p.shown, ""))
	for line := range strings.Lines(p.output[""]) {
		if strings.HasPrefix(line, "ok ") {
			fmt.Fprint(w, line)
		}
	}
	return c
}
