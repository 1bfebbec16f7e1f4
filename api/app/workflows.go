package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/patchbay-dev/patchbay/internal/folder"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// WorkflowsCommand is what a developer does with workflows that are files: init,
// templates, validate, plan, apply, import and export.
func WorkflowsCommand(ctx context.Context, c *Config, args []string, out io.Writer) error {
	if len(args) == 0 {
		return ErrUsage
	}
	f := &folder.Folder{Base: c.BaseURL, Out: out, Aliases: map[string]string{}}
	var template string
	flags := flag.NewFlagSet("workflows "+args[0], flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.BoolVar(&f.JSON, "json", false, "")
	flags.StringVar(&f.Project, "project", c.ProjectID, "")
	flags.StringVar(&f.Environment, "environment", tenant.Development, "")
	flags.StringVar(&f.Message, "message", "", "")
	flags.StringVar(&template, "template", "", "")
	flags.BoolVar(&f.Prune, "prune", false, "")
	flags.BoolVar(&f.Anyway, "allow-missing", false, "")
	flags.BoolVar(&f.Drafts, "drafts", false, "")
	flags.BoolVar(&f.Force, "force", false, "")
	flags.Func("account", "", func(text string) error {
		alias, id, ok := strings.Cut(text, "=")
		if !ok || alias == "" || id == "" {
			return errors.New("it is ALIAS=ACCOUNT, such as crm=apn_…")
		}
		f.Aliases[alias] = id
		return nil
	})
	names, err := mixed(flags, args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return ErrUsage
	}
	if err != nil {
		return fmt.Errorf("workflows %s: %w", args[0], err)
	}
	command := args[0]
	if len(names) == 0 {
		switch command {
		case "plan", "apply", "import", "validate":
			names = []string{"."}
		case "init":
			if template != "" {
				names = []string{template}
			}
		}
	}
	switch {
	case command == "templates" && len(names) == 0:
		f.List()
		return nil
	case command == "init" && len(names) == 1:
		return f.Init(names[0], template)
	case command == "validate" && len(names) > 0:
		return f.Validate(names)
	default:
		return c.workflows(ctx, f, command, names)
	}
}

// workflows does what needs a server.
func (c *Config) workflows(ctx context.Context, f *folder.Folder, command string, names []string) (err error) {
	one := command == "export"
	switch {
	case command != "plan" && command != "apply" && command != "import" && !one, len(names) == 0, one && len(names) != 1:
		return ErrUsage
	case f.Project == "":
		return fmt.Errorf("workflows %s: give --project, or set PATCHBAY_PROJECT_ID", command)
	case f.Environment != tenant.Development && f.Environment != tenant.Production:
		return fmt.Errorf("workflows %s: --environment is %q, want %s or %s", command, f.Environment, tenant.Development, tenant.Production)
	}
	scope := "workflows:write"
	if one {
		scope = "workflows:read"
	}
	if f.Server, err = newRemote(c, scope); err != nil {
		return err
	}
	switch command {
	case "plan":
		return f.Plan(ctx, names)
	case "export":
		return f.Export(ctx, names[0])
	case "import":
		f.Drafts = true
	}
	return f.Apply(ctx, names)
}

// ExitCode is what a command ends with: 0 = it was done, or there is nothing to do;
// 1 = it failed; 2 = it was called wrongly; 3 = a plan has something to do.
func ExitCode(err error) int {
	switch {
	case err == nil:
		return 0
	case errors.Is(err, ErrUsage):
		return 2
	case errors.Is(err, folder.ErrPending):
		return 3
	default:
		return 1
	}
}
