package bundle

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/blob"
	"github.com/patchbay-dev/patchbay/internal/db"
)

const (
	idleFor   = time.Hour // from when a bundle was kept until it may go: longer than an installation takes
	sweepMost = 20
)

// Sweep deletes bundles that nothing is of any more: no package that is installed,
// and no component. Every worker process calls it on a ticker. Who dies on the way
// leaves them to another.
func (s *Store) Sweep(ctx context.Context) error {
	for range sweepMost {
		sum, err := s.sweepOne(ctx)
		if err != nil || sum == "" {
			return err
		}
	}
	return nil
}

// sweepOne deletes a bundle; "" = there was none. Its row is locked until its blob is
// gone: who keeps the same content meanwhile waits, and puts it anew.
func (s *Store) sweepOne(ctx context.Context) (sum string, err error) {
	last := false
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		var b struct {
			WorkspaceID string
			SHA256      string `gorm:"column:sha256"`
			Outside     bool
		}
		if free, err := db.Unheld(tx); err != nil || !free {
			return err //nolint:wrapcheck // below
		}
		err := tx.Raw(`SELECT workspace_id, sha256, content IS NULL AS outside FROM component_bundles b WHERE created_at < ?
			AND NOT EXISTS (SELECT FROM components c WHERE c.workspace_id = b.workspace_id AND c.bundle = b.sha256)
			AND NOT EXISTS (SELECT FROM component_packages p WHERE p.workspace_id = b.workspace_id AND p.bundle = b.sha256)
			LIMIT 1 FOR UPDATE SKIP LOCKED`, s.Now().Add(-idleFor)).Scan(&b).Error
		if err != nil || b.SHA256 == "" {
			return err //nolint:wrapcheck // below
		}
		if sum = b.SHA256; b.Outside && s.Blobs != nil {
			k, err := blob.WorkspaceKey(b.WorkspaceID, "bundles", sum+".tgz")
			if err == nil {
				err = s.Blobs.Delete(ctx, k)
			}
			if err != nil {
				return err //nolint:wrapcheck // below
			}
		}
		if err := tx.Exec("DELETE FROM component_bundles WHERE workspace_id = ? AND sha256 = ?", b.WorkspaceID, sum).Error; err != nil {
			return err //nolint:wrapcheck // below
		}
		return tx.Raw("SELECT NOT EXISTS (SELECT FROM component_bundles WHERE sha256 = ?)", sum).Scan(&last).Error
	})
	if err != nil {
		return "", fmt.Errorf("delete a bundle: %w", err)
	}
	if last {
		if err := os.RemoveAll(filepath.Join(s.Dir, sum)); err != nil {
			return "", fmt.Errorf("delete folder of a bundle: %w", err)
		}
	}
	return sum, nil
}
