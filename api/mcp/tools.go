package mcp

import (
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/patchbay-dev/patchbay/api/caller"
	"github.com/patchbay-dev/patchbay/internal/access"
	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/toolprofile"
)

// What a caller needs for what.
const (
	mayRun     = "connect:actions:run"
	mayList    = "connect:accounts:read"
	mayConnect = "connect:tokens:create"
)

const (
	fewFound  = 10
	mostFound = 50
	shown     = 300 // characters of a description in a list
)

const instructions = `Tools act in the apps that one user has connected, such as Slack or Google Sheets.
Find a tool with search_tools, read its arguments with describe_tool, and run it with run_tool.
When an account is missing, the user has to connect it: the answer holds what to do, or a link to show to the user.`

// narrowed are the instructions of who comes by a tool profile.
const narrowed = `Tools act in the apps that one user has connected, such as Slack or Google Sheets.
When an account is missing, the user has to connect it: the answer holds what to do, or a link to show to the user.`

// server is what the protocol's library asks for one request.
func (v *visit) server(schemas *mcp.SchemaCache) *mcp.Server {
	out := mcp.NewServer(&mcp.Implementation{Name: "patchbay", Title: "Patchbay", Version: v.Version}, &mcp.ServerOptions{
		Instructions: v.instructions(), SchemaCache: schemas, Capabilities: &mcp.ServerCapabilities{Tools: &mcp.ToolCapabilities{}}, PageSize: 1000,
		SetCacheable: func(_ context.Context, _ mcp.Request, c *mcp.Cacheable) {
			c.TTLMs, c.CacheScope = int(fresh/time.Millisecond), "private"
		},
	})
	out.AddReceivingMiddleware(offered)
	shown := map[string]bool{}
	addOurs(v, out, shown)
	v.pin(out, shown)
	if v.profile != nil {
		out.AddReceivingMiddleware(v.outside(shown))
	}
	return out
}

// instructions are what a model is told first.
func (v *visit) instructions() string {
	if v.profile == nil {
		return instructions
	}
	if v.profile.Description == "" {
		return narrowed
	}
	return narrowed + "\n" + v.profile.Description
}

// addOurs adds the tools by which all others are found, described and run.
func addOurs(v *visit, out *mcp.Server, shown map[string]bool) {
	no, yes := false, true
	reads := func(title string) *mcp.ToolAnnotations {
		return &mcp.ToolAnnotations{Title: title, ReadOnlyHint: true, IdempotentHint: true, DestructiveHint: &no, OpenWorldHint: &no}
	}
	asks := reads("Describe a tool")
	asks.OpenWorldHint = &yes
	add(v, out, shown, &mcp.Tool{Name: toolprofile.Search, Title: "Search tools", Description: "Find tools of apps by what they do. Returns their names, what they do, and whether the user has connected their app.", Annotations: reads("Search tools")}, v.search)
	add(v, out, shown, &mcp.Tool{Name: toolprofile.Describe, Title: "Describe a tool", Description: "The arguments of a tool, as JSON Schema. With the arguments that are known so far, it is narrowed to what depends on them; with options_for, it says what can be chosen for an argument.", Annotations: asks}, v.describe)
	add(v, out, shown, &mcp.Tool{Name: toolprofile.Run, Title: "Run a tool", Description: "Run a tool with the user's account. If the account is not connected, the user is asked to connect it.", Annotations: &mcp.ToolAnnotations{Title: "Run a tool", DestructiveHint: &yes, OpenWorldHint: &yes}}, v.run)
	add(v, out, shown, &mcp.Tool{Name: toolprofile.Accounts, Title: "List accounts", Description: "The accounts that the user has connected, with their apps and whether they work.", Annotations: reads("List accounts")}, v.accounts)
	add(v, out, shown, &mcp.Tool{Name: toolprofile.Connect, Title: "Connect an account", Description: "Ask the user to connect an account of an app.", Annotations: &mcp.ToolAnnotations{Title: "Connect an account", DestructiveHint: &no, OpenWorldHint: &yes}}, v.connect)
}

// add adds a tool of ours, if the caller's profile shows it.
func add[In any](v *visit, out *mcp.Server, shown map[string]bool, t *mcp.Tool, do func(context.Context, *mcp.CallToolRequest, In) *mcp.CallToolResult) {
	if v.profile.Shows(t.Name) {
		shown[t.Name] = true
		mcp.AddTool(out, t, answered(do))
	}
}

// pin makes actions tools of their own.
func (v *visit) pin(out *mcp.Server, shown map[string]bool) {
	if v.profile == nil && len(v.apps) == 0 {
		return
	}
	all, err := v.Components.Of(context.Background(), v.principal.Workspace)
	if err != nil {
		return // the five tools say why when they are used
	}
	for _, c := range v.pinned(all) {
		shown[nameOf(c)] = true
		out.AddTool(&mcp.Tool{Name: nameOf(c), Title: c.Name, Description: c.Desc, InputSchema: schemaOf(c), Annotations: hints(c)}, func(ctx context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			in := running{Tool: nameOf(c)}
			if err := decode(req.Params.Arguments, &in.Arguments); err != nil {
				return refusal(ctx, err), nil
			}
			return v.run(ctx, req, in), nil
		})
	}
}

