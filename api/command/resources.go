package command

import (
	"fmt"
	"net/http"
	"time"

	"github.com/spf13/cobra"
)

// resources are the nouns of the API, each with what is done to them.
func (p *Program) resources() []*cobra.Command {
	under := func(noun, short string, calls []call, more ...*cobra.Command) *cobra.Command {
		g := group(noun, short)
		for _, c := range calls {
			g.AddCommand(p.command(c))
		}
		g.AddCommand(more...)
		return g
	}
	return []*cobra.Command{
		under("projects", "Projects of the workspace", projectCalls()),
		under("apps", "Apps that users connect", appCalls()),
		under("accounts", "Accounts that users connected", accountCalls(), p.accountsImport()),
		p.connect(),
		under("users", "Your users", userCalls()),
		under("actions", "Actions of apps", actionCalls(), p.runAction()),
		under("triggers", "Triggers of apps, and those that are deployed", triggerCalls(), p.deployTrigger(), p.updateTrigger()),
		under("mcp-servers", "Servers of others whose tools are actions", p.mcpCalls(), p.acceptTools()),
		p.proxy(),
		p.workflows(),
		under("runs", "Runs of workflows", runCalls(), p.tailRuns()),
		under("events", "What happened", eventCalls()),
		under("deliveries", "Webhooks that were sent, or are to be", deliveryCalls()),
		under("endpoints", "Where webhooks go", endpointCalls()),
		p.command(usageCall()),
	}
}

func projectCalls() []call {
	const path, table = "/connect/projects", "ID=id NAME=name APP_NAME=app_name SUPPORT=support_email"
	return []call{
		{use: "list", short: "List projects", path: path, list: true, table: table, query: []param{bySearch}},
		{use: "get ID", short: "Show a project", path: path + "/{}"},
		{
			use: "create --name NAME", short: "Make a project", method: http.MethodPost, path: path,
			flags: func(cmd *cobra.Command) {
				cmd.Flags().String("name", "", "what it is called, a `NAME`")
				cmd.Flags().String("app-name", "", "the `NAME` of your product, which users read")
				cmd.Flags().String("support-email", "", "the `ADDRESS` that users are told")
				needs(cmd, "name")
			},
			body: func(cmd *cobra.Command, _ []string) (any, error) {
				in := map[string]any{"name": given(cmd, "name")}
				optional(cmd, in, map[string]string{"app-name": "app_name", "support-email": "support_email"})
				return in, nil
			},
		},
	}
}

// optional takes flags that were given into a body.
func optional(cmd *cobra.Command, in map[string]any, names map[string]string) {
	for flag, name := range names {
		if v := given(cmd, flag); v != "" {
			in[name] = v
		}
	}
}

func appCalls() []call {
	return []call{
		{use: "list", short: "List apps", path: "/connect/apps", list: true, table: "SLUG=name_slug NAME=name AUTH=auth_type CATEGORIES=categories ID=id", query: []param{bySearch}, example: "  patchbay apps list --search mail"},
		{use: "get SLUG", short: "Show an app", path: "/connect/apps/{}", in: "data"},
	}
}

// credentials is a flag that shows secrets, and asks before.
func credentials(cmd *cobra.Command) {
	cmd.Flags().Bool("credentials", false, "show their credentials; who asks for them is in the audit log")
	cmd.Flags().BoolP("yes", "y", false, "do not ask")
}

func (p *Program) beforeCredentials(cmd *cobra.Command) error {
	if given(cmd, "credentials") != "true" {
		return nil
	}
	return p.confirms(cmd, "Credentials are secrets, and the audit log says who saw them.")
}

