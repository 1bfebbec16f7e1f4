package audit

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
)

// View is what the log shows of a thing: its fields, as the API calls them.
type View map[string]any

// Hidden is the value of a field that is shown as changed, and no more.
type Hidden struct{ Of any }

// hidden stands for a value that is not shown.
const hidden = "(changed)"

// longest is how many bytes of JSON a value has that is shown as it is.
const longest = 2000

// Changes are the details of a change: the names of the fields that differ, and
// what they were and are. A view that is nil is of a thing that was not there, or
// is no more.
func Changes(before, after View) map[string]any {
	names, was, is := []string{}, map[string]any{}, map[string]any{}
	all := maps.Clone(map[string]any(before))
	if all == nil {
		all = map[string]any{}
	}
	maps.Copy(all, after)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		old, had := before[name]
		now, has := after[name]
		a, b := plain(old), plain(now)
		if had == has && a == b {
			continue
		}
		names = append(names, name)
		_, secretWas := old.(Hidden)
		_, secretIs := now.(Hidden)
		switch {
		case secretWas || secretIs:
			if after != nil {
				is[name] = hidden
			}
		default:
			if had {
				was[name] = shown(old, a)
			}
			if has {
				is[name] = shown(now, b)
			}
		}
	}
	out := map[string]any{"fields": names}
	if before != nil {
		out["before"] = was
	}
	if after != nil {
		out["after"] = is
	}
	return out
}

func shown(v any, text string) any {
	if len(text) > longest {
		return fmt.Sprintf("(%d bytes)", len(text))
	}
	return v
}

func plain(v any) string {
	if h, ok := v.(Hidden); ok {
		v = h.Of
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprintf("%v", v)
	}
	return string(b)
}

// Address is a URL without what may be secret in it: a password, a query.
func Address(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return raw
	}
	if u.RawQuery != "" {
		u.RawQuery = "…"
	}
	u.User, u.Fragment = nil, ""
	return u.String()
}
