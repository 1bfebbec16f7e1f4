package usage

import (
	"fmt"
	"time"

	"gorm.io/gorm"
)

// Credits are counted beside the kinds, over all of them.
const Credits = "credit"

// Used is what was used of a kind in a month.
type Used struct{ Workspace, Project int64 }

// Month returns the first moment of the month in which at is, and of the next, in UTC.
func Month(at time.Time) (first, next time.Time) {
	y, m, _ := at.UTC().Date()
	first = time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)
	return first, first.AddDate(0, 1, 0)
}

// OfMonth counts what a workspace, and one of its projects, used in the month in
// which at is, by kind.
func OfMonth(q *gorm.DB, workspaceID, projectID string, at time.Time) (map[string]Used, error) {
	first, _ := Month(at)
	var rows []struct {
		Kind                           string
		Workspace, Project             int64
		WorkspaceCredit, ProjectCredit int64
	}
	err := q.Raw(`SELECT kind, sum(count)::bigint AS workspace, coalesce(sum(count) FILTER (WHERE project_id = ?), 0)::bigint AS project,
		sum(credits)::bigint AS workspace_credit, coalesce(sum(credits) FILTER (WHERE project_id = ?), 0)::bigint AS project_credit
		FROM usage_months WHERE workspace_id = ? AND month = ? GROUP BY kind`, projectID, projectID, workspaceID, first.Format(time.DateOnly)).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("count usage of a month: %w", err)
	}
	out := map[string]Used{}
	for _, r := range rows {
		out[r.Kind] = Used{r.Workspace, r.Project}
		out[Credits] = Used{out[Credits].Workspace + r.WorkspaceCredit, out[Credits].Project + r.ProjectCredit}
	}
	return out, nil
}
