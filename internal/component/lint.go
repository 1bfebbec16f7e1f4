package component

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/document"
	"github.com/patchbay-dev/patchbay/internal/expression"
)

//go:embed schema/operation.v1.yaml
var operationSchema []byte

//go:embed schema/shared.v1.yaml
var sharedSchema []byte

var (
	operationForm = document.MustForm("https://patchbay.dev/schema/operation.v1.json", operationSchema, catalog.Form)
	sharedForm    = document.MustForm("https://patchbay.dev/schema/shared.v1.json", sharedSchema, operationSchema, catalog.Form)
)

// Problem is one rule that an operation file breaks.
type Problem = document.Problem

type report = func(code, path, format string, args ...any)

// The codes of what is wrong with operation files, beside those of document.
const (
	badExpression = "expression"      // a text in {{ }} cannot be read
	badProp       = "prop_unknown"    // it speaks of a prop that is not there
	badName       = "prop_name_taken" // two props have one name
	badShape      = "prop_incomplete" // a prop lacks what its type needs
	badShared     = "shared_unknown"  // it uses what shared.yaml does not have
	badAuth       = "auth_unknown"    // the app has no such way to sign in
	badRequest    = "request"         // a request that cannot be made
	badHook       = "hook_unproven"   // requests to the hook prove nothing
	badExample    = "example_props"   // an example speaks of what is not there
)

// LintShared reads an app's shared.yaml.
func LintShared(src []byte) (*Shared, []Problem) {
	var s Shared
	lines, problems := sharedForm.Read(src, &s)
	if len(problems) > 0 {
		return nil, problems
	}
	return &s, lines.JudgeBy(s.rules)
}

// Lint reads the operation that is to be called name, of an app, and returns
// every rule that it breaks, in the order of its lines. The component is nil when
// the file cannot be read at all.
func Lint(app *catalog.App, shared *Shared, name string, src []byte) (*Component, []Problem) {
	var o Operation
	lines, problems := operationForm.Read(src, &o)
	if len(problems) > 0 {
		return nil, problems
	}
	c := &Component{
		Key: strings.ReplaceAll(app.Slug, "_", "-") + "-" + name, App: app.Slug, Type: o.Type, Name: o.Name, Desc: o.Description, Version: o.Version,
		Effect: o.Effect, Operation: &o, Shared: shared,
	}
	problems = lines.JudgeBy(func(bad report) {
		o.resolve(shared, bad)
		o.rules(app, bad)
	})
	c.Props = o.asked(app)
	return c, problems
}

// resolve puts shared props in the place of those that use them.
func (o *Operation) resolve(shared *Shared, bad report) {
	for i, p := range o.Props {
		if p.Use == "" {
			continue
		}
		of, ok := shared.Props[p.Use]
		if !ok {
			bad(badShared, fmt.Sprintf("props[%d].use", i), "shared.yaml has no prop %q", p.Use)
			continue
		}
		o.Props[i] = of.over(p)
	}
}

// asked are all props in their order: first the account's, then what the kind of
// trigger brings along, then the operation's own.
func (o *Operation) asked(app *catalog.App) []Prop {
	props := []Prop{{Name: app.Slug, Type: "app", App: app.Slug}}
	switch {
	case o.Poll != nil:
		every := o.Poll.Every
		if every == 0 {
			every = DefaultEvery
		}
		props = append(props, Prop{Name: "timer", Type: "$.interface.timer", Default: map[string]any{"intervalSeconds": every}}, Prop{Name: "db", Type: "$.service.db"})
	case o.Hook != nil:
		props = append(props, Prop{Name: "http", Type: "$.interface.http"}, Prop{Name: "db", Type: "$.service.db"})
	}
	return append(props, o.Props...)
}

// DefaultEvery is how often a trigger looks for what is new, in seconds, where
// neither its file nor its user says.
const DefaultEvery = 900

func (s *Shared) rules(bad report) {
	check := texts{bad: bad, anyProp: true}
	check.text("ok", s.OK)
	check.text("error", s.Error)
	for name, p := range s.Props {
		check.prop("props."+name, &p)
		if p.Use != "" {
			bad(badShared, "props."+name+".use", "a shared prop uses no other")
		}
	}
}

