package run

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// longestKey is how long a key is kept as it is; of a longer one its hash is.
const longestKey = 200

// supersede gives a run the key that its workflow says, and cancels older runs
// with the key that wait to be tried again: their event is out of date. A replay
// has no key, for its event is none that is new; neither has an event of which none
// can be worked out.
func supersede(tx *gorm.DB, scope tenant.Scope, r *Run, d *workflow.Definition) error {
	if d.Settings == nil || d.Settings.Supersede == "" || r.ReplayOf != nil || r.Test {
		return nil
	}
	values, err := given(scope, r)
	if err != nil {
		return err
	}
	key, err := values.Text(d.Settings.Supersede)
	if err != nil || key == "" {
		return nil //nolint:nilerr // it has none
	}
	if len(key) > longestKey {
		sum := sha256.Sum256([]byte(key))
		key = hex.EncodeToString(sum[:])
	}
	r.SupersedeKey = key
	if err := inTurn(tx, r); err != nil {
		return err
	}
	var older []string
	err = tx.Model(&Run{}).Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("workflow_id = ? AND supersede_key = ? AND status = ?", r.WorkflowID, key, Retrying).Order("id").Pluck("id", &older).Error
	if err != nil {
		return fmt.Errorf("find runs that are out of date: %w", err)
	}
	_, err = cancel(tx, older, bySuccessor, r.CreatedAt) // none of them is under way
	return err
}

// superseded reports whether there is a newer run with the key of one that failed.
func superseded(tx *gorm.DB, r *Run) (is bool, err error) {
	if r.SupersedeKey == "" {
		return false, nil
	}
	if err := inTurn(tx, r); err != nil {
		return false, err
	}
	err = tx.Raw("SELECT EXISTS (SELECT FROM runs WHERE workflow_id = ? AND supersede_key = ? AND id > ?)", r.WorkflowID, r.SupersedeKey, r.ID).Scan(&is).Error
	if err != nil {
		return false, fmt.Errorf("find a newer run: %w", err)
	}
	return is, nil
}

// inTurn lets one transaction at a time begin or judge runs with a key: of a run
// that comes while another fails, one of both knows of the other.
func inTurn(tx *gorm.DB, r *Run) error {
	err := tx.Exec("SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", "supersede|"+r.WorkflowID+"|"+r.SupersedeKey).Error
	if err != nil {
		return fmt.Errorf("wait for the key: %w", err)
	}
	return nil
}
