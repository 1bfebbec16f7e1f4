// Command patchbay is the whole platform in one binary.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sync/errgroup"

	"github.com/patchbay-dev/patchbay/api/app"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
)

const usage = `usage: patchbay <command>

  dev             try everything out: a private database, seed data and a demo provider
  migrate         bring the database to this version's schema
  serve           answer HTTP
  work            deliver webhooks and run workflows
  all             serve and work in one process
  admin EMAIL     make a workspace with its first member, and print a sign-in link
  members list | invite EMAIL [--role ROLE] | role EMAIL ROLE | remove EMAIL [--workspace ID]
                  who is in a workspace, with the rights of an owner
  members reset-factors EMAIL
                  take the second factors off somebody who lost them, and end all of their sessions
  addresses show|clear [--workspace ID]
                  from where a workspace's console may be used; clear: from everywhere
  keys status     the master key, the data keys, and what they seal
  keys backup FILE, keys restore FILE
                  what opens every secret without the master key, with a passphrase
  keys rotate     seal everything anew under another data key; --master WHERE: another master key
  keys retire     delete the data keys that seal nothing any more
  plans list      plans, with the workspaces that have them
  plans set NAME [--title TEXT] [--limit NAME=RATE]… [--quota KIND=MOST[:refuse]]…
                  make a plan, or set it anew: limits such as proxy=500/5m, quotas of a month
  plans attach WORKSPACE NAME|-, plans remove NAME
                  give a workspace a plan, or take it away; delete one
  audit verify [--workspace ID] [--expect WORKSPACE:NUMBER:HASH]
                  hold the audit log against its chain, and name the first entry
                  that was changed, moved or taken away
  doctor          look at everything that an installation needs; --json for machines
  torture refresh [--only I4] [--accounts N]
                  hold what is promised of tokens against killed, stopped and cut-off
                  processes, in a database of its own
  torture deliver [--events N] [--rate N] [--kill-every 2s]
                  hold what is promised of webhooks while servers, workers, PostgreSQL
                  and Redis are killed, all of them started for it
  torture runs [--runs N] [--rate N] [--kill-every 1s]
                  the same of workflows: every run ends, and its history is true
  listen --forward URL [--project ID] [--environment NAME] [--types A,B] [--user ID]
         [--since 1h | --resume | --replay EVENT] [--json]
                  send what happens in an environment to your own machine, as webhooks
  component init NAME --app SLUG [--type action|trigger] [--code]
                  begin a component of your own, as a file or as a module
  component test PATH…
                  play the examples of operation files; have modules say what they are
  component dev PATH [--user ID --props JSON] [--project ID] [--environment NAME]
                  bring it to the server as it changes, and run it with a user's account
  component install FOLDER|TGZ|FILE|NPM-SPEC… [--accept-license]
                  make it a component of the workspace; nothing else is fetched, no script run
  component list | update NAME… | remove NAME… [--force] | verify
                  what is installed; all component commands take --json
  workflows init [FILE] [--template KEY] | templates | validate [PATH…]
                  begin a workflow as a file; check files without a server
  workflows plan [PATH…] [--prune] [--project ID] [--environment NAME]
                  say what applying files would change; ends with 0 = nothing, 3 = something
  workflows apply [PATH…] [--prune] [--account ALIAS=ID] [--message TEXT] [--allow-missing]
                  make the workflows of a project what files say, all of them or none
  workflows import [PATH…] | export FOLDER [--drafts] [--force]
                  make them drafts; take what runs into files; all of these take --json
  accounts import FILE --project ID --environment NAME [--dry-run] [--test] [--format jsonl|csv]
                  bring accounts along from another system; given again, it goes on
  app lint FILE…  check app files, and say line by line what is wrong
  app dry-run FILE…
                  play the recorded answers beside app files, without a network
  app add FILE…   upload app files to the server at PATCHBAY_BASE_URL, as the API
                  client PATCHBAY_CLIENT_ID with PATCHBAY_CLIENT_SECRET
  app import-openapi FILE|URL --slug SLUG
                  write the draft of an app file from an OpenAPI 3 document
`

func main() {
	err := run(os.Args[1:])
	if errors.Is(err, app.ErrUsage) {
		fmt.Fprint(os.Stderr, usage)
	} else if err != nil {
		fmt.Fprintln(os.Stderr, "patchbay:", err)
	}
	os.Exit(app.ExitCode(err))
}

func run(args []string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	if len(args) == 0 || len(args) > 1 && args[0] != "admin" && args[0] != "members" && args[0] != "keys" && args[0] != "plans" && args[0] != "audit" && args[0] != "accounts" && args[0] != "doctor" && args[0] != "app" && args[0] != "torture" && args[0] != "listen" && args[0] != "component" && args[0] != "workflows" {
		return app.ErrUsage
	}
	config, err := app.Load()
	if err != nil {
		return err
	}
	slog.SetDefault(telemetry.NewLogger(app.LogTo, config.LogLevel))
	switch args[0] {
	case "dev":
		return app.Dev(ctx, config)
	case "migrate":
		if config.DatabaseURL == "" {
			return errors.New("configuration: PATCHBAY_DATABASE_URL is not set")
		}
		return db.Migrate(ctx, config.DatabaseURL)
	case "app":
		return app.FilesCommand(ctx, &config, args[1:], os.Stdout)
	case "component":
		return app.ComponentCommand(ctx, &config, args[1:], os.Stdout)
	case "workflows":
		return app.WorkflowsCommand(ctx, &config, args[1:], os.Stdout)
	case "listen":
		return app.ListenCommand(ctx, &config, args[1:], os.Stdin, os.Stdout, os.Stderr)
	case "audit":
		return app.AuditCommand(ctx, &config, args[1:], os.Stdout)
	case "plans":
		return app.PlansCommand(ctx, &config, args[1:], os.Stdout)
	case "keys":
		return app.KeysCommand(ctx, &config, args[1:], os.Stdin, os.Stdout)
	case "torture":
		return app.TortureCommand(ctx, &config, args[1:], os.Stdin, os.Stdout)
	case "doctor":
		if asJSON := len(args) == 2 && args[1] == "--json"; asJSON || len(args) == 1 {
			return app.Doctor(ctx, &config, os.Stdout, asJSON)
		}
		return app.ErrUsage
	case "serve", "work", "all", "admin", "members", "addresses", "accounts":
	default:
		return app.ErrUsage
	}
	a, err := app.New(ctx, config)
	if err != nil {
		return err
	}
	defer a.Close()
	g, ctx := errgroup.WithContext(ctx)
	switch args[0] {
	case "admin":
		if len(args) != 2 {
			return app.ErrUsage
		}
		return a.FirstAdmin(ctx, args[1])
	case "members":
		return a.MembersCommand(ctx, args[1:], os.Stdout)
	case "addresses":
		return a.AddressesCommand(ctx, args[1:], os.Stdout)
	case "accounts":
		return a.AccountsCommand(ctx, args[1:], os.Stdout)
	case "serve":
		return a.Serve(ctx, func() {})
	case "work":
		return a.Work(ctx)
	default:
		g.Go(func() error { return a.Serve(ctx, func() {}) })
		g.Go(func() error { return a.Work(ctx) })
		return g.Wait()
	}
}
