package mcp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/patchbay-dev/patchbay/internal/action"
	"github.com/patchbay-dev/patchbay/internal/approval"
	"github.com/patchbay-dev/patchbay/internal/component"
)

const (
	approve = "approve" // the name under which a user is asked to approve a call
	allowed = "run_it"  // the field by which they do
	seen    = 2000      // characters of the arguments that they are shown
)

// approved has the user approve a call, where the environment's policy asks for that.
// It returns the approval, "" = none is needed; or what is to be answered instead: a
// request to the client to ask its user (elicitation in form mode), or why nothing is
// done.
func (v *visit) approved(ctx context.Context, req *mcp.CallToolRequest, c *component.Component, u *action.Use) (string, *mcp.CallToolResult) {
	if c.Effect != nil && c.Effect.ReadOnly {
		return "", nil
	}
	scope := v.principal.Scope
	policy, err := v.Projects.SignIn(ctx, scope)
	if err != nil {
		return "", refusal(ctx, err)
	}
	if !approval.Needed(policy.Approval, c.Effect) {
		return "", nil
	}
	call := &approval.Call{Key: c.Key, Version: c.Version, ExternalUserID: v.user, AccountID: u.AccountID(c), Configured: u.Configured, ArgumentsHash: u.ArgumentsHash(scope)}
	if said, ok := req.Params.InputResponses[approve].(*mcp.ElicitResult); ok {
		approvalID := req.Params.RequestState
		if err := v.Approvals.Decide(ctx, scope, approvalID, call, answerOf(said)); err != nil && !errors.Is(err, approval.ErrUsed) {
			return "", refusal(ctx, err)
		}
		return approvalID, nil
	}
	if !byForm(req) {
		return "", refusal(ctx, approval.ErrUnable)
	}
	approvalID, err := v.Approvals.Ask(ctx, scope, call)
	if err != nil {
		return "", refusal(ctx, err)
	}
	form := map[string]any{
		"type": "object", "required": []string{allowed},
		"properties": map[string]any{allowed: map[string]any{"type": "boolean", "title": "Run it", "description": "Only this once, and with exactly these arguments.", "default": false}},
	}
	return "", &mcp.CallToolResult{RequestState: approvalID, InputRequests: mcp.InputRequestMap{approve: &mcp.ElicitParams{Mode: "form", Message: question(c, u), RequestedSchema: form}}}
}

func answerOf(said *mcp.ElicitResult) approval.Answer {
	switch {
	case said.Action == "accept" && said.Content[allowed] == true:
		return approval.Approved
	case said.Action == "cancel":
		return approval.Canceled
	}
	return approval.Declined
}

// question is what a user is asked: the tool, and all that it would be run with.
func question(c *component.Component, u *action.Use) string {
	shown := map[string]any{}
	for name, value := range u.Configured {
		switch p, err := c.Prop(name); {
		case err == nil && p.Type == "app":
		case err == nil && p.Secret:
			shown[name] = "(secret)"
		default:
			shown[name] = value
		}
	}
	text, _ := json.MarshalIndent(shown, "", "  ") // it came from JSON
	with := []rune(string(text))
	if len(with) > seen {
		with = append(with[:seen:seen], []rune(fmt.Sprintf("… (%d more characters)", len(with)-seen))...)
	}
	of := ""
	if c.App != "" {
		of = " in " + c.App
	}
	return fmt.Sprintf("Run %q%s with your account?\n\n%s", c.Name, of, string(with))
}

// byForm reports whether the client asks its user questions for us. One that says
// nothing of modes knows forms.
func byForm(req *mcp.CallToolRequest) bool {
	p := req.Session.InitializeParams()
	if p == nil || p.Capabilities == nil || p.Capabilities.Elicitation == nil {
		return false
	}
	e := p.Capabilities.Elicitation
	return e.Form != nil || e.URL == nil
}
