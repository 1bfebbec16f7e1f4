package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What other runners say at their end is understood, colours or not.
func TestReadText(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		want counts
	}{
		"vitest, all well":   {" Test Files  2 passed (2)\n\x1b[2m      Tests \x1b[22m \x1b[1m\x1b[32m3 passed\x1b[39m\x1b[22m\x1b[90m (3)\x1b[39m\n", counts{3, 0, 0, 0}},
		"vitest, mixed":      {" Test Files  1 failed | 2 passed (3)\n      Tests  1 failed | 12 passed | 2 skipped (15)\n", counts{12, 1, 2, 0}},
		"node, spec":         {"ℹ tests 6\nℹ suites 0\nℹ pass 3\nℹ fail 1\nℹ cancelled 1\nℹ skipped 1\nℹ todo 0\n", counts{3, 2, 1, 0}},
		"node, tap":          {"ok 1 - # pass\n# pass 4\n# fail 0\n# cancelled 0\n# skipped 0\n", counts{4, 0, 0, 0}},
		"node, flaky":        {"# pass 4\n# fail 0\n# skipped 0\n# flaky 2\n", counts{4, 0, 0, 2}},
		"playwright":         {"Running 4 tests\n\n  1 failed\n    a.spec.ts\n  1 flaky\n  1 skipped\n  1 passed (3.2s)\n", counts{2, 1, 1, 0}},
		"unittest, all well": {"...\n\nRan 3 tests in 0.004s\n\nOK\n", counts{3, 0, 0, 0}},
		"unittest, mixed":    {"Ran 9 tests in 1.2s\n\nFAILED (failures=1, errors=2, skipped=1, expected failures=1)\n", counts{5, 3, 1, 0}},
		"nothing to see":     {"  12 passed the exam\n", counts{}},
		"no line at the end": {"# pass 1", counts{1, 0, 0, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			if got := readText(strings.NewReader(c.text), &out); got != c.want || out.String() != c.text {
				t.Errorf("counted %v and printed %q, want %v and the text", got, out.String(), c.want)
			}
		})
	}
}

const goEvents = `{"Action":"start","Package":"a"}
{"Action":"run","Package":"a","Test":"TestOne"}
{"Action":"output","Package":"a","Test":"TestOne","Output":"quiet\n"}
{"Action":"pass","Package":"a","Test":"TestOne"}
{"Action":"run","Package":"a","Test":"TestTwo"}
{"Action":"run","Package":"a","Test":"TestTwo/x"}
{"Action":"pass","Package":"a","Test":"TestTwo/x"}
{"Action":"run","Package":"a","Test":"TestTwo/y"}
{"Action":"output","Package":"a","Test":"TestTwo/y","Output":"loud\n"}
{"Action":"fail","Package":"a","Test":"TestTwo/y"}
{"Action":"fail","Package":"a","Test":"TestTwo"}
{"Action":"run","Package":"a","Test":"TestLost"}
{"Action":"output","Package":"a","Test":"TestLost","Output":"panic: lost\n"}
{"Action":"output","Package":"a","Output":"FAIL\ta\t0.1s\n"}
{"Action":"fail","Package":"a"}
{"ImportPath":"b","Action":"build-output","Output":"b.go:1: broken\n"}
{"ImportPath":"b","Action":"build-fail"}
{"Action":"output","Package":"b","Output":"FAIL\tb [build failed]\n"}
{"Action":"fail","Package":"b","FailedBuild":"b"}
{"Action":"run","Package":"c","Test":"TestC"}
{"Action":"attr","Package":"c","Test":"TestC","Key":"tried","Value":"2 of 2"}
{"Action":"attr","Package":"c","Test":"TestA","Key":"tried","Value":"1"}
{"Action":"skip","Package":"c","Test":"TestC"}
{"Action":"output","Package":"c","Output":"PASS\n"}
{"Action":"output","Package":"c","Output":"ok  \tc\t0.1s\n"}
{"Action":"pass","Package":"c"}
{"Action":"output","Package":"d","Output":"?   \td\t[no test files]\n"}
{"Action":"skip","Package":"d"}
not an event
`

// Leaves are counted once, failures are printed whole, and a test that never
// ended or a package that did not build is a failure.
func TestReadGo(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	got, failures := readGo(strings.NewReader(goEvents), &out)
	if want := (counts{2, 3, 1, 0}); got != want {
		t.Errorf("counted %v, want %v", got, want)
	}
	if len(failures) != 0 {
		t.Errorf("%v of a package that broke off may be tried again", failures)
	}
	want := "loud\npanic: lost\nFAIL\ta\t0.1s\nb.go:1: broken\nFAIL\tb [build failed]\n  TestA: tried: 1\n  TestC: tried: 2 of 2\nok  \tc\t0.1s\nnot an event\n"
	if out.String() != want {
		t.Errorf("printed %q, want %q", out.String(), want)
	}
}