// answered makes a handler of what needs no error: what went wrong is in its result.
func answered[In any](do func(context.Context, *mcp.CallToolRequest, In) *mcp.CallToolResult) mcp.ToolHandlerFor[In, any] {
	return func(ctx context.Context, req *mcp.CallToolRequest, in In) (*mcp.CallToolResult, any, error) {
		return do(ctx, req, in), nil, nil
	}
}

// nameOf is a tool's name: its action's key, in the letters that tools' names have.
func nameOf(c *component.Component) string {
	if own, ok := strings.CutPrefix(c.Key, component.Own); ok {
		return "own_" + own
	}
	return c.Key
}

// tool finds an action by the name of its tool, as the caller may use it.
func (v *visit) tool(ctx context.Context, name string) (*component.Component, error) {
	key := strings.TrimSpace(name)
	if own, ok := strings.CutPrefix(key, "own_"); ok {
		key = component.Own + own
	}
	if !v.profile.Holds(key) {
		return nil, toolprofile.ErrOutside.With(map[string]any{"tool": name})
	}
	c, err := v.Components.Component(ctx, v.principal.Scope.Project(), component.Action, key, "")
	if err != nil {
		return nil, err //nolint:wrapcheck // a fault
	}
	return v.given(c), nil
}

func hints(c *component.Component) *mcp.ToolAnnotations {
	yes := true
	out := &mcp.ToolAnnotations{Title: c.Name, OpenWorldHint: &yes, DestructiveHint: &yes}
	if e := c.Effect; e != nil {
		out.ReadOnlyHint, out.IdempotentHint, out.DestructiveHint = e.ReadOnly, e.Idempotent, &e.Destructive
		if e.OpenWorld != nil {
			out.OpenWorldHint = e.OpenWorld
		}
	}
	return out
}

type searching struct {
	Query string `json:"query"           jsonschema:"what the tool should do, such as: send a message"`
	App   string `json:"app,omitempty"   jsonschema:"only tools of this app, by its slug, such as slack"`
	Limit int    `json:"limit,omitempty" jsonschema:"how many at most; 10 if not given, and 50 at most"`
}

type found struct {
	Tool        string `json:"tool"`
	Title       string `json:"title"`
	App         string `json:"app,omitempty"`
	Description string `json:"description,omitempty"`
	ReadOnly    bool   `json:"read_only"`
	Destructive bool   `json:"destructive"`
	Connected   bool   `json:"connected"` // or it needs no account
}

func (v *visit) search(ctx context.Context, _ *mcp.CallToolRequest, in searching) *mcp.CallToolResult {
	all, err := v.Components.Of(ctx, v.principal.Workspace)
	if err != nil {
		return refusal(ctx, err)
	}
	connected, err := v.connected(ctx)
	if err != nil {
		return refusal(ctx, err)
	}
	most := in.Limit
	if most <= 0 {
		most = fewFound
	}
	most = min(most, mostFound)
	near := component.Filter{Q: in.Query, App: in.App, Type: component.Action}
	matches := all.Near(near, most)
	if v.profile != nil {
		matches = slices.DeleteFunc(all.Near(near, math.MaxInt), func(c *component.Component) bool { return !v.profile.Holds(c.Key) })
		matches = matches[:min(len(matches), most)]
	}
	out := []found{}
	for _, c := range matches {
		h := hints(c)
		text := []rune(c.Desc)
		out = append(out, found{nameOf(c), c.Name, c.App, string(text[:min(len(text), shown)]), h.ReadOnlyHint, !h.ReadOnlyHint && *h.DestructiveHint, c.AppProp() == "" || connected[c.App]})
	}
	return result(map[string]any{"tools": out})
}

// connected are the apps of which the user has an account that is not dead.
func (v *visit) connected(ctx context.Context) (map[string]bool, error) {
	all, err := v.owned(ctx, "")
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	for i := range all {
		out[all[i].App] = out[all[i].App] || !all[i].Dead
	}
	return out, nil
}

// owned are the user's accounts, the newest hundred; app "" = of any.
func (v *visit) owned(ctx context.Context, app string) ([]account.Account, error) {
	page, err := v.Accounts.List(ctx, v.principal.Scope, account.Filter{ExternalUserID: v.user, App: app}, db.Cursor{Limit: 100})
	if err != nil {
		return nil, err //nolint:wrapcheck // a fault
	}
	return page.Items, nil
}

type listing struct {
	App string `json:"app,omitempty" jsonschema:"only accounts of this app, by its slug"`
}

type listed struct {
	ID     string  `json:"id"`
	App    string  `json:"app"`
	Name   *string `json:"name,omitempty"`
	Health string  `json:"health"` // healthy, degraded or dead
	Error  *string `json:"error,omitempty"`
}

func (v *visit) accounts(ctx context.Context, _ *mcp.CallToolRequest, in listing) *mcp.CallToolResult {
	if !access.Allows(v.principal.Scopes, mayList) {
		return refusal(ctx, caller.Lacks(mayList))
	}
	all, err := v.owned(ctx, in.App)
	if err != nil {
		return refusal(ctx, err)
	}
	components, err := v.Components.Of(ctx, v.principal.Workspace)
	if err != nil {
		return refusal(ctx, err)
	}
	out := []listed{}
	for i := range all {
		if a := &all[i]; v.reaches(components, a.App) {
			out = append(out, listed{a.ID, a.App, a.Name, a.State(), a.Error})
		}
	}
	return result(map[string]any{"accounts": out})
}
