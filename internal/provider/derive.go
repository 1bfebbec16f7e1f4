package provider

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/patchbay-dev/patchbay/internal/catalog"
)

// Pick is what only the user can say of a connection: which of several tenants,
// sites or companies it is for.
type Pick struct {
	Name    string // of the var that the value goes into
	Label   string // what is picked, for people; "" = the app's file does not say
	Options []Option
}

// Option is one of them.
type Option struct {
	Value string
	Label string
	Hint  string            // tells apart what has the same label
	Vars  map[string]string // what the connection then knows
}

// Option returns the one with the value.
func (p *Pick) Option(value string) (*Option, bool) {
	i := slices.IndexFunc(p.Options, func(o Option) bool { return o.Value == value })
	if i < 0 {
		return nil, false
	}
	return &p.Options[i], true
}

// maxOptions is how many things of a list are offered.
const maxOptions = 500

// Derive returns the connection's vars with what the app tells only when asked,
// such as the tenant. What is known already is not asked for again. Where there
// are several things, and ask says that somebody can choose, a pick is returned
// beside what is known so far; else it is the one that like names, or the first.
func (p *Client) Derive(ctx context.Context, c *Connection, like map[string]string, ask bool) (map[string]string, *Pick, error) {
	at := *c
	at.Vars = maps.Clone(c.Vars)
	if at.Vars == nil {
		at.Vars = map[string]string{}
	}
	for name, input := range c.Auth.Derive.FromInput {
		if v := c.Inputs[input]; v != "" {
			at.Vars[name] = v
		}
	}
	rules := c.Auth.Derive.FromRequest
	for i := range rules {
		if at.Vars[rules[i]["into"]] != "" {
			continue
		}
		pick, err := p.options(ctx, &at, rules[i], rules[i:])
		if err != nil {
			return nil, nil, err
		}
		one := &pick.Options[0]
		if choose := rules[i]["choose"]; len(pick.Options) > 1 && choose != "first" || choose == "always" {
			known := slices.IndexFunc(pick.Options, func(o Option) bool { return like[pick.Name] == o.Value })
			switch {
			case known >= 0:
				one = &pick.Options[known]
			case ask:
				return at.Vars, pick, nil
			}
		}
		maps.Copy(at.Vars, one.Vars)
	}
	return at.Vars, nil, nil
}

// options asks for what a rule reads. Rules that read the same list speak of the
// same thing in it.
func (p *Client) options(ctx context.Context, c *Connection, rule map[string]string, rules []map[string]string) (*Pick, error) {
	status, doc, err := p.call(ctx, c, catalog.Call{Get: rule["get"]})
	if err != nil || status < 200 || status > 299 {
		return nil, ErrTest.Because(fmt.Errorf("derive %s: status %d: %w", rule["into"], status, err))
	}
	items := []any{doc}
	if list, ok := catalog.Pointer(doc, rule["list"]); ok {
		if several, ok := list.([]any); ok {
			items = several
		}
	}
	out := &Pick{Name: rule["into"], Label: c.App.Vars[rule["into"]].Ask.Title}
	for _, item := range items[:min(len(items), maxOptions)] {
		o, ok := optionOf(c.App, item, rule, rules)
		if _, twice := out.Option(o.Value); ok && !twice {
			out.Options = append(out.Options, o)
		}
	}
	if len(out.Options) == 0 {
		return nil, ErrNothing.Because(fmt.Errorf("derive %s: nothing of %d that can be used", rule["into"], len(items)))
	}
	return out, nil
}

// optionOf reads one thing of a list. One whose values are not of the form that
// the app's file gives them cannot be used: they may stand in an address.
func optionOf(app *catalog.App, item any, rule map[string]string, rules []map[string]string) (Option, bool) {
	o := Option{Vars: map[string]string{}}
	for _, r := range rules {
		if r["get"] != rule["get"] || r["list"] != rule["list"] {
			continue
		}
		v, _ := catalog.Pointer(item, r["value"])
		text := catalog.Text(v)
		if text == "" || app.Vars[r["into"]].Check(text) != nil {
			return o, false
		}
		o.Vars[r["into"]] = text
	}
	o.Value = o.Vars[rule["into"]]
	o.Label, o.Hint = pointed(item, rule["label"]), pointed(item, rule["hint"])
	o.Label = or(o.Label, o.Value)
	return o, true
}

// pointed is the text that a pointer finds; "" = none.
func pointed(doc any, pointer string) string {
	if pointer == "" {
		return ""
	}
	v, _ := catalog.Pointer(doc, pointer)
	return catalog.Text(v)
}