func (o *Operation) rules(app *catalog.App, bad report) {
	for i, id := range o.Auth {
		if _, ok := app.Method(id); !ok {
			bad(badAuth, fmt.Sprintf("auth[%d]", i), "the app has no auth method %q", id)
		}
	}
	check := texts{bad: bad, anyProp: o.Dynamic != nil}
	for _, p := range o.Props {
		check.props = append(check.props, p.Name)
	}
	for i := range o.Props {
		p, at := &o.Props[i], fmt.Sprintf("props[%d]", i)
		if slices.Contains(check.props[:i], p.Name) || slices.Contains([]string{app.Slug, "timer", "db", "http"}, p.Name) {
			bad(badName, at+".name", "%q is the name of another prop", p.Name)
		}
		check.prop(at, p)
	}
	if d := o.Dynamic; d != nil {
		check.depends("dynamic.depends", d.Depends)
		check.request("dynamic.request", d.Request)
		check.text("dynamic.items", d.Items)
		check.all("dynamic.prop", d.Prop)
	}
	check.request("request", o.Request)
	for i := range o.Steps {
		at := fmt.Sprintf("steps[%d]", i)
		check.text(at+".if", o.Steps[i].If)
		check.text(at+".each", o.Steps[i].Each)
		check.request(at+".request", o.Steps[i].Request)
		check.all(at+".result", o.Steps[i].Result)
	}
	check.all("result", o.Result)
	check.text("summary", o.Summary)
	o.source(app, &check)
	for i, e := range o.Examples {
		o.example(fmt.Sprintf("examples[%d]", i), &e, bad)
	}
}

// source checks what only triggers have.
func (o *Operation) source(app *catalog.App, check *texts) {
	if p := o.Poll; p != nil {
		check.request("poll.request", p.Request)
		check.text("poll.items", p.Items)
		check.request("poll.each", p.Each)
		for name, text := range p.Remember {
			check.text("poll.remember."+name, text)
		}
		if pages := p.Request.Pages; pages != nil && pages.Until != "" && (p.Order == "oldest_first" || p.Each != nil) {
			check.bad(badRequest, "poll.request.pages.until", "only where the newest come first, and are there in full, is what is known the end of what is new")
		}
		p.Steady = p.steady(o.Emit)
	}
	if h := o.Hook; h != nil {
		check.request("hook.create", h.Create)
		check.request("hook.delete", h.Delete)
		if h.Renew != nil {
			check.request("hook.renew.request", h.Renew.Request)
		}
		if f := h.Find; f != nil {
			check.request("hook.find.request", f.Request)
			check.text("hook.find.items", f.Items)
			check.text("hook.find.where", f.Where)
		}
		for name, text := range h.Keep {
			check.text("hook.keep."+name, text)
		}
		check.text("hook.items", h.Items)
		check.text("hook.when", h.When)
		if why := o.unproven(app); why != "" {
			check.bad(badHook, "hook", "%s", why)
		}
	}
	if e := o.Emit; e != nil {
		for name, text := range map[string]string{"if": e.If, "id": e.ID, "at": e.At, "summary": e.Summary} {
			check.text("emit."+name, text)
		}
		check.all("emit.event", e.Event)
	}
}

// steady reports whether the same answer always makes the same events, so that
// nothing is missed when the app is only asked whether it has changed. A list of
// several pages changes behind the first, unless the newest are on that.
func (p *Poll) steady(e *Emit) bool {
	r := p.Request
	wanted := r.Pages == nil || r.Pages.Until != ""
	if p.Conditional != nil {
		wanted = *p.Conditional
	}
	if !wanted || r.Get == "" || r.JSON != nil || r.Form != nil || r.Text != "" || p.Each != nil {
		return false
	}
	for _, text := range []string{p.Items, e.If, e.ID} {
		if speaks(text, "now") {
			return false
		}
	}
	return true
}

// unproven says what is wrong with how a hook's requests are verified, or "".
func (o *Operation) unproven(app *catalog.App) string {
	v := o.Hook.Verify
	switch {
	case v == nil:
		return "verify is missing: how is a request known to be the app's?"
	case v.Kind == "none" && v.Why == "":
		return "a hook without proof says why"
	case v.Kind == "app" && app.Events.Verify == nil:
		return "the app's file does not say how its requests are signed"
	}
	return ""
}

