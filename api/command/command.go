// Package command is the face for who types: the tree of commands, with what each
// takes, what it says of itself and how it ends. What commands do stands elsewhere.
package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/patchbay-dev/patchbay/api/app"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/folder"
	"github.com/patchbay-dev/patchbay/internal/remote"
)

// ErrUsage means that a command was called wrongly.
var ErrUsage = errors.New("usage")

// What a command ends with.
const (
	exitDone    = 0 // it was done, or there is nothing to do
	exitFailed  = 1
	exitUsage   = 2 // it was called wrongly
	exitPending = 3 // a plan has something to do
	exitSchema  = 4 // the database is of another version
)

// Program is the command line with all that it reaches beyond itself.
type Program struct {
	In       io.Reader // nil = nothing comes in
	Out, Err io.Writer
	Now      func() time.Time
	Browse   func(ctx context.Context, link string) error // nil = there is no browser
	Plain    bool                                         // no colours
	Profiles string                                       // the file that remembers them; "" = in the user's folder for settings

	Load func() (app.Config, error)                                           // reads the environment, for who needs it
	Open func(context.Context, app.Config) (a *app.App, done func(), e error) // opens what a server stands on
}

// misuse is a command line that makes no sense, with how to go on.
type misuse struct {
	text    string
	command string // whose help says more
}

func (e *misuse) Error() string {
	return fmt.Sprintf("%s\nHow it is used: %s --help", e.text, e.command)
}

func (e *misuse) Is(target error) bool { return target == ErrUsage }

func wrong(cmd *cobra.Command, format string, args ...any) error {
	return &misuse{fmt.Sprintf(format, args...), cmd.CommandPath()}
}

// Run carries out a command line and returns what the process ends with. What went
// wrong is a sentence on Err.
func (p *Program) Run(ctx context.Context, args []string) int {
	err := p.Execute(ctx, args)
	if err != nil {
		_, _ = fmt.Fprintf(p.Err, "patchbay: %s\n%s", err, advice(err))
	}
	return ExitCode(err)
}

// advice says what to do about what went wrong at a server.
func advice(err error) string {
	refused, ok := errors.AsType[*remote.Refused](err)
	switch {
	case errors.Is(err, remote.ErrAway):
		return "Where the server is: patchbay whoami. It is what PATCHBAY_BASE_URL or the profile says.\n"
	case !ok:
		return ""
	case refused.Status == http.StatusUnauthorized:
		return "Log in again: patchbay login. Or mend PATCHBAY_CLIENT_ID and PATCHBAY_CLIENT_SECRET.\n"
	case refused.Scope != "":
		return "Give it to the API client in the console: API clients.\n"
	}
	return ""
}

// Execute carries out a command line.
func (p *Program) Execute(ctx context.Context, args []string) error {
	root := p.tree()
	root.SetArgs(args)
	return root.ExecuteContext(ctx) //nolint:wrapcheck // the command's own
}

// ExitCode is what a process ends with whose command ended with err.
func ExitCode(err error) int {
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, ErrUsage):
		return exitUsage
	case errors.Is(err, folder.ErrPending), errors.Is(err, app.ErrPending):
		return exitPending
	case errors.Is(err, db.ErrOlderSchema), errors.Is(err, db.ErrNewerSchema):
		return exitSchema
	default:
		return exitFailed
	}
}

// Groups under which the help lists commands.
const (
	groupClient  = "client"
	groupDevelop = "develop"
	groupServer  = "server"
	groupOperate = "operate"
)

func (p *Program) tree() *cobra.Command {
	root := &cobra.Command{
		Use:   "patchbay",
		Short: "Patchbay: the server, and a client of it",
		Long: "The whole platform in one program: the server and its workers, what operators of one type, and a client for\n" +
			"who builds with it. Settings are variables of the environment that begin with PATCHBAY_.",
		SilenceErrors: true, SilenceUsage: true,
		Args: cobra.ArbitraryArgs, RunE: chooses,
	}
	root.SetIn(p.In)
	root.SetOut(p.Out)
	root.SetErr(p.Err)
	root.SetFlagErrorFunc(flagError)
	root.CompletionOptions.HiddenDefaultCmd = false
	root.AddGroup(
		&cobra.Group{ID: groupClient, Title: "Use a server:"},
		&cobra.Group{ID: groupDevelop, Title: "Develop:"},
		&cobra.Group{ID: groupServer, Title: "Run a server:"},
		&cobra.Group{ID: groupOperate, Title: "Operate one:"},
	)
	in := func(group string, commands ...*cobra.Command) {
		for _, c := range commands {
			c.GroupID = group
			root.AddCommand(c)
		}
	}
	in(groupClient, p.login(), p.logout(), p.use(), p.whoami())
	in(groupClient, p.resources()...)
	in(groupDevelop, p.listen(), p.component(), p.appFiles())
	in(groupServer, p.dev(), p.migrate(), p.serve(), p.work(), p.all())
	in(groupOperate, p.admin(), p.members(), p.addresses(), p.keys(), p.backup(), p.restore(), p.plans(), p.audit(), p.ready(), p.doctor(), p.torture(), p.measure())
	root.AddCommand(p.version(), reference(root))
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	each(root, func(c *cobra.Command) {
		c.DisableFlagsInUseLine = true
		c.Flags().SortFlags = false
		if c.PreRunE = needed; c.RunE == nil && c.Run == nil { // cobra's own
			c.Args, c.RunE = cobra.ArbitraryArgs, chooses
		}
	})
	return root
}

