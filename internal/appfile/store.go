package appfile

import (
	"fmt"

	"gorm.io/gorm"
)

// revision returns how often tx's workspace has changed its apps.
func revision(tx *gorm.DB) (n int64, err error) {
	if err := tx.Raw("SELECT coalesce(max(revision), 0) FROM catalogs").Scan(&n).Error; err != nil {
		return 0, fmt.Errorf("load revision: %w", err)
	}
	return n, nil
}

// current returns the files that serve.
func current(tx *gorm.DB) (files []File, err error) {
	err = tx.Raw(`SELECT * FROM (SELECT DISTINCT ON (slug) * FROM app_files ORDER BY slug, version DESC) f WHERE source IS NOT NULL`).Scan(&files).Error
	if err != nil {
		return nil, fmt.Errorf("load app files: %w", err)
	}
	return files, nil
}

// logosOf returns which logos there are, without their content.
func logosOf(tx *gorm.DB) (logos []Logo, err error) {
	if err := tx.Omit("content").Find(&logos).Error; err != nil {
		return nil, fmt.Errorf("load logos: %w", err)
	}
	return logos, nil
}
