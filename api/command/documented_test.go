package command

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// Every line of the documentation that calls the program is one that it takes: its
// command, its flags, and as many words.
func TestDocumentedCommands(t *testing.T) {
	t.Parallel()
	const root = "../../"
	var files []string
	for _, pattern := range []string{"*.md", "web/docs/pages/*.md", "sdk/README.md", "sdk/*/README.md", "deploy/docs/*.md"} {
		found, err := filepath.Glob(root + pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	lines, told := 0, 0
	for _, file := range files {
		if filepath.Base(file) == "CHANGELOG.md" || filepath.Base(file) == "cli.md" {
			continue // of what was; of the program itself
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		shell, sentences := read(string(text))
		for _, line := range shell {
			for _, call := range calls(line) {
				lines++
				if err := takes(call); err != nil {
					t.Errorf("%s: %s: %v", strings.TrimPrefix(file, root), line, err)
				}
			}
		}
		for _, m := range inline.FindAllStringSubmatch(sentences, -1) {
			told++
			if err := known(strings.Fields(m[1])); err != nil {
				t.Errorf("%s: `patchbay %s`: %v", strings.TrimPrefix(file, root), m[1], err)
			}
		}
	}
	if lines < 30 || told < 20 {
		t.Errorf("%d lines and %d commands in sentences were found", lines, told)
	}
}

var (
	inline  = regexp.MustCompile("`patchbay ([a-z][^`]*)`")
	comment = regexp.MustCompile(`(?:^|\s)#.*`)
	starts  = regexp.MustCompile(`^\(?(?:bin/)?patchbay (.*)$`)
	word    = regexp.MustCompile(`'[^']*'|"[^"]*"|\S+`)
)

// read takes a document apart: the lines of its shell blocks, those that go on
// joined, and its sentences.
func read(text string) (lines []string, sentences string) {
	inside, shell := false, false
	var out strings.Builder
	for line := range strings.Lines(strings.ReplaceAll(text, "\\\n", " ")) {
		line = strings.TrimSuffix(line, "\n")
		switch kind, fenced := strings.CutPrefix(line, "```"); {
		case fenced:
			inside = !inside
			shell = kind == "" || strings.HasPrefix(kind, "sh")
		case inside && shell:
			lines = append(lines, line)
		case !inside:
			out.WriteString(line + "\n")
		}
	}
	return lines, out.String()
}

// calls are the calls of the program in a line of a shell, each by its words.
func calls(line string) (out [][]string) {
	for part := range strings.SplitSeq(comment.ReplaceAllString(line, ""), "&&") {
		m := starts.FindStringSubmatch(strings.TrimSpace(part))
		if m == nil {
			continue
		}
		before, _, _ := strings.Cut(strings.TrimSuffix(strings.TrimSpace(m[1]), ")"), " > ")
		out = append(out, word.FindAllString(before, -1))
	}
	return out
}

func program() *cobra.Command {
	return (&Program{Out: &bytes.Buffer{}, Err: &bytes.Buffer{}}).tree()
}

// takes returns why the program would refuse words.
func takes(words []string) error {
	cmd, rest, err := program().Find(words)
	if err != nil {
		return err //nolint:wrapcheck // the command's own
	}
	if err := cmd.ParseFlags(rest); err != nil {
		return err //nolint:wrapcheck // the command's own
	}
	if !cmd.Runnable() || cmd.HasSubCommands() {
		return chooses(cmd, cmd.Flags().Args())
	}
	return cmd.ValidateArgs(cmd.Flags().Args()) //nolint:wrapcheck // the command's own
}

// known returns why what a sentence calls a command is none: what stands after its
// name may be in words of the sentence.
func known(words []string) error {
	cmd := program()
	for _, w := range words {
		w = strings.Trim(w, ",.")
		if !cmd.HasSubCommands() || strings.Contains(w, "|") {
			return nil
		}
		next, _, err := cmd.Find([]string{w})
		if err != nil {
			return err //nolint:wrapcheck // the command's own
		}
		if next == cmd {
			return wrong(cmd, "There is no command %q.", w)
		}
		cmd = next
	}
	return nil
}

func TestCallsAreRead(t *testing.T) {
	t.Parallel()
	for line, bad := range map[string]bool{
		"patchbay keys rotat": true, "patchbay keys rotate --mastr x": true, "patchbay doctor now": true, "bin/patchbay doctor --json  # all of it": false, "patchbay migrate && patchbay fjord": true,
		"make dev && ls": false, "patchbay app import-openapi a.yaml --slug x > b.yaml": false,
	} {
		var err error
		for _, c := range calls(line) {
			if e := takes(c); e != nil {
				err = e
			}
		}
		if (err != nil) != bad {
			t.Errorf("%s: %v", line, err)
		}
	}
	if known([]string{"keys", "polish"}) == nil || known([]string{"keys", "rotate"}) != nil || known([]string{"serve"}) != nil {
		t.Error("commands in sentences are not read")
	}
}
