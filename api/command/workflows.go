package command

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/patchbay-dev/patchbay/internal/folder"
)

// workflows is what a developer does with workflows, those that are files above all.
func (p *Program) workflows() *cobra.Command {
	return group("workflows", "Workflows: listed, started; and as files, begun, checked, planned, applied",
		p.command(call{use: "list", short: "List workflows", path: "/projects/{p}/workflows", list: true, table: "ID=id KEY=key NAME=name ACTIVE=active VERSION=version UPDATED=updated_at"}),
		p.workflowsInvoke(),
		p.workflowsInit(), p.workflowsTemplates(), p.workflowsValidate(),
		p.workflowsApply("plan", "Say what applying files would change", "Ends with 0 when there is nothing to do, with 3 when there is something, and with 1 when something is wrong.", (*folder.Folder).Plan),
		p.workflowsApply("apply", "Make the workflows of a project what files say, all of them or none", "", (*folder.Folder).Apply),
		p.workflowsApply("import", "Make drafts of files, which run when they are deployed", "", (*folder.Folder).Apply),
		p.workflowsExport(),
	)
}

// offline is a command about files that needs no server.
func (p *Program) offline(cmd *cobra.Command, do func(f *folder.Folder, args []string) error) *cobra.Command {
	asJSON := machine(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		at, _, err := p.place(cmd)
		if err != nil {
			return err
		}
		return do(&folder.Folder{Base: at.url, Out: p.Out, JSON: *asJSON, Aliases: map[string]string{}}, args)
	}
	return cmd
}

func (p *Program) workflowsInit() *cobra.Command {
	cmd := &cobra.Command{
		Use: "init [FILE] [--template KEY]", Short: "Begin a workflow as a file", Args: words(0, 1),
		Example: "  patchbay workflows init flows/refund --template expense-approval",
	}
	template := cmd.Flags().String("template", "", "`KEY` of one of patchbay workflows templates")
	return p.offline(cmd, func(f *folder.Folder, args []string) error {
		switch {
		case len(args) == 1:
			return f.Init(args[0], *template)
		case *template != "":
			return f.Init(*template, *template)
		}
		return wrong(cmd, "How is it to be called? It is %q.", cmd.UseLine())
	})
}

func (p *Program) workflowsTemplates() *cobra.Command {
	return p.offline(&cobra.Command{Use: "templates", Short: "List what a workflow may begin as", Args: words(0, 0)}, func(f *folder.Folder, _ []string) error {
		f.List()
		return nil
	})
}

func (p *Program) workflowsValidate() *cobra.Command {
	return p.offline(&cobra.Command{Use: "validate [PATH…]", Short: "Check files without a server", Args: words(0, -1)}, func(f *folder.Folder, args []string) error {
		return f.Validate(orHere(args))
	})
}

func orHere(paths []string) []string {
	if len(paths) == 0 {
		return []string{"."}
	}
	return paths
}

// online is a command about files and a project.
func (p *Program) online(cmd *cobra.Command, do func(ctx context.Context, f *folder.Folder, args []string) error) *folder.Folder {
	into := &folder.Folder{Aliases: map[string]string{}, Out: p.Out}
	p.at(cmd)
	cmd.Flags().BoolVar(&into.JSON, "json", false, "for programs")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		at, server, err := p.reach(cmd)
		if err != nil {
			return err
		}
		into.Base, into.Project, into.Environment, into.Server = at.url, at.project, at.environment, server
		return do(cmd.Context(), into, args)
	}
	return into
}

func (p *Program) workflowsApply(name, short, long string, do func(*folder.Folder, context.Context, []string) error) *cobra.Command {
	cmd := &cobra.Command{
		Use: name + " [PATH…]", Short: short, Long: long, Args: words(0, -1),
		Example: fmt.Sprintf("  patchbay workflows %s flows --account crm=apn_…", name),
	}
	f := p.online(cmd, func(ctx context.Context, f *folder.Folder, args []string) error { return do(f, ctx, orHere(args)) })
	flags := cmd.Flags()
	flags.BoolVar(&f.Prune, "prune", false, "delete what has no file")
	flags.BoolVar(&f.Anyway, "allow-missing", false, "what files name and the project has not is no problem")
	flags.StringVar(&f.Message, "message", "", "why, a `TEXT`; without it the commit of the checkout")
	f.Drafts = name == "import"
	flags.Var(pairs(func(alias, id string) error {
		f.Aliases[alias] = id
		return nil
	}), "account", "set an account's alias before, `ALIAS=ACCOUNT`; several times")
	return cmd
}

func (p *Program) workflowsExport() *cobra.Command {
	cmd := &cobra.Command{Use: "export FOLDER", Short: "Write what runs into files", Args: words(1, 1)}
	f := p.online(cmd, func(ctx context.Context, f *folder.Folder, args []string) error { return f.Export(ctx, args[0]) })
	cmd.Flags().BoolVar(&f.Drafts, "drafts", false, "drafts, and not what runs")
	cmd.Flags().BoolVar(&f.Force, "force", false, "write over files that say something else")
	return cmd
}
