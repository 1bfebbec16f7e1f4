package app

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"github.com/patchbay-dev/patchbay/internal/registry"
	"github.com/patchbay-dev/patchbay/internal/runner"
	"github.com/patchbay-dev/patchbay/internal/sandbox"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/workbench"
)

// ComponentCommand is what a developer does with components: init, test, dev,
// install, list, update, remove and verify.
func ComponentCommand(ctx context.Context, c *Config, args []string, out io.Writer) error {
	if len(args) == 0 {
		return ErrUsage
	}
	b := &workbench.Bench{Out: out, Npm: "npm", Every: 300 * time.Millisecond, Describe: c.describe}
	var begin workbench.Begin
	var props string
	flags := flag.NewFlagSet("component "+args[0], flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.BoolVar(&b.JSON, "json", false, "")
	flags.StringVar(&b.App, "app", "", "")
	flags.StringVar(&begin.Type, "type", "action", "")
	flags.BoolVar(&begin.Code, "code", false, "")
	flags.BoolVar(&b.Accept, "accept-license", false, "")
	flags.BoolVar(&b.Force, "force", false, "")
	flags.BoolVar(&b.Once, "once", false, "")
	flags.StringVar(&b.Project, "project", c.ProjectID, "")
	flags.StringVar(&b.Environment, "environment", tenant.Development, "")
	flags.StringVar(&b.User, "user", "", "")
	flags.StringVar(&props, "props", "{}", "")
	names, err := mixed(flags, args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return ErrUsage
	}
	if err != nil {
		return fmt.Errorf("component %s: %w", args[0], err)
	}
	if err := json.Unmarshal([]byte(props), &b.Props); err != nil {
		return fmt.Errorf("component %s: --props is no JSON object: %w", args[0], err)
	}
	return c.component(ctx, b, args[0], names, begin)
}

// mixed reads flags that stand before, between and after names.
func mixed(flags *flag.FlagSet, args []string) (names []string, err error) {
	for {
		if err := flags.Parse(args); err != nil {
			return nil, err //nolint:wrapcheck // names the flag
		}
		if flags.NArg() == 0 {
			return names, nil
		}
		names, args = append(names, flags.Arg(0)), flags.Args()[1:]
	}
}

func (c *Config) component(ctx context.Context, b *workbench.Bench, command string, names []string, begin workbench.Begin) (err error) {
	one := map[string]bool{"init": true, "dev": true}[command]
	none := map[string]bool{"list": true, "verify": true}[command]
	if one && len(names) != 1 || none && len(names) != 0 || !none && len(names) == 0 {
		return ErrUsage
	}
	switch command {
	case "init":
		begin.At = names[0]
		return b.Init(begin)
	case "test":
		return b.Test(ctx, names)
	case "dev", "install", "list", "update", "remove", "verify":
	default:
		return ErrUsage
	}
	if b.Server, err = newRemote(c, "components:write"); err != nil {
		return err
	}
	switch command {
	case "install":
		return b.Install(ctx, names)
	case "list":
		return b.List(ctx)
	case "update":
		return b.Update(ctx, names)
	case "remove":
		return b.Remove(ctx, names)
	case "verify":
		return b.Verify(ctx)
	}
	if b.User == "" {
		return b.Dev(ctx, names[0])
	}
	switch {
	case b.Project == "":
		return errors.New("component dev: give --project, or set PATCHBAY_PROJECT_ID")
	case b.Environment != tenant.Development && b.Environment != tenant.Production:
		return fmt.Errorf("component dev: --environment is %q, want %s or %s", b.Environment, tenant.Development, tenant.Production)
	}
	return b.Dev(ctx, names[0])
}

// describe has the modules of a package say what they are, on this machine.
func (c *Config) describe(ctx context.Context, dir string, paths []string) ([]workbench.Module, error) {
	if paths == nil {
		paths = registry.Modules(dir)
	}
	tier := sandbox.Detect(ctx).Tier
	r, err := runner.Open(ctx, runner.Settings{
		Node: c.Runner.Node, Deno: c.Runner.Deno, Most: 1, Idle: time.Minute, Runs: 1_000, Memory: 512 << 20, Tier: tier, Start: sandbox.Start, Now: time.Now,
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
