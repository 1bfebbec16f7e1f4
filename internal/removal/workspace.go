package removal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/patchbay-dev/patchbay/internal/project"
)

// workspaces has the projects of workspaces go whose time is over, and takes those
// away that have none any more.
func (s *Service) workspaces(ctx context.Context) error {
	failed := []error{s.Members.Untold(ctx)}
	all, err := s.Members.Gone(ctx)
	if err != nil {
		return errors.Join(append(failed, fmt.Errorf("find workspaces that go: %w", err))...)
	}
	for i := range all {
		w := &all[i]
		projects, err := s.Projects.Standing(ctx, w.ID)
		failed = append(failed, err)
		for _, p := range projects {
			if err := s.Projects.Delete(ctx, w.ID, p); err != nil && !errors.Is(err, project.ErrNotFound) {
				failed = append(failed, fmt.Errorf("delete project: %w", err))
			}
		}
		if err != nil || len(projects) > 0 {
			continue
		}
		gone, err := s.Members.Clear(ctx, w)
		if failed = append(failed, err); gone {
			slog.InfoContext(ctx, "a workspace was deleted", "workspace", w.ID, "asked_by", *w.DeletionBy)
		}
	}
	return errors.Join(failed...)
}
