package appfile

import (
	"errors"
	"fmt"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
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

// Advance notes that tx changes its workspace's apps, or what is remembered beside
// them. The row is locked until tx ends, so that of two changes one comes after the
// other.
func Advance(tx *gorm.DB) error {
	err := tx.Exec("INSERT INTO catalogs (revision) VALUES (1) ON CONFLICT (workspace_id) DO UPDATE SET revision = catalogs.revision + 1").Error
	if err != nil {
		return fmt.Errorf("advance revision: %w", err)
	}
	return nil
}

// newest returns the newest version of a file, or one of number 0 without a source.
func newest(tx *gorm.DB, slug string) (*File, error) {
	f, err := db.One[File](tx.Where("slug = ?", slug).Order("version DESC"), ErrNotFound)
	if errors.Is(err, ErrNotFound) {
		return &File{Slug: slug}, nil
	}
	return f, err
}

// files counts those that serve.
func files(tx *gorm.DB) (n int, err error) {
	err = tx.Raw("SELECT count(*) FROM (SELECT DISTINCT ON (slug) source FROM app_files ORDER BY slug, version DESC) f WHERE source IS NOT NULL").Scan(&n).Error
	if err != nil {
		return 0, fmt.Errorf("count app files: %w", err)
	}
	return n, nil
}

// usage returns how many accounts of an app there are, by method.
func usage(tx *gorm.DB, slug string) (map[string]int, error) {
	var rows []struct {
		Auth     string
		Accounts int
	}
	if err := tx.Raw("SELECT auth, accounts FROM app_accounts(?)", slug).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("count accounts: %w", err)
	}
	out := map[string]int{}
	for _, r := range rows {
		out[r.Auth] = r.Accounts
	}
	return out, nil
}
