package mcp

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/toolprofile"
)

// by finds the profile that the caller comes by: the one that they name, or that their
// connect token is for.
func (v *visit) by(ctx context.Context, name string) (err error) {
	bound := v.principal.ToolProfileID
	switch {
	case len(v.apps) > mostApp:
		return errApps
	case (name != "" || bound != "") && len(v.apps) > 0:
		return errPinned
	case bound != "":
		v.profile, err = v.Profiles.ByID(ctx, v.principal.Scope, bound)
		if err == nil && name != "" && name != v.profile.Name {
			err = errOther
		}
	case name != "":
		v.profile, err = v.Profiles.Get(ctx, v.principal.Scope, name)
	}
	return err
}

// given is an action as the caller may use it: narrowed by their profile, if they come by one.
func (v *visit) given(c *component.Component) *component.Component {
	if v.profile == nil {
		return c
	}
	t, _ := v.profile.Tool(c.Key)
	return t.Narrowed(c)
}

// preset refuses arguments that are the profile's to set, and returns what it sets.
func (v *visit) preset(c *component.Component, arguments map[string]any) (map[string]any, error) {
	if v.profile == nil {
		return nil, nil
	}
	t, _ := v.profile.Tool(c.Key)
	for _, name := range slices.Sorted(maps.Keys(arguments)) {
		if t.Keeps(name) {
			return nil, toolprofile.ErrSet.With(map[string]any{"argument": name})
		}
	}
	return t.Preset, nil
}

// reaches reports whether the caller may connect and see accounts of an app.
func (v *visit) reaches(all *component.Registry, app string) bool {
	return v.profile == nil || slices.ContainsFunc(v.profile.Tools, func(t toolprofile.Tool) bool {
		c, err := all.Of(component.Action, t.Key, "")
		return err == nil && c.App == app && c.AppProp() != ""
	})
}

// allows refuses an app that is not of the caller's profile.
func (v *visit) allows(ctx context.Context, app string) error {
	if v.profile == nil {
		return nil
	}
	all, err := v.Components.Of(ctx, v.principal.Workspace)
	if err == nil && !v.reaches(all, app) {
		err = toolprofile.ErrOtherApp.With(map[string]any{"app": app})
	}
	return err //nolint:wrapcheck // a fault
}

// pinned are the actions that are tools of their own: those of the caller's profile,
// or of the apps that they named.
func (v *visit) pinned(all *component.Registry) (out []*component.Component) {
	if v.profile != nil {
		for _, t := range v.profile.Tools {
			if c, err := all.Of(component.Action, t.Key, ""); err == nil { // one that is gone is given out no more
				out = append(out, t.Narrowed(c))
			}
		}
		return out
	}
	for _, app := range v.apps {
		out = append(out, all.List(component.Filter{App: app, Type: component.Action})...)
	}
	return out
}

// outside answers the call of a tool that is not in the caller's profile, as the
// protocol answers the call of one that there is not, with a code of ours.
func (v *visit) outside(shown map[string]bool) mcp.Middleware {
	said, _ := json.Marshal(map[string]string{"code": toolprofile.ErrOutside.Code}) // a text always marshals
	return func(next mcp.MethodHandler) mcp.MethodHandler {
		return func(ctx context.Context, method string, req mcp.Request) (mcp.Result, error) {
			if call, ok := req.(*mcp.CallToolRequest); ok && !shown[call.Params.Name] {
				return nil, &jsonrpc.Error{Code: jsonrpc.CodeInvalidParams, Message: toolprofile.ErrOutside.Message, Data: said}
			}
			return next(ctx, method, req)
		}
	}
}
