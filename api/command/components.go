package command

import (
	"context"
	"encoding/json"
	"time"

	"github.com/spf13/cobra"

	"github.com/patchbay-dev/patchbay/api/app"
	"github.com/patchbay-dev/patchbay/internal/registry"
	"github.com/patchbay-dev/patchbay/internal/runner"
	"github.com/patchbay-dev/patchbay/internal/sandbox"
	"github.com/patchbay-dev/patchbay/internal/workbench"
)

// component is what a developer does with components.
func (p *Program) component() *cobra.Command {
	return group("component", "Components of your own: begun, tried, installed",
		p.componentInit(), p.componentTest(), p.componentDev(), p.componentInstall(),
		p.onBench(&cobra.Command{Use: "list", Short: "What is installed", Args: words(0, 0)}, true, func(ctx context.Context, b *workbench.Bench, _ []string) error { return b.List(ctx) }),
		p.componentUpdate(), p.componentRemove(),
		p.onBench(&cobra.Command{Use: "verify", Short: "Hold what is installed against what was said of it when it was", Args: words(0, 0)}, true, func(ctx context.Context, b *workbench.Bench, _ []string) error { return b.Verify(ctx) }),
	)
}

// bench makes cmd a command about components, which calls a server or does not.
func (p *Program) bench(cmd *cobra.Command, online bool, do func(ctx context.Context, b *workbench.Bench, args []string) error) *workbench.Bench {
	b := &workbench.Bench{Out: p.Out, Npm: "npm", Every: 300 * time.Millisecond, Props: map[string]any{}}
	if cmd.Flags().Lookup("profile") == nil && online {
		p.who(cmd)
	}
	cmd.Flags().BoolVar(&b.JSON, "json", false, "for programs")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		at, c, err := p.place(cmd)
		if err != nil {
			return err
		}
		b.Project, b.Environment = at.project, at.environment
		b.Describe = func(ctx context.Context, dir string, paths []string) ([]workbench.Module, error) {
			return p.describe(ctx, c, dir, paths)
		}
		if online {
			if b.Server, err = at.server(); err != nil {
				return err
			}
		}
		return do(cmd.Context(), b, args)
	}
	return b
}

func (p *Program) onBench(cmd *cobra.Command, online bool, do func(ctx context.Context, b *workbench.Bench, args []string) error) *cobra.Command {
	p.bench(cmd, online, do)
	return cmd
}

func (p *Program) componentInit() *cobra.Command {
	cmd := &cobra.Command{
		Use: "init NAME --app SLUG", Short: "Begin a component of your own, as a file or as a module", Args: words(1, 1),
		Example: "  patchbay component init create-invoice --app our_crm",
	}
	var begin workbench.Begin
	b := p.bench(cmd, false, func(_ context.Context, b *workbench.Bench, args []string) error {
		begin.At = args[0]
		return b.Init(begin)
	})
	cmd.Flags().StringVar(&b.App, "app", "", "`SLUG` of the app that it calls")
	completes(cmd, "app", p.completeApps)
	choice(cmd, &begin.Type, "type", "action", "what it is to be", "action", "trigger")
	cmd.Flags().BoolVar(&begin.Code, "code", false, "a module in JavaScript, and not a file of operations")
	return cmd
}

func (p *Program) componentTest() *cobra.Command {
	cmd := &cobra.Command{Use: "test PATH…", Short: "Play the examples of operation files; have modules say what they are", Args: words(1, -1)}
	b := p.bench(cmd, false, func(ctx context.Context, b *workbench.Bench, args []string) error { return b.Test(ctx, args) })
	cmd.Flags().StringVar(&b.App, "app", "", "`SLUG` of the app, where a file does not say so itself")
	return cmd
}

func (p *Program) componentDev() *cobra.Command {
	cmd := &cobra.Command{
		Use: "dev PATH", Short: "Bring a component to the server as it changes, and run it with a user's account", Args: words(1, 1),
		Example: "  patchbay component dev ./create-invoice --user ada --props '{\"amount\": 12}'",
	}
	props := "{}"
	p.at(cmd)
	b := p.bench(cmd, true, func(ctx context.Context, b *workbench.Bench, args []string) error {
		if err := json.Unmarshal([]byte(props), &b.Props); err != nil {
			return wrong(cmd, "--props is no JSON object: %s.", err)
		}
		if b.User != "" && b.Project == "" {
			return wrong(cmd, "Of which project? Give --project, set PATCHBAY_PROJECT_ID, or type: patchbay use --project ID.")
		}
		return b.Dev(ctx, args[0])
	})
	f := cmd.Flags()
	f.StringVar(&b.User, "user", "", "run it for this user, by your own `ID`")
	f.StringVar(&props, "props", "{}", "with these props, a `JSON` object")
	f.StringVar(&b.App, "app", "", "`SLUG` of the app, where it does not say so itself")
	f.BoolVar(&b.Once, "once", false, "end after the first run")
	return cmd
}

func (p *Program) componentInstall() *cobra.Command {
	cmd := &cobra.Command{
		Use: "install FOLDER|TGZ|FILE|NPM-SPEC…", Short: "Make a component, or a package of them, the workspace's", Args: words(1, -1),
		Long: "Nothing else is fetched, and no script of a package is run.",
	}
	b := p.bench(cmd, true, func(ctx context.Context, b *workbench.Bench, args []string) error { return b.Install(ctx, args) })
	licensed(cmd, b)
	cmd.Flags().StringVar(&b.App, "app", "", "`SLUG` of the app, where a package does not say so itself")
	return cmd
}

func licensed(cmd *cobra.Command, b *workbench.Bench) {
	cmd.Flags().BoolVar(&b.Accept, "accept-license", false, "install what is under another licence than those that are taken without a word")
}

func (p *Program) componentUpdate() *cobra.Command {
	cmd := &cobra.Command{Use: "update NAME…", Short: "Install the newest versions of packages", Args: words(1, -1)}
	licensed(cmd, p.bench(cmd, true, func(ctx context.Context, b *workbench.Bench, args []string) error { return b.Update(ctx, args) }))
	return cmd
}

func (p *Program) componentRemove() *cobra.Command {
	cmd := &cobra.Command{Use: "remove NAME…", Short: "Take packages out of the workspace", Args: words(1, -1)}
	b := p.bench(cmd, true, func(ctx context.Context, b *workbench.Bench, args []string) error { return b.Remove(ctx, args) })
	cmd.Flags().BoolVar(&b.Force, "force", false, "also what triggers or workflows use")
	return cmd
}

// describe has the modules of a package say what they are, on this machine.
func (p *Program) describe(ctx context.Context, c *app.Config, dir string, paths []string) ([]workbench.Module, error) {
	if paths == nil {
		paths = registry.Modules(dir)
	}
	tier := sandbox.Detect(ctx).Tier
	r, err := runner.Open(ctx, runner.Settings{
		Node: c.Runner.Node, Deno: c.Runner.Deno, Most: 1, Idle: time.Minute, Runs: 1_000, Memory: 512 << 20, Tier: tier, Start: sandbox.Start, Now: p.Now,
		Folder: func(string) (string, error) { return dir, nil },
	})
	if err != nil {
		return nil, err
	}
	defer r.Close()
	out := make([]workbench.Module, len(paths))
	for i, at := range paths {
		out[i].Path = at
		said, err := r.Describe(ctx, runner.Module{Bundle: "package", Path: at})
		if err != nil {
			out[i].Wrong = err.Error()
			continue
		}
		out[i].Component, out[i].Key, out[i].Version = said, said.Key, said.Version
	}
	return out, nil
}
