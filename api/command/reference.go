package command

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// reference is the page of the documentation that says what each command takes.
func reference(root *cobra.Command) *cobra.Command {
	return &cobra.Command{Use: "reference", Hidden: true, Args: words(0, 0), RunE: func(cmd *cobra.Command, _ []string) error {
		return writeReference(cmd.OutOrStdout(), root)
	}}
}

func writeReference(out io.Writer, root *cobra.Command) error {
	var b strings.Builder
	b.WriteString("# Command line\n\nWhat each command of `patchbay` takes, made from the program itself. It ends with 0 when it was done, with 1 when it failed, with 2 when it was called\n" +
		"wrongly, and `workflows plan` with 3 when there is something to do. `patchbay completion bash` (zsh, fish, powershell) prints what completes commands, flags, projects and apps.\n")
	for _, g := range root.Groups() {
		fmt.Fprintf(&b, "\n## %s\n", strings.TrimSuffix(g.Title, ":"))
		for _, c := range root.Commands() {
			if c.GroupID == g.ID {
				each(c, func(c *cobra.Command) { entry(&b, c) })
			}
		}
	}
	b.WriteString("\n## Everything else\n")
	for _, c := range root.Commands() {
		if c.GroupID == "" && !c.Hidden && c.Name() != "help" && c.Name() != "completion" {
			each(c, func(c *cobra.Command) { entry(&b, c) })
		}
	}
	_, err := io.WriteString(out, b.String())
	return err //nolint:wrapcheck // standard output
}

func entry(b *strings.Builder, c *cobra.Command) {
	if c.Hidden {
		return
	}
	fmt.Fprintf(b, "\n### %s\n\n%s.\n", c.CommandPath(), c.Short)
	if c.HasSubCommands() {
		return
	}
	if c.Long != "" {
		fmt.Fprintf(b, "%s\n", c.Long)
	}
	fmt.Fprintf(b, "\n```sh\n%s\n", c.UseLine())
	if c.Example != "" {
		fmt.Fprintf(b, "\n%s\n", strings.ReplaceAll(strings.TrimSpace(c.Example), "\n  ", "\n"))
	}
	b.WriteString("```\n")
	begun := false
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		if !begun {
			b.WriteString("\n| Flag | |\n| --- | --- |\n")
			begun = true
		}
		kind, says := pflag.UnquoteUsage(f)
		name := "--" + f.Name
		if kind != "" {
			name += " " + kind
		}
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "0" && f.DefValue != "0s" && f.DefValue != "[]" {
			says += "; unless given `" + f.DefValue + "`"
		}
		fmt.Fprintf(b, "| `%s` | %s |\n", strings.ReplaceAll(name, "|", "\\|"), strings.ReplaceAll(says, "|", "\\|"))
	})
}
