package variable

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// Use is a workflow that reads a variable of a name.
type Use struct {
	ProjectID string
	Workflow  string // its id
	Name      string
	Running   bool // whether its running version does; else only its draft
}

// mostProjects is in how many projects uses of a workspace's variables are looked for.
const mostProjects = 200

// used fills in which workflows read the variables: of the project, or of all
// projects for what is seen from a workspace.
func (s *Service) used(ctx context.Context, p Place, views []View) error {
	if len(views) == 0 {
		return nil
	}
	projects := []string{p.Scope.Project()}
	if p.Level == Workspace {
		var err error
		if projects, err = s.projects(ctx, p.Workspace); err != nil {
			return err
		}
	}
	for _, of := range projects {
		var readers []workflow.Reader
		err := s.DB.Project(ctx, of, func(tx *gorm.DB) (err error) {
			readers, err = workflow.Readers(tx)
			return err
		})
		if err != nil {
			return err
		}
		for i := range views {
			views[i].Uses = append(views[i].Uses, uses(of, views[i].Name, readers)...)
		}
	}
	return nil
}

func (s *Service) projects(ctx context.Context, workspace string) (ids []string, err error) {
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Raw("SELECT id FROM projects WHERE workspace_id = ? ORDER BY id LIMIT ?", workspace, mostProjects).Scan(&ids).Error
	})
	if err != nil {
		return nil, fmt.Errorf("list projects: %w", err)
	}
	return ids, nil
}

func uses(project, name string, readers []workflow.Reader) (out []Use) {
	for _, r := range readers {
		running := r.Running != nil && r.Running.Reads(name)
		if running || r.Draft.Reads(name) {
			out = append(out, Use{project, r.ID, r.Name, running})
		}
	}
	return out
}
