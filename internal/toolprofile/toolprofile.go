// Package toolprofile keeps what agents are given over MCP: named choices of tools,
// each at an address of its own. What is not in a profile is not there for who comes
// by it: no tool outside is found, described or run.
package toolprofile

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/fault"
)

// Faults of this package.
var (
	ErrNotFound    = fault.New(fault.NotFound, "tool_profile_not_found", "The environment has no tool profile of this name.")
	ErrName        = fault.New(fault.Invalid, "tool_profile_name", "A name has up to 40 small letters, digits and -, and begins with a letter or digit.").At("name")
	ErrTaken       = fault.New(fault.Conflict, "tool_profile_exists", "The environment has a tool profile of this name already.").At("name")
	ErrDescription = fault.New(fault.Invalid, "tool_profile_description", "A description has at most %d characters.", longest).At("description")
	ErrMetaTool    = fault.New(fault.Invalid, "tool_profile_meta_tool", "The tools of ours are %s.", strings.Join(MetaTools, ", ")).At("meta_tools")
	ErrEmpty       = fault.New(fault.Invalid, "tool_profile_empty", "A profile has at least one tool.").At("tools")
	ErrTools       = fault.New(fault.Invalid, "too_many_tools", "A profile has at most %d tools.", mostTools).At("tools")
	ErrFull        = fault.New(fault.Conflict, "too_many_tool_profiles", "An environment has at most %d tool profiles.", mostProfiles)

	// ErrOutside refuses a tool that is not in the profile.
	ErrOutside = fault.New(fault.Forbidden, "tool_not_in_profile", "The tool is not in the tool profile of this address.")
	// ErrOtherApp refuses an app of which no tool is in the profile.
	ErrOtherApp = fault.New(fault.Forbidden, "app_not_in_profile", "No tool of the app is in the tool profile of this address.")
	// ErrSet refuses an argument that the profile sets or hides.
	ErrSet = fault.New(fault.Forbidden, "argument_set_by_profile", "The tool profile of this address sets the argument. Leave it out.")
)

const (
	mostProfiles = 100 // in an environment
	mostTools    = 100 // in a profile: each is in an agent's memory all the time
	longest      = 500 // characters of a description
)

// The tools of ours, by which others are found and run.
const (
	Search   = "search_tools"
	Describe = "describe_tool"
	Run      = "run_tool"
	Accounts = "list_accounts"
	Connect  = "connect_account"
)

// MetaTools are their names.
var MetaTools = []string{Search, Describe, Run, Accounts, Connect}

var name = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

// Named reports whether a text can be a profile's name.
func Named(text string) bool { return name.MatchString(text) }

// Tool is an action as a profile gives it out.
type Tool struct {
	Key    string         `json:"key"`
	Preset map[string]any `json:"preset,omitempty"` // values that hold, whatever an agent says
	Hidden []string       `json:"hidden,omitempty"` // props that no agent fills in
}

// Profile is a choice of tools.
type Profile struct {
	ID          string // tpf_…
	Name        string // by which its address names it; it stays
	Description string
	MetaTools   []string `gorm:"serializer:json"`
	Tools       []Tool   `gorm:"serializer:json"`
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// TableName maps the noun to its table.
func (Profile) TableName() string { return "tool_profiles" }

// Shows reports whether a tool of ours is given out.
func (p *Profile) Shows(metaTool string) bool {
	return p == nil || slices.Contains(p.MetaTools, metaTool)
}

// Tool returns what the profile says of an action; false = it is not in it.
func (p *Profile) Tool(key string) (Tool, bool) {
	i := slices.IndexFunc(p.Tools, func(t Tool) bool { return t.Key == key })
	if i < 0 {
		return Tool{}, false
	}
	return p.Tools[i], true
}

// Holds reports whether an action may be used by who comes by the profile.
func (p *Profile) Holds(key string) bool {
	if p == nil {
		return true
	}
	_, ok := p.Tool(key)
	return ok
}

// Keeps reports whether the profile says of a prop what it is: nobody fills it in.
func (t Tool) Keeps(prop string) bool {
	_, set := t.Preset[prop]
	return set || slices.Contains(t.Hidden, prop)
}

// Narrowed returns an action as the tool gives it out: what is kept is hidden.
func (t Tool) Narrowed(c *component.Component) *component.Component {
	out := *c
	out.Props = slices.Clone(c.Props)
	for i := range out.Props {
		if t.Keeps(out.Props[i].Name) {
			out.Props[i].Hidden = true
		}
	}
	return &out
}

// check refuses a profile that cannot be given out, by the components of its project.
func (p *Profile) check(all *component.Registry) error {
	switch {
	case utf8.RuneCountInString(p.Description) > longest:
		return ErrDescription
	case len(p.Tools) == 0:
		return ErrEmpty
	case len(p.Tools) > mostTools:
		return ErrTools
	case slices.ContainsFunc(p.MetaTools, func(m string) bool { return !slices.Contains(MetaTools, m) }):
		return ErrMetaTool
	}
	asked := p.MetaTools
	p.MetaTools = slices.DeleteFunc(slices.Clone(MetaTools), func(m string) bool { return !slices.Contains(asked, m) })
	seen := map[string]bool{}
	for i := range p.Tools {
		t := &p.Tools[i]
		at := fmt.Sprintf("tools.%d", i)
		if seen[t.Key] {
			return toolFault(at, "The tool %s stands there twice.", t.Key)
		}
		seen[t.Key] = true
		c, err := all.Of(component.Action, t.Key, "")
		if err != nil {
			return toolFault(at, "There is no action %s.", t.Key)
		}
		if err := t.check(at, c); err != nil {
			return err
		}
	}
	return nil
}

func toolFault(at, format string, args ...any) error {
	return fault.New(fault.Invalid, "tool_profile_tool", format, args...).At(at)
}

// check refuses what a tool says of props that there are not, that are no arguments,
// that are secret, or without which the action cannot be run.
func (t *Tool) check(at string, c *component.Component) error {
	t.Hidden = slices.Compact(slices.Sorted(slices.Values(t.Hidden)))
	for _, prop := range slices.Concat(slices.Sorted(maps.Keys(t.Preset)), t.Hidden) {
		p, err := c.Prop(prop)
		switch {
		case err != nil || !p.Argument():
			return toolFault(at, "%s takes no argument %s.", c.Key, prop)
		case p.Secret:
			return toolFault(at, "The argument %s of %s is a secret, which no profile keeps.", prop, c.Key)
		}
	}
	for _, prop := range t.Hidden {
		if _, set := t.Preset[prop]; set {
			return toolFault(at, "The argument %s of %s is set, and so it is hidden already.", prop, c.Key)
		}
		if p, err := c.Prop(prop); err == nil && !p.Optional && p.Default == nil {
			return toolFault(at, "The argument %s of %s is needed: set it, or do not hide it.", prop, c.Key)
		}
	}
	for prop, v := range t.Preset {
		if v == nil {
			return toolFault(at, "The argument %s of %s is set to nothing.", prop, c.Key)
		}
	}
	if _, err := c.Read(t.Preset, false); err != nil {
		return toolFault(at, "%s: %s", c.Key, fault.Of(err).Message)
	}
	return nil
}
