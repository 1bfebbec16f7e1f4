// Command summary runs the suites of tests and adds up what they say:
//
//	summary go  counts/go  -- go test -json ./...
//	summary web counts/web -- npm test
//	summary total counts/go counts/web
//
// The first argument is the suite's name; one that begins with "go" reads the events of go test -json
// and prints packages and failures, every other suite is passed through and its
// closing lines are understood. total prints the one line "N passed, N failed".
//
// A few Go tests that failed are run once more by themselves, and those that pass
// are counted as flaky and named; browser suites do so with their files. What
// panicked, raced or did not build is not tried again.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// counts is the result of a suite.
type counts struct{ Passed, Failed, Skipped, Flaky int }

func main() {
	switch args := os.Args[1:]; {
	case len(args) > 1 && args[0] == "total":
		os.Exit(total(os.Stdout, args[1:]))
	case len(args) > 3 && args[2] == "--":
		os.Exit(suite(args[0], args[1], args[3:]))
	}
	fmt.Fprintln(os.Stderr, "usage: summary <suite> <file> -- command… | summary total <file>…")
	os.Exit(2)
}

// suite runs the command, writes its counts to file and returns its exit code.
func suite(name, file string, command []string) int {
	_ = os.Remove(file)
	fmt.Printf("── %s tests\n", name)
	var c counts
	var failures []failure
	err := start(command, func(out io.Reader) {
		if strings.HasPrefix(name, "go") {
			c, failures = readGo(out, os.Stdout)
		} else {
			c = readText(out, os.Stdout)
		}
	})
	if c.Failed > 0 {
		c = again(c, failures, func(pkg, tests string) (n counts) {
			fmt.Printf("── %s once more: %s\n", pkg, tests)
			err := start(onlyTests(command, pkg, tests), func(out io.Reader) { n, _ = readGo(out, os.Stdout) })
			return judge(n, err)
		}, os.Stdout)
		err = nil // each failure has been counted
	}
	c = judge(c, err)
	said := c.String()
	if c.Flaky > 0 {
		said += fmt.Sprintf(", %d flaky", c.Flaky)
	}
	fmt.Printf("── %s: %s\n\n", name, said)
	if err := os.WriteFile(file, []byte(fmt.Sprintln(c.Passed, c.Failed, c.Skipped, c.Flaky)), 0o600); err != nil {
		fmt.Println(err)
		return 1
	}
	if c.Failed > 0 {
		return 1
	}
	return 0
}

// start runs a command to its end while read reads what it says.
func start(command []string, read func(io.Reader)) error {
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return fmt.Errorf("start %s: %w", command[0], err)
	}
	read(out)
	return cmd.Wait()
}

// judge counts one failure for a suite that failed without naming a test, or
// that ran no test at all: silence is not success.
func judge(c counts, err error) counts {
	if c.Failed == 0 && (err != nil || c.Passed == 0) {
		fmt.Printf("   the suite ended with %d tests passed and none failed, error %v: counted as one failure\n", c.Passed, err)
		c.Failed = 1
	}
	return c
}

// total adds the files up. A file that is missing is a suite that broke off.
func total(w io.Writer, files []string) int {
	var sum counts
	for _, file := range files {
		var c counts
		b, err := os.ReadFile(file)
		if err == nil {
			_, err = fmt.Sscan(string(b), &c.Passed, &c.Failed, &c.Skipped, &c.Flaky)
		}
		if err != nil {
			c = counts{Failed: 1}
		}
		sum.add(c)
	}
	if sum.Flaky > 0 {
		fmt.Fprintf(w, "%d flaky: they failed, and passed when they were run once more\n", sum.Flaky)
	}
	fmt.Fprintln(w, sum)
	if sum.Failed > 0 {
		return 1
	}
	return 0
}

func (c counts) String() string {
	s := fmt.Sprintf("%d passed, %d failed", c.Passed, c.Failed)
	if c.Skipped > 0 {
		s += fmt.Sprintf(", %d skipped", c.Skipped)
	}
	return s
}

// lines calls fn with each line of r, however long.
func lines(r io.Reader, fn func(line string)) {
	in := bufio.NewReader(r)
	for {
		line, err := in.ReadString('\n')
		if line != "" {
			fn(line)
		}
		if err != nil {
			return
		}
	}
}
