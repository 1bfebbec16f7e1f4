package appfile

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/catalog"
)

// Unsound is a file that this version of Patchbay does not use.
type Unsound struct {
	WorkspaceID string
	Slug        string
	Version     int
	Problem     catalog.Problem // the first
}

// Unsound reads the files that serve in every workspace, and returns how many
// there are and which of them are not used.
func (s *Service) Unsound(ctx context.Context) (n int, out []Unsound, err error) {
	var workspaces []string
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Raw("SELECT DISTINCT workspace_id FROM app_files ORDER BY 1").Scan(&workspaces).Error
	})
	if err != nil {
		return 0, nil, fmt.Errorf("find app files: %w", err)
	}
	for _, id := range workspaces {
		var files []File
		err := s.DB.Workspace(ctx, id, func(tx *gorm.DB) (err error) {
			files, err = current(tx)
			return err
		})
		if err != nil {
			return 0, nil, err
		}
		n += len(files)
		for _, f := range files {
			if _, problems := s.Shipped.Read([]byte(*f.Source)); len(problems) > 0 {
				out = append(out, Unsound{id, f.Slug, f.Version, problems[0]})
			}
		}
	}
	return n, out, nil
}