// What failed by itself is tried once more, alone, and named if it passes; what
// panicked or raced, did not build, or is too much to be chance is not.
func TestAgain(t *testing.T) {
	t.Parallel()
	passes, fails := counts{1, 0, 0, 0}, counts{0, 1, 0, 0}
	said := func(test, text string) string {
		return fmt.Sprintf(`{"Action":"run","Package":"a","Test":%[1]q}
{"Action":"output","Package":"a","Test":%[1]q,"Output":%[2]q}
{"Action":"fail","Package":"a","Test":%[1]q}
`, test, text)
	}
	const end = `{"Action":"fail","Package":"a"}` + "\n"
	for name, c := range map[string]struct {
		events  string
		second  counts
		want    counts
		tried   []string
		printed string
	}{
		"passes then":  {said("TestA", "=== RUN   TestA\n    a_test.go:1: late\n") + end, passes, counts{1, 0, 0, 1}, []string{"a ^TestA$"}, "flaky: a TestA: a_test.go:1: late\n"},
		"fails again":  {said("TestA", "late\n") + end, fails, counts{0, 1, 0, 0}, []string{"a ^TestA$"}, ""},
		"below it":     {`{"Action":"run","Package":"a","Test":"TestA"}` + "\n" + said("TestA/x", "late\n") + said("TestA/y", "late\n") + `{"Action":"fail","Package":"a","Test":"TestA"}` + "\n" + end, passes, counts{2, 0, 0, 1}, []string{"a ^TestA$"}, "flaky: a TestA: late\n"},
		"panicked":     {said("TestA", "panic: nil\n") + end, passes, counts{0, 1, 0, 0}, nil, ""},
		"raced":        {said("TestA", "late\n") + said("TestB", "WARNING: DATA RACE\n") + end, passes, counts{0, 2, 0, 0}, nil, ""},
		"did not end":  {said("TestA", "late\n") + `{"Action":"run","Package":"a","Test":"TestB"}` + "\n" + end, passes, counts{0, 2, 0, 0}, nil, ""},
		"did not load": {said("TestA", "late\n") + end + `{"Action":"fail","Package":"b"}` + "\n", passes, counts{0, 2, 0, 0}, nil, ""},
		"too many":     {said("TestA", "") + said("TestB", "") + said("TestC", "") + said("TestD", "") + said("TestE", "") + said("TestF", "") + end, passes, counts{0, 6, 0, 0}, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var tried []string
			var out strings.Builder
			first, failures := readGo(strings.NewReader(c.events), io.Discard)
			got := again(first, failures, func(pkg, tests string) counts {
				tried = append(tried, pkg+" "+tests)
				return c.second
			}, &out)
			if got != c.want || !slices.Equal(tried, c.tried) || out.String() != c.printed {
				t.Errorf("%v after %q, and %q; want %v after %q, and %q", got, tried, out.String(), c.want, c.tried, c.printed)
			}
		})
	}
	if got := onlyTests([]string{"go", "test", "-race", "./..."}, "a", "^TestA$"); !slices.Equal(got, []string{"go", "test", "-race", "-run", "^TestA$", "a"}) {
		t.Errorf("%q", got)
	}
}

// A suite that fails or stays silent never counts as a success.
func TestJudge(t *testing.T) {
	t.Parallel()
	broken := errors.New("exit status 1")
	for name, c := range map[string]struct {
		counts counts
		err    error
		want   counts
	}{
		"all well":       {counts{3, 0, 0, 0}, nil, counts{3, 0, 0, 0}},
		"failed by name": {counts{3, 2, 0, 0}, broken, counts{3, 2, 0, 0}},
		"failed unnamed": {counts{3, 0, 0, 0}, broken, counts{3, 1, 0, 0}},
		"ran nothing":    {counts{}, nil, counts{0, 1, 0, 0}},
		"skipped all":    {counts{0, 0, 2, 0}, nil, counts{0, 1, 2, 0}},
	} {
		if got := judge(c.counts, c.err); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestTotal(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if code := total(&out, []string{"missing"}); code != 1 || out.String() != "0 passed, 1 failed\n" {
		t.Errorf("a missing suite: %d %q, want a failure", code, out.String())
	}
	file := filepath.Join(t.TempDir(), "counts")
	if err := os.WriteFile(file, []byte("5 0 2 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out.Reset()
	if code := total(&out, []string{file}); code != 0 || !strings.HasPrefix(out.String(), "1 flaky: ") || !strings.HasSuffix(out.String(), "\n5 passed, 0 failed, 2 skipped\n") {
		t.Errorf("%d %q", code, out.String())
	}
	if got := (counts{5, 0, 2, 0}).String(); got != "5 passed, 0 failed, 2 skipped" {
		t.Errorf("%q", got)
	}
}
