package main

import (
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
)

var (
	colour = regexp.MustCompile("\x1b\\[[0-9;]*[A-Za-z]")
	// vitest: "      Tests  1 failed | 12 passed | 2 skipped (15)"
	vitest = regexp.MustCompile(`^\s*Tests\s+(.*)\(\d+\)\s*$`)
	amount = regexp.MustCompile(`(\d+) (passed|failed|skipped|todo)`)
	// node --test: "# pass 12" or "ℹ pass 12"
	node = regexp.MustCompile(`^(?:#|ℹ) (pass|fail|cancelled|skipped|todo|flaky) (\d+)\s*$`)
	// playwright: "  12 passed (3.1s)"
	playwright = regexp.MustCompile(`^\s+(\d+) (passed|failed|flaky|skipped|interrupted|did not run)(?: \(.*\))?\s*$`)
	// unittest: "Ran 12 tests in 0.1s", and then "OK (skipped=1)" or "FAILED (failures=1, errors=2)"
	ran  = regexp.MustCompile(`^Ran (\d+) tests? in `)
	less = regexp.MustCompile(`(failures|errors|skipped|expected failures|unexpected successes)=(\d+)`)
)

// readText copies the output of another test runner and finds its counts.
func readText(r io.Reader, w io.Writer) counts {
	var c counts
	lines(r, func(line string) {
		fmt.Fprint(w, line)
		line = strings.TrimRight(colour.ReplaceAllString(line, ""), "\r\n")
		if m := vitest.FindStringSubmatch(line); m != nil {
			for _, a := range amount.FindAllStringSubmatch(m[1], -1) {
				c.count(a[2], a[1])
			}
		} else if m := node.FindStringSubmatch(line); m != nil && m[1] == "flaky" {
			n, _ := strconv.Atoi(m[2])
			c.Flaky += n // they are among those that passed
		} else if m != nil {
			c.count(m[1], m[2])
		} else if m := playwright.FindStringSubmatch(line); m != nil {
			c.count(m[2], m[1])
		} else if m := ran.FindStringSubmatch(line); m != nil {
			c.count("passed", m[1])
		} else if strings.HasPrefix(line, "OK (") || strings.HasPrefix(line, "FAILED (") {
			for _, a := range less.FindAllStringSubmatch(line, -1) {
				c.count("passed", "-"+a[2]) // they were among those that ran
				c.count(a[1], a[2])
			}
		}
	})
	return c
}

func (c *counts) count(what, n string) {
	i, err := strconv.Atoi(n)
	if err != nil {
		return
	}
	switch what {
	case "pass", "passed", "flaky", "expected failures":
		c.Passed += i
	case "fail", "failed", "cancelled", "interrupted", "did not run", "failures", "errors", "unexpected successes":
		c.Failed += i
	default:
		c.Skipped += i
	}
}

func (c *counts) add(o counts) {
	c.Passed += o.Passed
	c.Failed += o.Failed
	c.Skipped += o.Skipped
	c.Flaky += o.Flaky
}