func accountCalls() []call {
	const path = "/connect/{p}/accounts"
	shows := param{"credentials", "include_credentials", ""}
	return []call{
		{
			use: "list", short: "List accounts", path: path, list: true, flags: credentials,
			table: "ID=id APP=app.name_slug USER=external_id NAME=name HEALTHY=healthy DEAD=dead CAUSE=cause CREATED=created_at",
			query: []param{byUser, byApp, {"state", "state", "whose health is so, a `STATE` such as dead"}, shows},
		},
		{use: "get ID", short: "Show an account", path: path + "/{}", flags: credentials, query: []param{shows}},
		{
			use: "delete ID", short: "Disconnect an account", method: http.MethodDelete, path: path + "/{}",
			ask: "The account %s goes, with its credentials.", done: "The account %s is gone.",
		},
	}
}

func userCalls() []call {
	const path = "/connect/{p}/users"
	return []call{
		{use: "list", short: "List users", path: path, list: true, table: "USER=external_id ID=id CREATED=created_at", query: []param{bySearch}},
		{
			use: "delete USER", short: "Delete a user with everything of theirs", method: http.MethodDelete, path: path + "/{}",
			ask: "The user %s goes, with accounts, triggers and data.", done: "The user %s is being deleted.",
		},
	}
}

const componentTable = "KEY=key NAME=name VERSION=version APP=app"

func actionCalls() []call {
	return []call{
		{use: "list", short: "List actions", path: "/connect/{p}/actions", list: true, table: componentTable, query: []param{bySearch, byApp}},
		{use: "get KEY", short: "Show an action and what it takes", path: "/connect/{p}/actions/{}", in: "data"},
		{
			use: "runs", short: "List what ran", path: "/connect/{p}/action_runs", list: true,
			table: "ID=id ACTION=component_id STATUS=status USER=external_user_id MS=duration_ms ERROR=error.message CREATED=created_at", query: []param{byUser, byApp},
		},
	}
}

func triggerCalls() []call {
	const path = "/connect/{p}/deployed-triggers"
	of := func(cmd *cobra.Command) { needs(cmd, "user") }
	whose := param{"user", "external_user_id", "whose it is, by your own `ID`"}
	return []call{
		{
			use: "list", short: "List deployed triggers", path: path, list: true,
			table:  "ID=id TRIGGER=component_key NAME=name USER=external_user_id ACTIVE=active INTERVAL=interval_seconds ERROR=polling.error",
			query:  []param{byUser, {"kind", "emitter_type", "of one `KIND`: email, http, source, timer"}},
			unless: func(time.Time) map[string]string { return map[string]string{"emitter_type": "all"} },
		},
		{use: "available", short: "List triggers that can be deployed", path: "/connect/{p}/triggers", list: true, table: componentTable, query: []param{bySearch, byApp}},
		{use: "get ID --user USER", short: "Show a deployed trigger", path: path + "/{}", in: "data", query: []param{whose}, after: of},
		{
			use: "delete ID --user USER", short: "Take a trigger down", method: http.MethodDelete, path: path + "/{}", query: []param{whose}, after: of,
			ask: "The trigger %s goes, with what waits for it.", done: "The trigger %s is gone.",
		},
		{
			use: "events ID --user USER", short: "Show the newest that a trigger emitted", path: path + "/{}/events", in: "data", table: "ID=id AT=ts SUMMARY=sum EVENT=e",
			query: []param{whose, {"n", "n", "so `MANY`, up to 100"}}, after: of,
		},
	}
}

func runCalls() []call {
	const path = "/projects/{p}/runs"
	return []call{
		{
			use: "list", short: "List runs", path: path, list: true, table: runTable,
			query: []param{
				{"workflow", "workflow_id", "of one workflow, by its `ID`"},
				{"status", "status", "that stand so, a `STATUS` such as failed"},
				byUser, byApp, bySince, byUntil,
				{"text", "text", "that have this `TEXT` in what went in or came out"},
			},
		},
		{use: "get ID", short: "Show a run with its steps", path: path + "/{}"},
		{
			use: "replay ID", short: "Run it again with the input that it had", method: http.MethodPost, path: path + "/{}/replay",
			flags: func(cmd *cobra.Command) {
				cmd.Flags().String("from-step", "", "keep what came before this `STEP`")
				cmd.Flags().String("version", "", "with this `VERSION` of the workflow: newest, same, or a number")
			},
			body: func(cmd *cobra.Command, _ []string) (any, error) {
				in := map[string]any{}
				optional(cmd, in, map[string]string{"from-step": "from_step", "version": "version"})
				return in, nil
			},
		},
		{use: "cancel ID", short: "End a run", method: http.MethodPost, path: path + "/{}/cancel"},
	}
}

