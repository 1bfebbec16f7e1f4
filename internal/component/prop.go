package component

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// Prop is one thing that is asked for. Its JSON is the wire's ConfigurableProp.
type Prop struct {
	Name        string `json:"name"                  yaml:"name"`
	Type        string `json:"type"                  yaml:"type"`
	Label       string `json:"label,omitempty"       yaml:"label"`
	Description string `json:"description,omitempty" yaml:"description"`
	Optional    bool   `json:"optional,omitempty"    yaml:"optional"`
	Default     any    `json:"default,omitempty"     yaml:"default"`
	Secret      bool   `json:"secret,omitempty"      yaml:"secret"`
	Min         *int64 `json:"min,omitempty"         yaml:"min"`
	Max         *int64 `json:"max,omitempty"         yaml:"max"`
	Hidden      bool   `json:"hidden,omitempty"      yaml:"hidden"`
	Disabled    bool   `json:"disabled,omitempty"    yaml:"disabled"`
	Reload      bool   `json:"reloadProps,omitempty" yaml:"reload"`
	WithLabel   bool   `json:"withLabel,omitempty"   yaml:"with_label"`
	Alert       string `json:"alertType,omitempty"   yaml:"alert"`
	Content     string `json:"content,omitempty"     yaml:"content"`
	App         string `json:"app,omitempty"         yaml:"-"`

	// What modules alone say.
	AppProp        string          `json:"appProp,omitempty"        yaml:"-"`
	Format         string          `json:"format,omitempty"         yaml:"-"`
	Static         json.RawMessage `json:"static,omitempty"         yaml:"-"` // of a timer: it is not to be chosen
	CustomResponse bool            `json:"customResponse,omitempty" yaml:"-"` // of an address: the component answers
	EventNames     []string        `json:"eventNames,omitempty"     yaml:"-"`
	AccessMode     string          `json:"accessMode,omitempty"     yaml:"-"`
	Sync           bool            `json:"sync,omitempty"           yaml:"-"`

	Options *Options `json:"-"                     yaml:"options"`
	Use     string   `json:"-"                     yaml:"use"`
}

// Argument reports whether the prop is filled in by whoever runs an action, such as an
// agent: accounts are found, and what is only shown is not asked for.
func (p *Prop) Argument() bool {
	return p.Type != "app" && p.Type != "alert" && p.Type != "dir" && !strings.HasPrefix(p.Type, "$.") && !p.Hidden && !p.Disabled
}

// Options are what can be chosen: given in the file, or asked of the app. A module
// asks by itself: its Remote has no Request.
type Options struct {
	Given  []Option
	Remote *Remote
}

// Option is one value that can be chosen. Without a label its value is shown.
type Option struct {
	Label string `json:"label"`
	Value any    `json:"value"`
}

// Remote is how options are asked of the app.
type Remote struct {
	Depends []string `json:"depends,omitempty" yaml:"depends"`
	Request *Request `json:"request"           yaml:"request"`
	Items   string   `json:"items"             yaml:"items"`
	Value   string   `json:"value"             yaml:"value"`
	Label   string   `json:"label,omitempty"   yaml:"label"`
	Search  bool     `json:"search,omitempty"  yaml:"search"`
}

// UnmarshalYAML reads a list of values, or a way to ask for them.
func (o *Options) UnmarshalYAML(decode func(any) error) error {
	var given []any
	if decode(&given) != nil {
		o.Remote = &Remote{}
		return decode(o.Remote)
	}
	for _, v := range given {
		if m, ok := v.(map[string]any); ok {
			label, _ := m["label"].(string)
			o.Given = append(o.Given, Option{label, m["value"]})
			continue
		}
		o.Given = append(o.Given, Option{fmt.Sprint(v), v})
	}
	return nil
}

// MarshalJSON writes the prop as the wire has it: its options in place, and
// whether there are more to be asked for.
func (p Prop) MarshalJSON() ([]byte, error) {
	type plain Prop
	out := struct {
		plain

		Options       []Option `json:"options,omitempty"`
		RemoteOptions bool     `json:"remoteOptions,omitempty"`
		UseQuery      bool     `json:"useQuery,omitempty"`
	}{plain: plain(p)}
	if p.Options != nil {
		out.Options = p.Options.Given
		if r := p.Options.Remote; r != nil {
			out.RemoteOptions, out.UseQuery = true, r.Search
		}
	}
	return json.Marshal(out) //nolint:wrapcheck // cannot fail for these types
}

// UnmarshalJSON reads what MarshalJSON wrote, but for how an app is asked.
func (p *Prop) UnmarshalJSON(src []byte) error {
	type plain Prop
	in := struct {
		*plain

		Options       []Option `json:"options"`
		RemoteOptions bool     `json:"remoteOptions"`
		UseQuery      bool     `json:"useQuery"`
	}{plain: (*plain)(p)}
	if err := json.Unmarshal(src, &in); err != nil {
		return fmt.Errorf("read prop: %w", err)
	}
	if in.Options != nil || in.RemoteOptions {
		p.Options = &Options{Given: in.Options}
	}
	if in.RemoteOptions {
		p.Options.Remote = &Remote{Search: in.UseQuery}
	}
	return nil
}

// over returns the prop with what o says besides put over it.
func (p Prop) over(o Prop) Prop {
	p.Name, p.Use = o.Name, ""
	if o.Type != "" {
		p.Type = o.Type
	}
	if o.Label != "" {
		p.Label = o.Label
	}
	if o.Description != "" {
		p.Description = o.Description
	}
	if o.Default != nil {
		p.Default = o.Default
	}
	if o.Options != nil {
		p.Options = o.Options
	}
	if o.Min != nil {
		p.Min = o.Min
	}
	if o.Max != nil {
		p.Max = o.Max
	}
	p.Optional, p.Secret, p.Hidden, p.Disabled = p.Optional || o.Optional, p.Secret || o.Secret, p.Hidden || o.Hidden, p.Disabled || o.Disabled
	p.Reload, p.WithLabel = p.Reload || o.Reload, p.WithLabel || o.WithLabel
	return p
}

var propName = regexp.MustCompile(`^[^\x00-\x1f]{1,200}$`)

// ReadProp reads a prop that was worked out and not written.
func ReadProp(v any) (*Prop, error) {
	src, err := yaml.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("read prop: %w", err)
	}
	var p Prop
	if err := yaml.Unmarshal(src, &p); err != nil {
		return nil, fmt.Errorf("read prop: %w", err)
	}
	if !propName.MatchString(p.Name) || !slices.Contains(kinds, p.Type) {
		return nil, fmt.Errorf("%q of type %q is no prop", p.Name, p.Type)
	}
	return &p, nil
}

// kinds are the types of props that operations may have.
var kinds = []string{"string", "integer", "boolean", "object", "any", "string[]", "integer[]", "alert"}