// each visits a command and all below it.
func each(c *cobra.Command, visit func(*cobra.Command)) {
	visit(c)
	for _, sub := range c.Commands() {
		each(sub, visit)
	}
}

// group is a command that others stand below.
func group(use, short string, commands ...*cobra.Command) *cobra.Command {
	g := &cobra.Command{Use: use, Short: short, Args: cobra.ArbitraryArgs, RunE: chooses}
	g.AddCommand(commands...)
	return g
}

// chooses is what a command does that others stand below: it says which, and what
// was meant perhaps.
func chooses(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		cmd.SuggestionsMinimumDistance = 2
		return wrong(cmd, "There is no command %q.%s", cmd.CommandPath()+" "+args[0], perhaps(cmd.SuggestionsFor(args[0])))
	}
	if !cmd.HasParent() {
		cmd.SetOut(cmd.ErrOrStderr())
		_ = cmd.Help()
		return wrong(cmd, "What is to be done?")
	}
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	return wrong(cmd, "%q wants to know what to do: %s.", cmd.CommandPath(), strings.Join(names, ", "))
}

func perhaps(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return " Did you mean " + strings.Join(names, " or ") + "?"
}

// flagError says which flag is wrong, and which one was meant perhaps.
func flagError(cmd *cobra.Command, err error) error {
	text := err.Error()
	name, unknown := strings.CutPrefix(text, "unknown flag: --")
	if !unknown {
		return wrong(cmd, "%s", sentence(text))
	}
	flags := &cobra.Command{SuggestionsMinimumDistance: 2} // knows what is alike
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			flags.AddCommand(&cobra.Command{Use: f.Name, Run: func(*cobra.Command, []string) {}})
		}
	})
	meant := flags.SuggestionsFor(name)
	for i := range meant {
		meant[i] = "--" + meant[i]
	}
	return wrong(cmd, "There is no flag --%s.%s", name, perhaps(meant))
}

// sentence begins with a capital letter and ends with a full stop.
func sentence(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + strings.TrimSuffix(text[1:], ".") + "."
}

// words is how many arguments a command takes, by their names in its Use line.
func words(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return wrong(cmd, "Something is missing: it is %q.", cmd.UseLine())
		case most >= 0 && len(args) > most:
			return wrong(cmd, "%q is too much: it is %q.", args[most], cmd.UseLine())
		}
		return nil
	}
}

// oneOf is a flag that takes some words alone.
type oneOf struct {
	to      *string
	allowed []string
}

func (o oneOf) String() string {
	if o.to == nil {
		return ""
	}
	return *o.to
}

func (o oneOf) Type() string { return strings.Join(o.allowed, "|") }

func (o oneOf) Set(text string) error {
	for _, a := range o.allowed {
		if text == a {
			*o.to = text
			return nil
		}
	}
	return fmt.Errorf("it is %s", strings.Join(o.allowed, " or "))
}

// choice declares a flag of some words, and completes it.
func choice(cmd *cobra.Command, to *string, name, unset, says string, allowed ...string) {
	*to = unset
	cmd.Flags().Var(oneOf{to, allowed}, name, says)
	completes(cmd, name, cobra.FixedCompletions(allowed, cobra.ShellCompDirectiveNoFileComp))
}

// each pair is a flag that may be given several times, NAME=VALUE.
type pairs func(name, value string) error

func (pairs) String() string { return "" }
func (pairs) Type() string   { return "NAME=VALUE" }
func (f pairs) Set(text string) error {
	name, value, ok := strings.Cut(text, "=")
	if !ok || name == "" || value == "" {
		return errors.New("it is NAME=VALUE")
	}
	return f(name, value)
}

func completes(cmd *cobra.Command, flag string, by cobra.CompletionFunc) {
	if err := cmd.RegisterFlagCompletionFunc(flag, by); err != nil {
		panic(err) // the flag is not declared
	}
}

// needed refuses a command line that lacks a flag.
func needed(cmd *cobra.Command, _ []string) error {
	var missing []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if len(f.Annotations[cobra.BashCompOneRequiredFlag]) > 0 && !f.Changed {
			missing = append(missing, "--"+f.Name)
		}
	})
	if len(missing) > 0 {
		return wrong(cmd, "%s is needed: it is %q.", strings.Join(missing, " and "), cmd.UseLine())
	}
	return nil
}

// needs says that a flag has to be given.
func needs(cmd *cobra.Command, flags ...string) {
	for _, name := range flags {
		if err := cmd.MarkFlagRequired(name); err != nil {
			panic(err)
		}
	}
}
