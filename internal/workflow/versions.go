package workflow

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"strings"
	"time"
	"unicode/utf8"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/secret"
)

// Faults of versions.
var (
	ErrVersion = fault.New(fault.NotFound, "workflow_version_not_found", "The workflow has no such version.")
	ErrCanary  = fault.New(fault.Invalid, "canary", "A canary is another version than the running one, with a share from 1 to 99 percent.").At("percent")
	ErrMessage = fault.New(fault.Invalid, "message", "A message has at most %d characters.", maxMessage).At("message")
	ErrKey     = fault.New(fault.Conflict, "workflow_key_taken", "Another workflow of the project has this key.")
)

const maxMessage = 500

// Running says which versions run.
type Running struct {
	Version int
	Canary  int // 0 = none
	Percent int // of the runs, that go to the canary
}

// VersionFor returns the version that a run is of: always the same for one run.
func (w *Workflow) VersionFor(runID string) int {
	if w.CanaryVersion == 0 {
		return w.Version
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(runID)) // never fails
	if int(h.Sum32()%100) < w.CanaryPercent {
		return w.CanaryVersion
	}
	return w.Version
}

// Deploy is Release without a message.
func (s *Service) Deploy(ctx context.Context, projectID, workflowID string) (*View, error) {
	return s.Release(ctx, projectID, workflowID, "")
}

// Release makes the draft the running version and switches the workflow on. A draft
// that is the newest version becomes no other one. A canary ends. The view says how
// ready the workflow is.
func (s *Service) Release(ctx context.Context, projectID, workflowID, message string) (v *View, err error) {
	message = strings.TrimSpace(message)
	if utf8.RuneCountInString(message) > maxMessage {
		return nil, ErrMessage
	}
	now := s.Now()
	err = s.DB.Project(ctx, projectID, func(tx *gorm.DB) error {
		if v, err = change(tx, workflowID, now, s.noted(audit.WorkflowDeployed, release(message, audit.By(ctx).Label(), false, now))); err != nil {
			return err
		}
		v.Score, v.Checks, err = Ready(tx, &v.Workflow)
		return err
	})
	return v, err
}

// Promote is Release within a transaction, by an author. What somebody has switched
// off stays off.
func Promote(tx *gorm.DB, workflowID, message, author string, now time.Time) (*View, error) {
	return change(tx, workflowID, now, release(message, author, true, now))
}

func release(message, author string, stayOff bool, now time.Time) changing {
	return func(tx *gorm.DB, w *Workflow) (map[string]any, secret.Text, error) {
		newest, err := newest(tx, w.ID)
		if err != nil {
			return nil, "", err
		}
		if err := checkCycle(tx, w, &w.Draft); err != nil {
			return nil, "", err
		}
		differs, err := draftDiffers(tx, w.ID, newest)
		if err != nil {
			return nil, "", err
		}
		if differs {
			newest++
			v := Version{ID: id.New("d"), WorkflowID: w.ID, Version: newest, Definition: w.Draft, Author: author, Message: message, CreatedAt: now}
			if err := tx.Create(&v).Error; err != nil {
				return nil, "", fmt.Errorf("insert version: %w", err)
			}
		}
		w.Active = w.Active || w.Version == 0 || !stayOff
		w.Version, w.CanaryVersion, w.CanaryPercent = newest, 0, 0
		return map[string]any{"active": w.Active, "version": newest, "canary_version": 0, "canary_percent": 0}, "", live(tx, w, now)
	}
}

func newest(tx *gorm.DB, workflowID string) (n int, err error) {
	if err := tx.Raw("SELECT COALESCE(max(version), 0) FROM workflow_versions WHERE workflow_id = ?", workflowID).Scan(&n).Error; err != nil {
		return 0, fmt.Errorf("find newest version: %w", err)
	}
	return n, nil
}

// Run makes a version the running one, which may be an older one, and sends a
// share of the runs to another. Runs that have begun keep their version.
func (s *Service) Run(ctx context.Context, projectID, workflowID string, to Running, seen ...time.Time) (*View, error) {
	if to.Canary != 0 && (to.Canary == to.Version || to.Percent < 1 || to.Percent > 99) {
		return nil, ErrCanary
	}
	if to.Canary == 0 {
		to.Percent = 0
	}
	return s.change(ctx, projectID, workflowID, s.noted(audit.VersionRun, func(tx *gorm.DB, w *Workflow) (map[string]any, secret.Text, error) {
		if err := fault.Unchanged(w.UpdatedAt, seen...); err != nil {
			return nil, "", err //nolint:wrapcheck // a fault
		}
		wanted := []int{to.Version}
		if to.Canary != 0 {
			wanted = append(wanted, to.Canary)
		}
		for _, v := range wanted {
			d, err := AtVersion(tx, w.ID, v)
			if errors.Is(err, ErrNotFound) {
				return nil, "", ErrVersion
			}
			if err == nil {
				err = checkCycle(tx, w, d) // what it calls may have changed
			}
			if err != nil {
				return nil, "", err
			}
		}
		w.Version, w.CanaryVersion, w.CanaryPercent = to.Version, to.Canary, to.Percent
		return map[string]any{"version": to.Version, "canary_version": to.Canary, "canary_percent": to.Percent}, "", live(tx, w, s.Now())
	}))
}

// Versions returns a workflow's versions, newest first.
func (s *Service) Versions(ctx context.Context, projectID, workflowID string, c db.Cursor) (w *Workflow, page *db.Page[Version], err error) {
	err = s.DB.Project(ctx, projectID, func(tx *gorm.DB) error {
		if w, err = db.One[Workflow](tx.Where("id = ?", workflowID), ErrNotFound); err != nil {
			return err
		}
		page, err = db.List(tx.Where("workflow_id = ?", workflowID), c, func(v *Version) string { return v.ID })
		return err
	})
	return w, page, err
}

// Version returns a version of a workflow; 0 = its draft.
func (s *Service) Version(ctx context.Context, projectID, workflowID string, version int) (w *Workflow, v *Version, err error) {
	err = s.DB.Project(ctx, projectID, func(tx *gorm.DB) error {
		if w, err = db.One[Workflow](tx.Where("id = ?", workflowID), ErrNotFound); err != nil {
			return err
		}
		if version == 0 {
			v = &Version{WorkflowID: w.ID, Definition: w.Draft, CreatedAt: w.UpdatedAt}
			return nil
		}
		v, err = db.One[Version](tx.Where("workflow_id = ? AND version = ?", workflowID, version), ErrVersion)
		return err
	})
	return w, v, err
}

// Diff returns in what a version differs from another one; 0 = the draft.
func (s *Service) Diff(ctx context.Context, projectID, workflowID string, from, to int) ([]Change, error) {
	_, before, err := s.Version(ctx, projectID, workflowID, from)
	if err != nil {
		return nil, err
	}
	_, after, err := s.Version(ctx, projectID, workflowID, to)
	if err != nil {
		return nil, err
	}
	return Diff(&before.Definition, &after.Definition)
}
