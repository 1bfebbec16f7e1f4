package command

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"github.com/spf13/cobra"

	"github.com/patchbay-dev/patchbay/internal/remote"
)

// withProps declares the flags of what is run or deployed for a user.
func (p *Program) withProps(cmd *cobra.Command) {
	f := cmd.Flags()
	f.String("user", "", "for whom, your own `ID` of the user")
	f.String("props", "", "what it is given, a `JSON` object, @FILE, or - for what comes in")
	f.String("account", "", "the account that it uses, by its `ID`, where props do not say so")
	f.String("version", "", "this `VERSION` of it; without it the newest")
	f.Bool("json", false, "the answer of the API, as JSON")
	needs(cmd, "user")
	p.at(cmd)
}

// props are what a component is given, with the account in the prop that is its app.
func (p *Program) props(cmd *cobra.Command, s *remote.Client, to *place, kind, key string) (map[string]any, error) {
	props, err := p.object(cmd, "props")
	if err != nil {
		return nil, err
	}
	account := given(cmd, "account")
	if account == "" {
		return props, nil
	}
	path := filled("/connect/{p}/"+kind+"/{}", to.project, []string{key})
	if v := given(cmd, "version"); v != "" {
		path += "?version=" + url.QueryEscape(v)
	}
	component, err := ask[struct {
		Data struct {
			Props []struct{ Name, Type string } `json:"configurable_props"`
		}
	}](cmd.Context(), s, to, http.MethodGet, path, nil)
	if err != nil {
		return nil, err
	}
	for _, prop := range component.Data.Props {
		if prop.Type == "app" {
			props[prop.Name] = map[string]any{"authProvisionId": account}
			return props, nil
		}
	}
	return nil, wrong(cmd, "%s uses no account: leave --account out.", key)
}

// forUser is a body that says what is done for whom, and how.
func (p *Program) forUser(cmd *cobra.Command, s *remote.Client, to *place, kind, key string) (map[string]any, error) {
	props, err := p.props(cmd, s, to, kind, key)
	if err != nil {
		return nil, err
	}
	in := map[string]any{"id": key, "external_user_id": given(cmd, "user"), "configured_props": props}
	optional(cmd, in, map[string]string{"version": "version", "workflow": "workflow_id", "webhook": "webhook_url"})
	return in, nil
}

func (p *Program) runAction() *cobra.Command {
	cmd := &cobra.Command{
		Use: "run KEY --user USER", Short: "Run an action with a user's account", Args: words(1, 1),
		Example: "  patchbay actions run slack-send-message --user ada --account apn_… --props '{\"channel\": \"C1\", \"text\": \"Hello\"}'",
	}
	p.withProps(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		to, s, err := p.reach(cmd)
		if err != nil {
			return err
		}
		in, err := p.forUser(cmd, s, to, "actions", args[0])
		if err != nil {
			return err
		}
		raw, err := ask[json.RawMessage](cmd.Context(), s, to, http.MethodPost, filled("/connect/{p}/actions/run", to.project, nil), in)
		if err != nil {
			return err
		}
		if err := p.answer(cmd, call{}, raw, args); err != nil {
			return err
		}
		var failed struct{ Error *struct{ Message string } }
		if json.Unmarshal(raw, &failed) == nil && failed.Error != nil {
			return fmt.Errorf("the action failed: %s", failed.Error.Message)
		}
		return nil
	}
	return cmd
}

func (p *Program) deployTrigger() *cobra.Command {
	cmd := &cobra.Command{
		Use: "deploy KEY --user USER", Short: "Deploy a trigger for a user", Args: words(1, 1),
		Example: "  patchbay triggers deploy gmail-new-email --user ada --account apn_… --webhook https://example.com/hooks",
	}
	p.withProps(cmd)
	cmd.Flags().String("webhook", "", "where its events go, a `URL`")
	cmd.Flags().String("workflow", "", "which workflow its events start, by its `ID`")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		to, s, err := p.reach(cmd)
		if err != nil {
			return err
		}
		in, err := p.forUser(cmd, s, to, "triggers", args[0])
		if err != nil {
			return err
		}
		raw, err := ask[json.RawMessage](cmd.Context(), s, to, http.MethodPost, filled("/connect/{p}/triggers/deploy", to.project, nil), in)
		if err != nil {
			return err
		}
		return p.answer(cmd, call{in: "data"}, raw, args)
	}
	return cmd
}

func (p *Program) updateTrigger() *cobra.Command {
	var active bool
	c := call{
		use: "update ID --user USER", short: "Change a deployed trigger", method: http.MethodPut, path: "/connect/{p}/deployed-triggers/{}", in: "data",
		query: []param{{"user", "external_user_id", "whose it is, by your own `ID`"}},
		flags: func(cmd *cobra.Command) {
			cmd.Flags().String("name", "", "another `NAME`")
			cmd.Flags().BoolVar(&active, "active", false, "let it run, or with --active=false not")
			cmd.Flags().String("props", "", "other props, a `JSON` object, @FILE, or - for what comes in")
			cmd.Flags().String("version", "", "another `VERSION` of the trigger")
		},
		after: func(cmd *cobra.Command) { needs(cmd, "user") },
	}
	c.body = func(cmd *cobra.Command, _ []string) (any, error) {
		in := map[string]any{}
		optional(cmd, in, map[string]string{"name": "name", "version": "version"})
		if cmd.Flags().Changed("active") {
			in["active"] = active
		}
		if cmd.Flags().Changed("props") {
			props, err := p.object(cmd, "props")
			if err != nil {
				return nil, err
			}
			in["configured_props"] = props
		}
		if len(in) == 0 {
			return nil, wrong(cmd, "What is to be changed? Give --name, --active, --props or --version.")
		}
		return in, nil
	}
	return p.command(c)
}

// workflowsInvoke starts a run.
func (p *Program) workflowsInvoke() *cobra.Command {
	return p.command(call{
		use: "invoke ID", short: "Start a run of a workflow", method: http.MethodPost, path: "/projects/{p}/workflows/{}/runs",
		example: "  patchbay workflows invoke p_… --user ada --body '{\"order\": 7}'",
		flags: func(cmd *cobra.Command) {
			cmd.Flags().String("user", "", "for whom, your own `ID` of the user")
			cmd.Flags().String("body", "", "what it is given, `JSON`, @FILE, or - for what comes in")
		},
		body: func(cmd *cobra.Command, _ []string) (any, error) {
			in := map[string]any{}
			optional(cmd, in, map[string]string{"user": "external_user_id"})
			raw, err := p.data(given(cmd, "body"))
			if err != nil {
				return nil, err
			}
			if len(raw) > 0 {
				if !json.Valid(raw) {
					return nil, wrong(cmd, "--body is no JSON.")
				}
				in["body"] = json.RawMessage(raw)
			}
			return in, nil
		},
	})
}
