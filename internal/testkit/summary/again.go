package main

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// few is how many tests may fail and be tried again: more are no chance.
const few = 5

// broken is what a test says for which nobody may blame the machine.
var broken = regexp.MustCompile(`(?m)^(panic:|fatal error:|WARNING: DATA RACE|unexpected fault)|race detected during execution|test timed out`)

// failures are the package's failed tests if all of them ended by themselves.
func (p *pkg) failures(name string) []failure {
	var all []failure
	at := map[string]int{}
	for _, test := range p.tests {
		top, _, below := strings.Cut(test, "/")
		if p.result[test] == "" {
			return nil // the package broke off
		}
		if p.result[test] != "fail" {
			continue
		}
		if !below {
			at[top] = len(all)
			all = append(all, failure{pkg: name, test: top})
		}
		f := &all[at[top]]
		f.said += p.output[test]
		if !slices.ContainsFunc(p.tests, func(t string) bool { return strings.HasPrefix(t, test+"/") && p.result[t] == "fail" }) {
			f.leaves++
		}
	}
	if broken.MatchString(p.output[""]) || slices.ContainsFunc(all, func(f failure) bool { return broken.MatchString(f.said) }) {
		return nil
	}
	return all
}

// again runs the failed tests of each package once more, and counts those as
// flaky that pass. Where a package has another failure, or too many failed,
// nothing is tried.
func again(c counts, failures []failure, run func(pkg, tests string) counts, w io.Writer) counts {
	known := 0
	for _, f := range failures {
		known += f.leaves
	}
	if len(failures) > few || known < c.Failed {
		return c
	}
	for _, f := range failures {
		n := run(f.pkg, "^"+f.test+"$")
		if n.Failed > 0 {
			continue
		}
		fmt.Fprintf(w, "flaky: %s %s: %s\n", f.pkg, f.test, firstLine(f.said))
		c.Failed -= f.leaves
		c.Passed += f.leaves
		c.Flaky++
	}
	return c
}

// onlyTests is the command for some tests of one package.
func onlyTests(command []string, pkg, tests string) []string {
	return append(slices.Clone(command[:len(command)-1]), "-run", tests, pkg)
}

// firstLine is the first thing that a test said itself.
func firstLine(said string) string {
	for line := range strings.Lines(said) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "===") && !strings.HasPrefix(line, "---") {
			return line
		}
	}
	return "it said nothing"
}
