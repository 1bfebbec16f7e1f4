package registry

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/component"
)

// Pin makes tools the components of a server, in the place of those that it had: one
// that is as it was keeps its version, one that is otherwise has a new one beside it,
// and one that is gone goes. more writes what its caller keeps, in one transaction
// with them.
func (s *Service) Pin(ctx context.Context, workspaceID, app, author string, tools []*component.Component, more func(tx *gorm.DB) error) error {
	server := component.OfServer + app
	return s.change(ctx, workspaceID, func(tx *gorm.DB) error {
		gone := map[string]bool{}
		var had []string
		if err := tx.Model(&Release{}).Distinct("key").Where("package = ?", server).Pluck("key", &had).Error; err != nil {
			return fmt.Errorf("load components: %w", err)
		}
		for _, key := range had {
			gone[key] = true
		}
		if n, err := count(tx); err != nil || int(n)+len(tools) > maxVersions {
			return orFull(err)
		}
		p := &Package{Name: server}
		for _, c := range tools {
			key, err := keyOf(c.Key)
			if err != nil {
				return err
			}
			delete(gone, key)
			r := &Release{
				Key: key, Version: "1.0.0", Type: c.Type, App: c.App, Package: &server, Author: author, CreatedAt: s.Now(),
				Described: &described{Name: c.Name, Desc: c.Desc, Effect: c.Effect, Props: append([]component.Prop{}, c.Props...), Tool: c.Tool},
			}
			there, err := releases(tx, key)
			if err != nil {
				return err
			}
			if len(there) > 0 {
				if alike(there[0].Described, r.Described) {
					continue
				}
				r.Version = next(there[0].Version)
			}
			if err := p.replace(tx, r); err != nil {
				return err
			}
		}
		for key := range gone {
			if err := tx.Where("key = ? AND package = ?", key, server).Delete(&Release{}).Error; err != nil {
				return fmt.Errorf("delete component: %w", err)
			}
		}
		return more(tx)
	})
}

// Unpin takes the components of a server away. Actions are in no deployed trigger, so
// that none is in its way.
func (s *Service) Unpin(ctx context.Context, workspaceID, app string, more func(tx *gorm.DB) error) error {
	return s.change(ctx, workspaceID, func(tx *gorm.DB) error {
		if err := tx.Where("package = ?", component.OfServer+app).Delete(&Release{}).Error; err != nil {
			return fmt.Errorf("delete components: %w", err)
		}
		return more(tx)
	})
}

// alike compares what is said, however the database has it.
func alike(a, b *described) bool {
	said := func(d *described) (out any) {
		text, _ := json.Marshal(d)
		_ = json.Unmarshal(text, &out)
		return out
	}
	return a != nil && reflect.DeepEqual(said(a), said(b))
}

// next is the version after another, of what is not what it was.
func next(version string) string {
	major, _, _ := strings.Cut(version, ".")
	n, _ := strconv.Atoi(major)
	return strconv.Itoa(n+1) + ".0.0"
}
