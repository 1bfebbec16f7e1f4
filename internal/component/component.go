// Package component knows what can be done with apps: the actions that can be
// run for a user, and the triggers that can be deployed. Each is described by
// its props, which a person or an agent fills in.
package component

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/patchbay-dev/patchbay/internal/fault"
)

// Faults of this package.
var (
	ErrNotFound = fault.New(fault.NotFound, "component_not_found", "There is no such component in the catalogue.")
	ErrVersion  = fault.New(fault.NotFound, "component_version_not_found", "The component has no such version here.")
	ErrProp     = fault.New(fault.Invalid, "prop_not_found", "The component has no such prop.")
	ErrProps    = fault.New(fault.Invalid, "configured_props", "The props do not fit the component.")
)

// Type is what a component is.
type Type string

// The types of components.
const (
	Action  Type = "action"
	Trigger Type = "trigger"
)

// Component is an action or a trigger of the catalogue. It does not change. What it
// does is in a file (Operation), in a module (Code) or done by a server (Tool); what
// has none of them is done by this process.
type Component struct {
	Key       string // such as slack-send-message
	App       string // the slug of its app; "" = none
	Type      Type
	Name      string
	Desc      string
	Version   string
	Effect    *Effect // nil = not told
	Props     []Prop  // in the order in which they are asked for
	Operation *Operation
	Shared    *Shared // what Operation has in common with the app's others; never nil where Operation is not
	Code      *Code
	Tool      *Tool
}

// Tool is a tool of a remote MCP server, as it was when a member accepted it.
type Tool struct {
	URL    string          `json:"url"` // of the server
	Name   string          `json:"name"`
	Schema json.RawMessage `json:"schema"` // of its arguments
}

// OfServer begins the name of the package whose components are tools: the slug of
// the server's app follows. No package that can be installed has such a name.
const OfServer = "mcp/"

// Code is where a component's module lies, and what it said of itself when it was
// installed.
type Code struct {
	Bundle  string         `json:"bundle"`            // sha256 of the installed package's content
	Path    string         `json:"path"`              // of the module inside it
	Dedupe  Dedupe         `json:"dedupe,omitempty"`  // "" = what it emits is not looked at
	Hooks   []string       `json:"hooks,omitempty"`   // of deploy, activate and deactivate, those that it has
	Silent  bool           `json:"silent,omitempty"`  // it has no run: what it is called with is its event
	Dynamic bool           `json:"dynamic,omitempty"` // its props depend on what is filled in
	Sample  map[string]any `json:"sample,omitempty"`
}

// HTTPNewRequests is the key of the trigger that needs no app: it emits each
// request to an address of its own.
const HTTPNewRequests = "http-new-requests"

// ScheduleCustomInterval is the key of the trigger that needs no app: it emits an
// event each time that its timer comes.
const ScheduleCustomInterval = "schedule-custom-interval"

// EmailNewEmail is the key of the trigger that needs no app: it emits each e-mail to an
// address of its own.
const EmailNewEmail = "email-new-email"

// AppProp is the name of the prop that holds the account; "" = it needs none.
func (c *Component) AppProp() string {
	for i := range c.Props {
		if c.Props[i].Type == "app" {
			return c.Props[i].Name
		}
	}
	return ""
}

// Stash says whether the component works with files that it finds in /tmp or leaves
// there: optional or required; "" = it does not.
func (c *Component) Stash() string {
	for i := range c.Props {
		switch p := &c.Props[i]; {
		case p.Type != "dir" || !p.Sync:
		case p.Optional || p.AccessMode == "write":
			return "optional"
		default:
			return "required"
		}
	}
	return ""
}

// Prop returns a prop by its name.
func (c *Component) Prop(name string) (*Prop, error) {
	i := slices.IndexFunc(c.Props, func(p Prop) bool { return p.Name == name })
	if i < 0 {
		return nil, ErrProp
	}
	return &c.Props[i], nil
}

// WithProps returns the component as it is once dynamic props are known.
func (c *Component) WithProps(more []Prop) *Component {
	out := *c
	out.Props = slices.Clone(c.Props)
	for _, p := range more {
		if i := slices.IndexFunc(out.Props, func(q Prop) bool { return q.Name == p.Name }); i >= 0 {
			out.Props[i] = p
			continue
		}
		out.Props = append(out.Props, p)
	}
	return &out
}

// Defaults returns configured props with the defaults of those that are not
// there.
func (c *Component) Defaults(configured map[string]any) map[string]any {
	out := map[string]any{}
	for i := range c.Props {
		p := &c.Props[i]
		if p.Default != nil && !strings.HasPrefix(p.Type, "$.") {
			out[p.Name] = p.Default
		}
	}
	maps.Copy(out, configured)
	return out
}
