package rest

import (
	"context"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/action"
	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/operation"
)

// drawn are components as the public sees them, made once each: lists show dozens.
var drawn, _ = lru.New[*component.Component, gen.Component](5_000) // errs on sizes below one only

func componentOf(c *component.Component) gen.Component {
	if out, ok := drawn.Get(c); ok {
		return out
	}
	out := gen.Component{
		Key: c.Key, Name: c.Name, Version: c.Version, Description: c.Desc, ComponentType: gen.ComponentComponentType(c.Type),
		ConfigurableProps: propsOf(c.Props), App: set(&c.App),
		Registry: gen.ComponentOrigin(c.Origin()),
	}
	if of := gen.ComponentStash(c.Stash()); of != "" {
		out.Stash = &of
	}
	if e := c.Effect; e != nil {
		out.Annotations = &gen.Annotations{
			ReadOnlyHint: e.ReadOnly, DestructiveHint: e.Destructive, IdempotentHint: e.Idempotent, OpenWorldHint: or(e.OpenWorld, true), Title: c.Name,
		}
	}
	if o := c.Operation; o != nil {
		if len(o.Scopes) > 0 {
			out.Scopes = &o.Scopes
		}
		if o.Sample != nil {
			out.SampleEvent = &o.Sample
		}
	}
	if c.Code != nil && c.Code.Sample != nil {
		out.SampleEvent = &c.Code.Sample
	}
	drawn.Add(c, out)
	return out
}

func propsOf(props []component.Prop) []gen.ConfigurableProp {
	out, err := recode[[]gen.ConfigurableProp](props)
	if err != nil || out == nil {
		return []gen.ConfigurableProp{}
	}
	return out
}

// components are those of the caller's workspace.
func (s *Server) components(ctx context.Context) (*component.Registry, error) {
	return s.Components.Of(ctx, principal(ctx).Workspace)
}

// listComponents returns a page of the registry.
func (s *Server) listComponents(ctx context.Context, of component.Type, q, app, registry string, c db.Cursor) (gen.ComponentPageJSONResponse, error) {
	if app != "" {
		apps, err := s.apps(ctx)
		if err != nil {
			return gen.ComponentPageJSONResponse{}, err
		}
		if a, err := apps.Get(app); err == nil { // an app that is not known has none
			app = a.Slug
		}
	}
	components, err := s.components(ctx)
	if err != nil {
		return gen.ComponentPageJSONResponse{}, err
	}
	f := component.Filter{Q: q, App: app, Type: of}
	if registry != "all" {
		f.From = component.Origin(registry)
	}
	page, err := cut(components.List(f), c, func(c *component.Component) *string { return &c.Key })
	if err != nil {
		return gen.ComponentPageJSONResponse{}, err
	}
	data := each(page.Items, func(c **component.Component) gen.Component { return componentOf(*c) })
	return gen.ComponentPageJSONResponse{Data: data, PageInfo: pageInfo(page)}, nil
}

func (s *Server) oneComponent(ctx context.Context, of component.Type, key string, version *string) (gen.ComponentBodyJSONResponse, error) {
	components, err := s.components(ctx)
	if err != nil {
		return gen.ComponentBodyJSONResponse{}, err
	}
	c, err := components.Of(of, key, value(version))
	if err != nil {
		return gen.ComponentBodyJSONResponse{}, err
	}
	return gen.ComponentBodyJSONResponse{Data: componentOf(c)}, nil
}

// configure asks what can be chosen for a prop.
func (s *Server) configure(ctx context.Context, of component.Type, b *gen.PropQuestion) (gen.PropOptionsJSONResponse, error) {
	none := gen.PropOptionsJSONResponse{}
	p := principal(ctx)
	user, err := p.User(b.ExternalUserID)
	if err != nil {
		return none, err
	}
	ask := operation.Ask{Query: value(b.Query), Page: int(value(b.Page)), Context: value(b.PrevContext)}
	u := action.Use{
		Type: of, Key: b.ID, Version: value(b.Version), ExternalUserID: user, Configured: value(b.ConfiguredProps), DynamicPropsID: value(b.DynamicPropsID),
	}
	options, out, err := s.Actions.Options(ctx, p.Scope, u, b.PropName, ask)
	if err != nil {
		return none, err
	}
	res := gen.PropOptionsJSONResponse{Observations: observations(out), Errors: troubles(out)}
	if options == nil {
		return res, nil
	}
	if options.Context != nil {
		res.Context = &options.Context
	}
	list, plain := make([]gen.PropOption, len(options.Options)), make([]string, 0, len(options.Options))
	for i, o := range options.Options {
		list[i] = gen.PropOption{Label: o.Label, Value: o.Value}
		if text, ok := o.Value.(string); ok && text == o.Label {
			plain = append(plain, text)
		}
	}
	if len(plain) == len(list) && len(list) > 0 {
		res.StringOptions = &plain
	} else {
		res.Options = &list
	}
	return res, nil
}

// reload asks for the props that depend on what is filled in.
func (s *Server) reload(ctx context.Context, of component.Type, b *gen.PropsQuestion) (gen.DynamicPropsJSONResponse, error) {
	none := gen.DynamicPropsJSONResponse{}
	p := principal(ctx)
	user, err := p.User(b.ExternalUserID)
	if err != nil {
		return none, err
	}
	u := action.Use{Type: of, Key: b.ID, Version: value(b.Version), ExternalUserID: user, Configured: value(b.ConfiguredProps)}
	c, dynamicPropsID, out, err := s.Actions.Props(ctx, p.Scope, u)
	if err != nil {
		return none, err
	}
	res := gen.DynamicPropsJSONResponse{Observations: observations(out), Errors: troubles(out)}
	if c != nil {
		res.DynamicProps = newOf(res.DynamicProps)
		res.DynamicProps.ID, res.DynamicProps.ConfigurableProps = dynamicPropsID, propsOf(c.Props)
	}
	return res, nil
}

func observations(out *action.Outcome) []gen.Observation {
	return each(out.Observations, func(o *action.Observation) gen.Observation {
		res := gen.Observation{K: o.Kind, TS: o.At.UnixMilli(), Msg: set(&o.Message)}
		if o.Error != nil {
			res.Err = newOf(res.Err)
			res.Err.Name, res.Err.Message = o.Error.Name, o.Error.Message
		}
		return res
	})
}

// troubles are errors as clients of props read them.
func troubles(out *action.Outcome) []string {
	if out.Failure == nil {
		return []string{}
	}
	return []string{out.Failure.Message}
}

// newOf returns a new value of what a pointer points to: types without a name.
func newOf[T any](*T) *T { return new(T) }
