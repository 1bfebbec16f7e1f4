package registry

import (
	"fmt"
	"slices"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/component"
)

// releases returns the versions of a component of tx's workspace, newest first,
// without their sources.
func releases(tx *gorm.DB, key string) (rows []Release, err error) {
	if err := tx.Omit("source").Where("key = ?", key).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("load versions: %w", err)
	}
	slices.SortFunc(rows, func(a, b Release) int { return component.Older(a.Version, b.Version) })
	return rows, nil
}

// count returns how many versions tx's workspace keeps.
func count(tx *gorm.DB) (n int64, err error) {
	if err := tx.Model(&Release{}).Count(&n).Error; err != nil {
		return 0, fmt.Errorf("count components: %w", err)
	}
	return n, nil
}

// usage returns how many triggers are deployed with components of tx's workspace,
// by key and version.
func usage(tx *gorm.DB) (map[string]map[string]int, error) {
	var rows []struct {
		Key      string
		Version  string
		Triggers int
	}
	if err := tx.Raw("SELECT key, version, triggers FROM component_triggers()").Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("count triggers: %w", err)
	}
	out := map[string]map[string]int{}
	for _, r := range rows {
		if out[r.Key] == nil {
			out[r.Key] = map[string]int{}
		}
		out[r.Key][r.Version] = r.Triggers
	}
	return out, nil
}
