package mcp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/patchbay-dev/patchbay/api/caller"
	"github.com/patchbay-dev/patchbay/internal/access"
	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/limit"
	"github.com/patchbay-dev/patchbay/internal/usage"
)

// asked is the name under which a user is asked to connect an account.
const asked = "connect"

type connecting struct {
	App string `json:"app" jsonschema:"the app's slug, such as slack"`
}

func (v *visit) connect(ctx context.Context, req *mcp.CallToolRequest, in connecting) *mcp.CallToolResult {
	since, err := time.Parse(time.RFC3339Nano, req.Params.RequestState) // when the user was asked; it decides what is waited for, and nothing else
	if err != nil {
		since = v.Now()
	}
	if err := v.allows(ctx, in.App); err != nil {
		return refusal(ctx, err)
	}
	a, ask := v.need(ctx, req, in.App, func(ctx context.Context) (*account.Account, error) {
		all, err := v.owned(ctx, in.App)
		for i := range all {
			if !all[i].Dead && !all[i].UpdatedAt.Before(since) {
				return &all[i], nil
			}
		}
		return nil, cmp.Or(err, error(account.ErrNotFound))
	})
	if ask != nil {
		return ask
	}
	return result(map[string]any{"connected": true, "account": listed{a.ID, a.App, a.Name, a.State(), a.Error}})
}

// need has the user connect an account of an app. It returns the account once it is
// there; until then, what is to be answered: a request to the client to open the
// page (elicitation in URL mode), or a link where the client knows no such request.
func (v *visit) need(ctx context.Context, req *mcp.CallToolRequest, app string, look func(context.Context) (*account.Account, error)) (*account.Account, *mcp.CallToolResult) {
	said, answered := req.Params.InputResponses[asked].(*mcp.ElicitResult)
	if answered && said.Action != "accept" {
		return nil, failure("account_declined", "The user does not want to connect "+app+".", map[string]any{"app": app})
	}
	if answered {
		a, err := v.wait(ctx, look)
		switch {
		case err == nil:
			return a, nil
		case !errors.Is(err, account.ErrNotFound):
			return nil, chosen(ctx, app, err)
		}
		return nil, failure("account_pending", fmt.Sprintf("The user has not connected %s yet. Call the tool again when they have.", app), map[string]any{"app": app})
	}
	link, err := v.connectLink(ctx, app)
	if err != nil {
		return nil, refusal(ctx, err)
	}
	message := fmt.Sprintf("Connect your %s account to go on.", app)
	if byPage(req) {
		return nil, &mcp.CallToolResult{RequestState: v.Now().UTC().Format(time.RFC3339Nano), InputRequests: mcp.InputRequestMap{asked: &mcp.ElicitParams{Mode: "url", Message: message, URL: link.url, ElicitationID: link.id}}}
	}
	return nil, failure("account_required", fmt.Sprintf("The user has no account of %s that works. Show them this link, and call the tool again when they have connected it: %s", app, link.url),
		map[string]any{"app": app, "connect_url": link.url, "expires_at": link.until})
}

// wait looks for an account until its user has connected it, or Wait is over.
func (v *visit) wait(ctx context.Context, look func(context.Context) (*account.Account, error)) (*account.Account, error) {
	ctx, cancel := context.WithTimeout(ctx, v.Wait)
	defer cancel()
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		a, err := look(ctx)
		if err == nil || !errors.Is(err, account.ErrNotFound) && ctx.Err() == nil {
			return a, err
		}
		select {
		case <-ctx.Done():
			return nil, account.ErrNotFound
		case <-tick.C:
		}
	}
}

// byPage reports whether the client opens pages for its user when it is asked to.
func byPage(req *mcp.CallToolRequest) bool {
	p := req.Session.InitializeParams()
	return p != nil && p.Capabilities != nil && p.Capabilities.Elicitation != nil && p.Capabilities.Elicitation.URL != nil
}

type link struct{ id, url, until string }

// connectLink makes a link to the page on which the user connects an account.
func (v *visit) connectLink(ctx context.Context, app string) (link, error) {
	scope := v.principal.Scope
	if !access.Allows(v.principal.Scopes, mayConnect) {
		return link{}, caller.Lacks(mayConnect)
	}
	if _, err := v.Plans.Take(ctx, limit.ConnectTokens, scope.Project(), scope.Environment()+"|"+v.user); err != nil {
		return link{}, err //nolint:wrapcheck // a fault
	}
	if err := v.Plans.Allow(ctx, scope.Project(), usage.Connects); err != nil {
		return link{}, err //nolint:wrapcheck // a fault
	}
	in := v.link
	in.App = &app
	raw, t, err := v.Connect.CreateToken(ctx, scope, in)
	if err != nil {
		return link{}, err //nolint:wrapcheck // a fault
	}
	at, err := v.Brands.ConnectLink(ctx, scope, raw)
	if err != nil {
		return link{}, err //nolint:wrapcheck // a fault
	}
	return link{t.ID, at, t.ExpiresAt.UTC().Format("2006-01-02T15:04:05Z")}, nil
}
