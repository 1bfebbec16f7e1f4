package promotion

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"reflect"
	"slices"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/brand"
	"github.com/patchbay-dev/patchbay/internal/project"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/variable"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// compare returns an item for each setting of source, in one order.
func (s *Service) compare(source, target settings, from, to tenant.Scope) []Item {
	items := []Item{}
	if now := ofBrand(source.brand); len(now) > 0 {
		items = append(items, differ(Item{Kind: Brand}, ofBrand(target.brand), now, func(tx *gorm.DB) error {
			return s.Brands.Take(tx, source.brand, from.EnvironmentName())
		}))
	}
	if now := ofVerification(source.verification); now != nil {
		items = append(items, differ(Item{Kind: Verification}, ofVerification(target.verification), now, func(tx *gorm.DB) error {
			return s.Projects.ChangeVerification(tx, to, *source.verification)
		}))
	}
	for i := range source.variables {
		items = append(items, s.ofVariable(&source.variables[i], target.variables, to))
	}
	for i := range source.endpoints {
		e := &source.endpoints[i]
		var before map[string]any
		if at := slices.IndexFunc(target.endpoints, func(o webhook.Endpoint) bool { return o.URL == e.URL }); at >= 0 {
			before = plain(target.endpoints[at].Shown())
		}
		items = append(items, differ(Item{Kind: Endpoint, Name: e.URL}, before, plain(e.Shown()), func(tx *gorm.DB) error { return s.Webhooks.Take(tx, e) }))
	}
	return items
}

// differ fills in what an item comes to.
func differ(item Item, before, after map[string]any, do func(tx *gorm.DB) error) Item {
	item.ID = item.Kind
	if item.Name != "" {
		item.ID += ":" + item.Name
	}
	item.Action, item.Fields = None, []string{}
	for _, name := range slices.Sorted(maps.Keys(after)) {
		if old, had := before[name]; !had || !reflect.DeepEqual(old, after[name]) {
			item.Fields = append(item.Fields, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(before)) { // what source has not is taken away
		if _, has := after[name]; !has {
			item.Fields = append(item.Fields, name)
		}
	}
	if len(item.Fields) == 0 {
		return item
	}
	item.Action, item.do = Update, do
	if before == nil {
		item.Action = Create
	}
	of := func(all map[string]any) map[string]any {
		if all == nil {
			return nil
		}
		out := map[string]any{}
		for _, name := range item.Fields {
			if v, has := all[name]; has {
				out[name] = v
			}
		}
		return out
	}
	item.Before, item.After = of(before), of(after)
	return item
}

func (s *Service) ofVariable(v *variable.View, there []variable.View, to tenant.Scope) Item {
	var before map[string]any
	at := slices.IndexFunc(there, func(o variable.View) bool { return o.Name == v.Name })
	if at >= 0 {
		before = shown(&there[at])
	}
	item := differ(Item{Kind: Variable, Name: v.Name}, before, shown(v), func(tx *gorm.DB) error {
		no := false
		return s.Variables.Take(tx, to, v.Name, variable.Change{Value: v.Plain, Secret: &no, Description: &v.Description})
	})
	if v.Secret || at >= 0 && there[at].Secret { // neither is its value told, nor is a secret made a plain one
		item.Action, item.Fields, item.Before, item.After, item.do = Secret, []string{}, nil, nil, nil
		if at >= 0 {
			item.Before = map[string]any{"secret": there[at].Secret}
		}
	}
	return item
}

func shown(v *variable.View) map[string]any {
	out := map[string]any{"secret": v.Secret, "description": v.Description}
	if v.Plain != nil {
		out["value"] = v.Plain.Reveal()
	}
	return out
}

// ofVerification is nil where nothing was ever said.
func ofVerification(v *project.Verification) map[string]any {
	if v.URL == nil && v.Enabled == nil {
		return nil
	}
	return plain(map[string]any{"verify_url": v.URL, "enabled": v.Enabled})
}

// ofBrand are a brand's settings, with the sums of its files. It is empty where
// nothing was ever said.
func ofBrand(of *brand.Source) map[string]any {
	text, _ := json.Marshal(of.Settings) // texts, numbers and lists always marshal
	out := map[string]any{}
	_ = json.Unmarshal(text, &out)
	for _, f := range of.Files {
		sum := sha256.Sum256(f.Content)
		out[f.Kind] = hex.EncodeToString(sum[:8])
	}
	if prune(out); len(out) == 0 {
		return nil
	}
	return out
}

// prune takes away what says nothing.
func prune(of map[string]any) {
	for name, v := range of {
		within, nested := v.(map[string]any)
		if nested {
			prune(within)
		}
		if v == nil || nested && len(within) == 0 {
			delete(of, name)
		}
	}
}

// plain are values as JSON has them, so that two can be compared.
func plain(in map[string]any) map[string]any {
	text, _ := json.Marshal(in)
	out := map[string]any{}
	_ = json.Unmarshal(text, &out)
	return out
}
