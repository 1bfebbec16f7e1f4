package mcp

import (
	"context"
	"errors"
	"maps"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/action"
	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/operation"
	"github.com/patchbay-dev/patchbay/internal/toolprofile"
)

type describing struct {
	Tool       string         `json:"tool"                  jsonschema:"its name, as search_tools found it"`
	Arguments  map[string]any `json:"arguments,omitempty"   jsonschema:"what is known of its arguments"`
	Account    string         `json:"account,omitempty"     jsonschema:"the id of the account to ask with, if the user has several"`
	OptionsFor string         `json:"options_for,omitempty" jsonschema:"the argument of which to say what can be chosen"`
	Query      string         `json:"query,omitempty"       jsonschema:"with options_for: words to look for"`
}

func (v *visit) describe(ctx context.Context, req *mcp.CallToolRequest, in describing) *mcp.CallToolResult {
	c, err := v.tool(ctx, in.Tool)
	if err != nil {
		return refusal(ctx, err)
	}
	out := map[string]any{"tool": nameOf(c), "title": c.Name, "description": c.Desc, "app": c.App, "needs_account": c.AppProp() != "", "annotations": hints(c)}
	asks := in.OptionsFor != "" || dynamic(c) && len(in.Arguments) > 0
	if !asks {
		out["input_schema"] = schemaOf(c)
		return result(out)
	}
	u, ask := v.use(ctx, req, c, in.Arguments, in.Account)
	if ask != nil {
		return ask
	}
	if dynamic(c) {
		more, _, told, err := v.Actions.Props(ctx, v.principal.Scope, *u)
		if err != nil {
			return refusal(ctx, err)
		}
		if more == nil || told.Failure != nil {
			return failed(told)
		}
		c = v.given(more)
	}
	out["input_schema"] = schemaOf(c)
	if p, err := c.Prop(in.OptionsFor); err == nil && v.profile != nil && !p.Argument() {
		return refusal(ctx, toolprofile.ErrSet.With(map[string]any{"argument": in.OptionsFor}))
	}
	if in.OptionsFor != "" {
		options, told, err := v.Actions.Options(ctx, v.principal.Scope, *u, in.OptionsFor, operation.Ask{Query: in.Query})
		if err != nil {
			return refusal(ctx, err)
		}
		if told.Failure != nil {
			return failed(told)
		}
		choices := []component.Option{}
		if options != nil {
			for _, o := range options.Options {
				choices = append(choices, component.Option{Label: o.Label, Value: o.Value})
			}
		}
		out["options"] = choices
	}
	return result(out)
}

type running struct {
	Tool      string         `json:"tool"                jsonschema:"its name, as search_tools found it"`
	Arguments map[string]any `json:"arguments,omitempty" jsonschema:"its arguments, as describe_tool says"`
	Account   string         `json:"account,omitempty"   jsonschema:"the id of the account to use, if the user has several; list_accounts says which"`
}

func (v *visit) run(ctx context.Context, req *mcp.CallToolRequest, in running) *mcp.CallToolResult {
	c, err := v.tool(ctx, in.Tool)
	if err != nil {
		return refusal(ctx, err)
	}
	u, ask := v.use(ctx, req, c, in.Arguments, in.Account)
	if ask != nil {
		return ask
	}
	approvalID, ask := v.approved(ctx, req, c, u)
	if ask != nil {
		return ask
	}
	if dynamic(c) {
		if _, u.DynamicPropsID, _, err = v.Actions.Props(ctx, v.principal.Scope, *u); err != nil {
			return refusal(ctx, err)
		}
	}
	a, err := v.Actions.Run(ctx, v.principal.Scope, *u, action.Manner{Via: action.ByMCP, Approval: approvalID, Key: approvalID}) // so that it is done once, and who lost the answer gets it
	if err != nil {
		return refusal(ctx, err)
	}
	o := a.Outcome
	if o == nil {
		return failure("outcome_not_kept", "The tool was run for this approval before, and what came of it is not kept any more.", map[string]any{"run_id": a.Run.ID})
	}
	if o.Failure != nil {
		return failed(o)
	}
	out := map[string]any{"value": o.Value}
	if o.Summary != "" {
		out["summary"] = o.Summary
	}
	if len(o.Exports) > 0 {
		out["exports"] = o.Exports
	}
	return result(out)
}

// failed is what is told of an action that did not do what it was to do.
func failed(o *action.Outcome) *mcp.CallToolResult {
	f := o.Failure
	if f == nil {
		return failure("tool_failed", "The app did not answer.", nil)
	}
	details := map[string]any{"origin": f.Origin}
	if f.Status != 0 {
		details["status"] = f.Status
	}
	return failure("tool_failed", f.Message, details)
}

// use makes ready what an action is used with; or it returns what is to be answered
// instead, because its account is missing or nobody knows which is meant.
func (v *visit) use(ctx context.Context, req *mcp.CallToolRequest, c *component.Component, arguments map[string]any, accountID string) (*action.Use, *mcp.CallToolResult) {
	configured := map[string]any{}
	for name, value := range arguments {
		if p, err := c.Prop(name); err != nil || p.Argument() {
			configured[name] = value
		}
	}
	set, err := v.preset(c, arguments)
	if err != nil {
		return nil, refusal(ctx, err)
	}
	maps.Copy(configured, set)
	u := &action.Use{Type: component.Action, Key: c.Key, Version: c.Version, ExternalUserID: v.user, Configured: configured}
	prop := c.AppProp()
	if prop == "" {
		return u, nil
	}
	if accountID == "" {
		accountID = v.preferred(ctx, c.App)
	}
	look := func(ctx context.Context) (*account.Account, error) {
		a, err := v.Accounts.Choose(ctx, v.principal.Scope, v.user, c.App, accountID)
		if err == nil && a.Dead {
			err = account.ErrNotFound // one that has to be connected again
		}
		return a, err //nolint:wrapcheck // a fault
	}
	a, err := look(ctx)
	if errors.Is(err, account.ErrNotFound) && (a != nil || accountID == "") {
		var ask *mcp.CallToolResult
		if a, ask = v.need(ctx, req, c.App, look); ask != nil {
			return nil, ask
		}
		err = nil
	}
	if err != nil {
		return nil, chosen(ctx, c.App, err)
	}
	configured[prop] = map[string]any{"authProvisionId": a.ID}
	return u, nil
}

// chosen is what is answered when no account could be chosen.
func chosen(ctx context.Context, app string, err error) *mcp.CallToolResult {
	if errors.Is(err, account.ErrAmbiguous) {
		return failure("account_ambiguous", "The user has several accounts for "+app+". Name one of them as account; list_accounts says which there are.", fault.Of(err).Details)
	}
	return refusal(ctx, err)
}

// preferred is the account that the caller's header names, if it is of the app.
func (v *visit) preferred(ctx context.Context, app string) string {
	if v.accountID == "" {
		return ""
	}
	a, err := v.Accounts.Get(ctx, v.principal.Scope, v.accountID, v.user)
	if err == nil && a.App != app {
		return ""
	}
	return v.accountID
}
