package command

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/patchbay-dev/patchbay/api/app"
	"github.com/patchbay-dev/patchbay/internal/member"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

func (p *Program) admin() *cobra.Command {
	return p.withApp(&cobra.Command{
		Use: "admin EMAIL", Short: "Make a workspace with its first member, and print a sign-in link", Args: words(1, 1),
	}, func(ctx context.Context, a *app.App, args []string) error { return a.FirstAdmin(ctx, args[0]) })
}

var roles = []string{string(member.Owner), string(member.Admin), string(member.Developer), string(member.Viewer)}

// members are looked after with the rights of an owner: whoever types has the database.
func (p *Program) members() *cobra.Command {
	one := func(cmd *cobra.Command, do func(ctx context.Context, a *app.App, workspace string, args []string) error) *cobra.Command {
		workspace := cmd.Flags().String("workspace", "", "the workspace's `ID`; without it the only one")
		return p.withApp(cmd, func(ctx context.Context, a *app.App, args []string) error { return do(ctx, a, *workspace, args) })
	}
	var role string
	invite := one(&cobra.Command{Use: "invite EMAIL [--role ROLE]", Short: "Invite somebody", Args: words(1, 1)}, func(ctx context.Context, a *app.App, workspace string, args []string) error {
		return a.InviteMember(ctx, workspace, args[0], member.Role(role), p.Out)
	})
	choice(invite, &role, "role", string(member.Developer), "what they may", roles...)
	change := one(&cobra.Command{Use: "role EMAIL ROLE", Short: "Give a member another role", Args: words(2, 2)}, func(ctx context.Context, a *app.App, workspace string, args []string) error {
		return a.ChangeRole(ctx, workspace, args[0], member.Role(args[1]), p.Out)
	})
	change.ValidArgsFunction = func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) != 1 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return roles, cobra.ShellCompDirectiveNoFileComp
	}
	listed := &cobra.Command{Use: "list", Short: "List members", Args: words(0, 0)}
	forPrograms := machine(listed)
	list := one(listed, func(ctx context.Context, a *app.App, workspace string, _ []string) error {
		return a.ListMembers(ctx, workspace, p.Out, *forPrograms)
	})
	return group("members", "Who is in a workspace, with the rights of an owner",
		list,
		invite, change,
		one(&cobra.Command{Use: "remove EMAIL", Short: "End a membership", Args: words(1, 1)}, func(ctx context.Context, a *app.App, workspace string, args []string) error {
			return a.RemoveMember(ctx, workspace, args[0], p.Out)
		}),
		p.withApp(&cobra.Command{
			Use: "reset-factors EMAIL", Short: "Take the second factors off somebody who lost them, and end all of their sessions", Args: words(1, 1),
		}, func(ctx context.Context, a *app.App, args []string) error { return a.ResetFactors(ctx, args[0], p.Out) }),
	)
}

func (p *Program) addresses() *cobra.Command {
	one := func(use, short string, clear bool) *cobra.Command {
		cmd := &cobra.Command{Use: use, Short: short, Args: words(0, 0)}
		workspace, asJSON := cmd.Flags().String("workspace", "", "the workspace's `ID`; without it the only one"), machine(cmd)
		return p.withApp(cmd, func(ctx context.Context, a *app.App, _ []string) error {
			return a.Addresses(ctx, *workspace, clear, p.Out, *asJSON)
		})
	}
	return group("addresses", "From where a workspace's console may be used",
		one("show", "Say from where", false), one("clear", "Let it be used from everywhere", true))
}

func (p *Program) accountsImport() *cobra.Command {
	cmd := &cobra.Command{
		Use: "import FILE --project ID --environment NAME", Short: "Bring accounts along from another system; given again, it goes on", Args: words(1, 1),
		Long:    "On the server's own database: it takes the server's settings, and no API client.",
		Example: "  patchbay accounts import old.csv --project proj_… --environment production --dry-run --test",
	}
	var f app.AccountsFile
	flags := cmd.Flags()
	flags.StringVar(&f.Project, "project", "", "the project's `ID`")
	choice(cmd, &f.Environment, "environment", "", "the environment", tenant.Development, tenant.Production)
	choice(cmd, &f.Format, "format", "", "without it what the file's name ends with", "jsonl", "csv")
	flags.BoolVar(&f.DryRun, "dry-run", false, "say what would be imported")
	flags.BoolVar(&f.Test, "test", false, "ask the apps whether credentials work")
	needs(cmd, "project", "environment")
	return p.withApp(cmd, func(ctx context.Context, a *app.App, args []string) error {
		f.Name = args[0]
		return a.ImportAccounts(ctx, f, p.Out)
	})
}

