package operation

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/expression"
)

// Options are what can be chosen, a page of it.
type Options struct {
	Options []component.Option
	Context map[string]any // gives the next page when it is handed back; nil = this was the last
}

// Ask is how a page of options is asked for.
type Ask struct {
	Query   string
	Page    int            // from 0; used where there is no Context
	Context map[string]any // of the page before; nil = the first
}

// Options asks the app what can be chosen for a prop.
func (j *Job) Options(ctx context.Context, p *component.Prop, ask Ask) (*Options, error) {
	if j.By != nil && p.Options != nil && p.Options.Remote != nil {
		return j.By.Options(ctx, j, p.Name, ask) //nolint:wrapcheck // an Error, or a fault
	}
	if p.Options == nil || p.Options.Remote == nil || p.Options.Remote.Request == nil {
		out := &Options{Options: []component.Option{}}
		if p.Options != nil {
			out.Options = narrow(p.Options.Given, ask.Query)
		}
		return out, nil
	}
	r := p.Options.Remote
	for _, name := range r.Depends {
		if v := j.Props[name]; v == nil || v == "" {
			return nil, wrong("input", "Fill in %s first.", labelOf(j.Component, name))
		}
	}
	known := with(j.known(), map[string]any{"query": nil, "page": ask.Page, "context": ask.Context})
	if ask.Query != "" {
		known["query"] = ask.Query
	}
	next, err := j.fill(r.Request, known)
	if err != nil {
		return nil, err
	}
	at, err := j.resume(r.Request.Pages, next, ask)
	if err != nil {
		return nil, err
	}
	a, err := j.call(ctx, r.Request, next, known)
	if err != nil {
		return nil, err
	}
	all := with(known, a.known())
	items, err := list(r.Items, all)
	if err != nil {
		return nil, err
	}
	out := &Options{}
	if out.Options, err = offers(r, items, all); err != nil {
		return nil, err
	}
	if !r.Search {
		out.Options = narrow(out.Options, ask.Query)
	}
	if pages := r.Request.Pages; pages != nil {
		after, more, err := follow(pages, next, all, at.Page, at.Items+len(items), len(items))
		if err != nil {
			return nil, err
		}
		if more && after.same() != next.same() {
			out.Context = place{Page: at.Page + 1, Items: at.Items + len(items), Target: after.target, Query: after.query, JSON: after.json, Form: after.form}.context()
		}
	}
	return out, nil
}

// place is where a list of options goes on. It travels through the caller, who
// may change it; what it can do is no more than what the account can: every call
// goes to the app's own hosts.
type place struct {
	Page   int                 `json:"page"`
	Items  int                 `json:"items"`
	Target string              `json:"target"`
	Query  map[string][]string `json:"query,omitempty"`
	JSON   any                 `json:"json,omitempty"`
	Form   map[string]any      `json:"form,omitempty"`
}

func (p place) context() map[string]any {
	b, _ := json.Marshal(p) // it came from JSON
	out := map[string]any{}
	_ = json.Unmarshal(b, &out)
	return out
}

// resume points a request at the page that is asked for.
func (j *Job) resume(pages *component.Pages, r *ready, ask Ask) (at place, err error) {
	if pages == nil {
		return at, nil
	}
	if ask.Context == nil {
		begin(pages, r, maxMost)
		if ask.Page > 0 && pages.Page != "" {
			at.Page = ask.Page
			r.ask(map[string]any{pages.Page: pages.Number(ask.Page)})
		}
		return at, nil
	}
	b, err := json.Marshal(ask.Context)
	if err == nil {
		err = json.Unmarshal(b, &at)
	}
	if err != nil || at.Target == "" {
		return at, wrong("input", "prev_context is not one that was given out with options.")
	}
	r.target, r.query = at.Target, at.Query
	if r.query == nil {
		r.query = map[string][]string{}
	}
	if at.JSON != nil {
		r.json, r.hasJSON = numbers(at.JSON), true
	}
	if at.Form != nil {
		r.form = at.Form
	}
	return at, nil
}

func offers(r *component.Remote, items []any, known map[string]any) ([]component.Option, error) {
	out := make([]component.Option, 0, len(items))
	for i, item := range items {
		all := with(known, map[string]any{"item": item, "index": i})
		v, err := value(r.Value, all, nil)
		if err != nil {
			return nil, err
		}
		if v == nil {
			continue
		}
		o := component.Option{Value: v, Label: expression.AsText(v)}
		if r.Label != "" {
			label, err := text(r.Label, all)
			if err != nil {
				return nil, err
			}
			if label != "" {
				o.Label = label
			}
		}
		out = append(out, o)
	}
	return out, nil
}

// narrow keeps the options whose label holds the query.
func narrow(all []component.Option, query string) []component.Option {
	query = strings.ToLower(query)
	return slices.DeleteFunc(slices.Clone(all), func(o component.Option) bool { return !strings.Contains(strings.ToLower(o.Label), query) })
}

func labelOf(c *component.Component, name string) string {
	if p, err := c.Prop(name); err == nil && p.Label != "" {
		return p.Label
	}
	return name
}

// Dynamic asks for the props that depend on others. There are none before those
// are filled in.
func (j *Job) Dynamic(ctx context.Context) ([]component.Prop, error) {
	if j.By != nil {
		return j.By.Dynamic(ctx, j) //nolint:wrapcheck // an Error, or a fault
	}
	d := j.Component.Operation.Dynamic
	if d == nil {
		return nil, nil
	}
	for _, name := range d.Depends {
		if v := j.Props[name]; v == nil || v == "" {
			return nil, nil
		}
	}
	all := j.known()
	if d.Request != nil {
		var err error
		if _, all, err = j.one(ctx, d.Request, all); err != nil {
			return nil, err
		}
	}
	items, err := list(d.Items, all)
	if err != nil {
		return nil, err
	}
	out := make([]component.Prop, 0, len(items))
	for i, item := range items {
		filled, err := language.All(d.Prop, with(all, map[string]any{"item": item, "index": i}))
		if err != nil {
			return nil, &Error{Origin: "operation", Message: "The app's answer could not be read: " + err.Error(), cause: err}
		}
		p, err := component.ReadProp(filled)
		if err != nil {
			return nil, &Error{Origin: "operation", Message: "The app's answer makes no props: " + err.Error(), cause: err}
		}
		out = append(out, *p)
	}
	return out, nil
}