const runTable = "ID=id WORKFLOW=workflow_name STATUS=status TRIGGER=trigger USER=external_user_id ERROR=error.message CREATED=created_at"

func eventCalls() []call {
	return []call{
		{
			use: "list", short: "List events", path: "/projects/{p}/events", list: true, table: "ID=id TYPE=type USER=external_user_id SUBJECT=subject_id CREATED=created_at",
			query: []param{{"types", "types", "of these `TYPES`, separated by commas"}, byUser, bySince, byUntil},
		},
		{use: "get ID", short: "Show an event", path: "/projects/{p}/events/{}"},
	}
}

func deliveryCalls() []call {
	const path = "/projects/{p}/deliveries"
	return []call{
		{
			use: "list", short: "List deliveries", path: path, list: true,
			table: "ID=id EVENT=event_type STATE=state TRIES=attempts STATUS=last_status ERROR=last_error URL=url CREATED=created_at",
			query: []param{{"state", "state", "that stand so, a `STATE` such as exhausted"}, {"event", "event_id", "of one event, by its `ID`"}, {"endpoint", "endpoint_id", "to one endpoint, by its `ID`"}, byUser, bySince, byUntil},
		},
		{use: "get ID", short: "Show a delivery with its attempts", path: path + "/{}"},
		{use: "redeliver ID", short: "Send it again", method: http.MethodPost, path: path + "/{}/retry"},
	}
}

func endpointCalls() []call {
	const path = "/projects/{p}/endpoints"
	return []call{
		{use: "list", short: "List endpoints", path: path, list: true, table: "ID=id URL=url STATUS=status EVENTS=event_types WAITING=waiting LAST_SUCCESS=last_success_at"},
		{
			use: "test ID --type TYPE", short: "Send a sample of an event now, and show what came back", method: http.MethodPost, path: path + "/{}/test",
			flags: func(cmd *cobra.Command) {
				cmd.Flags().String("type", "", "the `TYPE` of event, such as ACCOUNT_DEAD")
				needs(cmd, "type")
			},
			body: func(cmd *cobra.Command, _ []string) (any, error) {
				return map[string]any{"event_type": given(cmd, "type")}, nil
			},
		},
	}
}

func usageCall() call {
	return call{
		use: "usage", short: "Say what was used", path: "/projects/{p}/usage", in: "data",
		table: "OF=key CREDITS=counts.credits ACTIONS=counts.action_runs CALLS=counts.proxy_calls EVENTS=counts.trigger_events DELIVERIES=counts.deliveries RUNS=counts.workflow_runs CONNECTS=counts.connects",
		query: []param{{"from", "from", "the first `DAY`, such as 2026-01-01; without it the first of this month"}, {"to", "to", "the last `DAY`; without it today"}, byUser, byApp, {"by", "group_by", "a line for each `KIND`: day, user, app, workflow, trigger"}},
		after: func(cmd *cobra.Command) {
			completes(cmd, "by", cobra.FixedCompletions([]string{"day", "user", "app", "workflow", "trigger"}, cobra.ShellCompDirectiveNoFileComp))
		},
		unless: func(now time.Time) map[string]string {
			now = now.UTC()
			return map[string]string{"from": fmt.Sprintf("%04d-%02d-01", now.Year(), now.Month()), "to": now.Format(time.DateOnly), "group_by": "day"}
		},
	}
}
