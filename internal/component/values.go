package component

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/patchbay-dev/patchbay/internal/expression"
	"github.com/patchbay-dev/patchbay/internal/fault"
)

// Configured is what was filled in, in the types that the props have.
type Configured struct {
	Values    map[string]any    // by prop; those that were not filled in are absent
	AccountID string            // of the first app prop; "" = none was named
	Accounts  map[string]string // by app prop; those that name none are absent
}

// maxValue is the largest value of a prop, in bytes of its JSON.
const maxValue = 64 << 10

// invalid is a prop's fault, in the words that its user knows it by.
func invalid(p *Prop, format string, args ...any) error {
	f := *ErrProps
	f.Message = "configured_props." + p.Name + ": " + fault.New(fault.Invalid, "", format, args...).Message
	return f.At("configured_props." + p.Name)
}

// Read reads what was filled in. Values arrive as people, forms and agents write
// them: a number as text, one item for a list, a label beside its value. What the
// component has no prop for is passed over. complete asks for all that has to be
// there.
func (c *Component) Read(configured map[string]any, complete bool) (*Configured, error) {
	out := &Configured{Values: map[string]any{}, Accounts: map[string]string{}}
	for i := range c.Props {
		p := &c.Props[i]
		v, there := configured[p.Name]
		if p.Type == "app" {
			m, _ := v.(map[string]any)
			id, _ := m["authProvisionId"].(string)
			if id == "" && (complete && !p.Optional || v != nil) {
				return nil, invalid(p, `It names the account: {"authProvisionId": "apn_…"}.`)
			}
			if id != "" {
				out.Accounts[p.Name] = id
			}
			if p.Name == c.AppProp() {
				out.AccountID = id
			}
			continue
		}
		if slices.Contains(unfilled, p.Type) {
			continue
		}
		if !there || v == nil {
			v = p.Default
		}
		if v == nil || v == "" && p.Optional {
			if complete && !p.Optional && !p.Hidden && !p.Disabled && p.Type != "$.interface.timer" {
				return nil, invalid(p, "%s is missing.", title(p))
			}
			continue
		}
		read, err := p.read(v)
		if err != nil {
			return nil, err
		}
		out.Values[p.Name] = read
	}
	return out, nil
}

// unfilled are the types of props that nobody fills in.
var unfilled = []string{"alert", "dir", "$.service.db", "$.interface.http", "$.interface.apphook"}

func title(p *Prop) string {
	if p.Label != "" {
		return p.Label
	}
	return p.Name
}

func (p *Prop) read(v any) (any, error) {
	if b, err := json.Marshal(v); err != nil || len(b) > maxValue {
		return nil, invalid(p, "A value has at most %d bytes.", maxValue)
	}
	of, isList := strings.CutSuffix(p.Type, "[]")
	if !isList {
		return p.one(of, v)
	}
	items, ok := v.([]any)
	if text, isText := v.(string); isText {
		if json.Unmarshal([]byte(text), &items) != nil {
			items = []any{text}
		}
	} else if !ok {
		items = []any{v}
	}
	out := make([]any, len(items))
	for i, item := range items {
		var err error
		if out[i], err = p.one(of, item); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// one reads a single value. What is offered for choice does not bind: an app may
// know more than its file.
func (p *Prop) one(of string, v any) (any, error) {
	label, v := unlabelled(v)
	out, err := p.typed(of, v)
	if err != nil {
		return nil, err
	}
	if p.WithLabel {
		if label == "" {
			label = expression.AsText(out)
		}
		return map[string]any{"label": label, "value": out}, nil
	}
	return out, nil
}

// unlabelled cuts {"__lv": {"label", "value"}} into its parts.
func unlabelled(v any) (label string, value any) {
	m, ok := v.(map[string]any)
	if !ok {
		return "", v
	}
	lv, ok := m["__lv"].(map[string]any)
	if !ok {
		return "", v
	}
	label, _ = lv["label"].(string)
	return label, lv["value"]
}

func (p *Prop) typed(of string, v any) (any, error) {
	switch of {
	case "string":
		switch v.(type) {
		case string, float64, int, bool:
			return expression.AsText(v), nil
		}
		return nil, invalid(p, "It has to be a text.")
	case "integer":
		n, ok := v.(float64)
		if text, isText := v.(string); isText {
			parsed, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
			n, ok = parsed, err == nil
		} else if i, isInt := v.(int); isInt {
			n, ok = float64(i), true
		} else if i, isInt := v.(uint64); isInt { // as YAML reads it
			n, ok = float64(i), true
		}
		switch {
		case !ok || n != math.Trunc(n) || math.Abs(n) > 1<<53:
			return nil, invalid(p, "It has to be a whole number.")
		case p.Min != nil && n < float64(*p.Min):
			return nil, invalid(p, "It has to be %d at least.", *p.Min)
		case p.Max != nil && n > float64(*p.Max):
			return nil, invalid(p, "It has to be %d at most.", *p.Max)
		}
		return int(n), nil
	case "boolean":
		switch v {
		case true, "true":
			return true, nil
		case false, "false":
			return false, nil
		}
		return nil, invalid(p, "It has to be true or false.")
	case "object", "$.interface.timer":
		m, ok := v.(map[string]any)
		if text, isText := v.(string); isText {
			ok = json.Unmarshal([]byte(text), &m) == nil
		}
		if !ok || m == nil {
			return nil, invalid(p, "It has to be an object.")
		}
		return m, nil
	default: // any
		return v, nil
	}
}