func (o *Operation) example(at string, e *Example, bad report) {
	if e.Options != "" && !slices.ContainsFunc(o.Props, func(p Prop) bool { return p.Name == e.Options && p.Options != nil && p.Options.Remote != nil }) {
		bad(badExample, at+".options", "no prop %q asks the app for its options", e.Options)
	}
	for name := range e.Props {
		if o.Dynamic == nil && !slices.ContainsFunc(o.Props, func(p Prop) bool { return p.Name == name }) {
			bad(badExample, at+".props."+name, "there is no such prop")
		}
	}
}

// texts checks expressions, and that the props they speak of are there.
type texts struct {
	bad     report
	props   []string
	anyProp bool // which there are is not known here
}

func (t *texts) text(at, text string) {
	if err := Language.Check(text); err != nil {
		t.bad(badExpression, at, "%s", err)
		return
	}
	if t.anyProp {
		return
	}
	for _, name := range used(text, "props") {
		if !slices.Contains(t.props, name) {
			t.bad(badProp, at, "there is no prop %q", name)
		}
	}
}

func (t *texts) all(at string, v any) {
	switch v := v.(type) {
	case string:
		t.text(at, v)
	case []any:
		for i := range v {
			t.all(fmt.Sprintf("%s[%d]", at, i), v[i])
		}
	case map[string]any:
		for k := range v {
			t.all(at+"."+k, v[k])
		}
	}
}

func (t *texts) request(at string, r *Request) {
	if r == nil {
		return
	}
	method, target := r.Method()
	t.text(at+"."+strings.ToLower(method), target)
	if !strings.HasPrefix(target, "/") && !strings.HasPrefix(target, "https://") && !strings.HasPrefix(target, "{{") {
		t.bad(badRequest, at+"."+strings.ToLower(method), "an address begins with / or https://")
	}
	bodies := 0
	for _, there := range []bool{r.JSON != nil, r.Form != nil, r.Text != ""} {
		if there {
			bodies++
		}
	}
	if bodies > 1 {
		t.bad(badRequest, at, "a request has one body: json, form or text")
	}
	t.all(at+".query", r.Query)
	t.all(at+".headers", r.Headers)
	t.all(at+".json", r.JSON)
	t.all(at+".form", r.Form)
	t.text(at+".text", r.Text)
	t.text(at+".ok", r.OK)
	if p := r.Pages; p != nil {
		if p.Until != "" && at != "poll.request" {
			t.bad(badRequest, at+".pages.until", "only a poll knows what was there before")
		}
		t.text(at+".pages.items", p.Items)
		t.text(at+".pages.more", p.More)
		t.text(at+".pages.most", p.Most)
		if p.Next != nil {
			t.all(at+".pages.next.query", p.Next.Query)
			t.all(at+".pages.next.json", p.Next.JSON)
			t.all(at+".pages.next.form", p.Next.Form)
			t.text(at+".pages.next.url", p.Next.URL)
		}
	}
}

func (t *texts) depends(at string, names []string) {
	for i, name := range names {
		if !t.anyProp && !slices.Contains(t.props, name) {
			t.bad(badProp, fmt.Sprintf("%s[%d]", at, i), "there is no prop %q", name)
		}
	}
}

func (t *texts) prop(at string, p *Prop) {
	switch {
	case p.Type == "":
		t.bad(badShape, at, "type is missing")
	case p.Type == "alert" && p.Content == "":
		t.bad(badShape, at, "an alert has content")
	case p.Type != "alert" && p.Label == "":
		t.bad(badShape, at, "label is missing")
	}
	if p.Options == nil || p.Options.Remote == nil {
		return
	}
	r := p.Options.Remote
	t.depends(at+".options.depends", r.Depends)
	t.request(at+".options.request", r.Request)
	t.text(at+".options.items", r.Items)
	t.text(at+".options.value", r.Value)
	t.text(at+".options.label", r.Label)
	if !expression.IsHole(r.Items) {
		t.bad(badShape, at+".options.items", "it is one expression in {{ }}")
	}
}