func (p *Program) keys() *cobra.Command {
	one := func(cmd *cobra.Command, do func(ctx context.Context, k *app.Keys, args []string) error) *cobra.Command {
		return p.withConfig(cmd, func(cmd *cobra.Command, c *app.Config, args []string) error {
			return app.WithKeys(c, p.In, p.Out, func(k *app.Keys) error { return do(cmd.Context(), k, args) })
		})
	}
	var master string
	rotate := one(&cobra.Command{
		Use: "rotate [--master WHERE]", Short: "Seal everything anew under another data key, or wrap the data keys by another master key", Args: words(0, 0),
		Example: "  patchbay keys rotate\n  patchbay keys rotate --master file:///var/lib/patchbay/master-2.key",
	}, func(ctx context.Context, k *app.Keys, _ []string) error {
		if master != "" {
			return k.ChangeMaster(ctx, master)
		}
		return k.SealAnew(ctx)
	})
	rotate.Flags().StringVar(&master, "master", "", "`WHERE` the other master key is; never the key itself")
	status := &cobra.Command{Use: "status", Short: "Say which keys there are, and what they seal", Args: words(0, 0)}
	asJSON := machine(status)
	const asked = "The passphrase is asked for at the terminal, or is the first line of what comes in."
	return group("keys", "The master key, the data keys, and what they seal",
		one(status, func(ctx context.Context, k *app.Keys, _ []string) error { return k.Show(ctx, *asJSON) }),
		one(&cobra.Command{Use: "backup FILE", Short: "Write what opens every secret without the master key, with a passphrase", Long: asked, Args: words(1, 1)}, func(ctx context.Context, k *app.Keys, args []string) error {
			return k.WriteBackup(ctx, args[0])
		}),
		one(&cobra.Command{Use: "restore FILE", Short: "Take the keys from a backup", Long: asked, Args: words(1, 1)}, func(ctx context.Context, k *app.Keys, args []string) error {
			return k.ReadBackup(ctx, args[0])
		}),
		rotate,
		one(&cobra.Command{Use: "retire", Short: "Delete the data keys that seal nothing any more", Args: words(0, 0)}, func(ctx context.Context, k *app.Keys, _ []string) error { return k.LetGo(ctx) }),
	)
}

func (p *Program) audit() *cobra.Command {
	cmd := &cobra.Command{
		Use: "verify", Short: "Hold the audit log against its chain, and name the first entry that was changed, moved or taken away", Args: words(0, 0),
		Example: "  patchbay audit verify --expect o_…:1204:9f2c…",
	}
	only := cmd.Flags().String("workspace", "", "of this workspace alone, by its `ID`")
	asJSON := machine(cmd)
	expect := cmd.Flags().String("expect", "", "what an earlier check printed, `WORKSPACE:NUMBER:HASH`")
	return group("audit", "Who did what, and that nobody changed it afterwards", p.withConfig(cmd, func(cmd *cobra.Command, c *app.Config, _ []string) error {
		return app.VerifyAudit(cmd.Context(), c, *only, *expect, p.Out, *asJSON)
	}))
}

func (p *Program) doctor() *cobra.Command {
	cmd := &cobra.Command{Use: "doctor", Short: "Look at everything that an installation needs", Long: "Changes nothing. Ends with 1 if a check failed.", Args: words(0, 0)}
	asJSON := machine(cmd)
	return p.withConfig(cmd, func(cmd *cobra.Command, c *app.Config, _ []string) error {
		return app.Doctor(cmd.Context(), c, p.Out, *asJSON)
	})
}

func (p *Program) ready() *cobra.Command {
	return p.withConfig(&cobra.Command{
		Use: "ready", Short: "Ask the server or worker on this machine whether it can work", Args: words(0, 0),
		Long: "Ends with 1 if it cannot, or is not there: for health checks of containers. It asks at PATCHBAY_WORK_LISTEN, or else at PATCHBAY_LISTEN.",
	}, func(cmd *cobra.Command, c *app.Config, _ []string) error { return app.Ready(cmd.Context(), c) })
}

// machine lets a command be asked for JSON.
func machine(cmd *cobra.Command) *bool { return cmd.Flags().Bool("json", false, "for programs") }

func between(cmd *cobra.Command, flag string, n, least, most int) error {
	if n < least || n > most {
		return wrong(cmd, "--%s is %s, want %d to %d.", flag, fmt.Sprint(n), least, most)
	}
	return nil
}
