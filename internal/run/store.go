package run

import (
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/patchbay-dev/patchbay/internal/id"
)

// leaseFor is how long a worker has a run. It renews the lease while a step lasts,
// so that only a dead worker loses one.
const (
	leaseFor = 45 * time.Second
	renew    = leaseFor / 3
)

// claim takes the lease of a run, or returns nil when another worker holds it
// or the run is over. The scope is not named here: tx is already inside it.
func claim(tx *gorm.DB, runID string, now time.Time) (*Run, error) {
	var r Run
	res := tx.Model(&r).Clauses(clause.Returning{}).
		Where("id = ? AND status IN ? AND lease_until <= ?", runID, []Status{Queued, Running, Waiting}, now).
		Updates(map[string]any{
			"status": Running, "lease_id": id.New("lease"), "lease_until": now.Add(leaseFor),
			"started_at": gorm.Expr("COALESCE(started_at, ?)", now),
		})
	if res.Error != nil {
		return nil, fmt.Errorf("claim run: %w", res.Error)
	}
	if res.RowsAffected == 0 {
		return nil, nil
	}
	return &r, nil
}

// hold renews the lease, with other columns, and reports whether it was still r's.
// A lease_until among them ends it at that time.
func hold(tx *gorm.DB, r *Run, set map[string]any, now time.Time) (bool, error) {
	if _, ok := set["lease_until"]; !ok {
		set["lease_until"] = now.Add(leaseFor)
	}
	res := tx.Model(&Run{}).Where("id = ? AND lease_id = ?", r.ID, r.LeaseID).Updates(set)
	if res.Error != nil {
		return false, fmt.Errorf("hold run: %w", res.Error)
	}
	return res.RowsAffected == 1, nil
}

// put writes a step; one that was begun before is begun again.
func put(tx *gorm.DB, s *Step) error {
	err := tx.Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "run_id"}, {Name: "path"}},
		DoUpdates: clause.AssignmentColumns([]string{"status", "input", "output", "error", "attempts", "wake_at", "finished_at"}),
	}).Create(s).Error
	if err != nil {
		return fmt.Errorf("write step: %w", err)
	}
	return nil
}

func stepsOf(tx *gorm.DB, runID string) ([]Step, error) {
	rows := []Step{}
	if err := tx.Where("run_id = ?", runID).Order("position").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("load steps: %w", err)
	}
	return rows, nil
}
