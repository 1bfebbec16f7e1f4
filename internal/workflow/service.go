package workflow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/endpoint"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/token"
)

// Service edits and deploys workflows. They belong to a project, so each method
// names the project, which its caller has checked.
type Service struct {
	DB  *db.DB
	Now func() time.Time
}

// View is a workflow as its owner sees it.
type View struct {
	Workflow

	DraftDiffers bool        // whether the draft is not the running version
	Bearer       secret.Text // once: when it was made
	Score        int         // of its readiness, in percent: when it was deployed
	Checks       []Check     // the same
}

// Create makes a workflow with d as its draft.
func (s *Service) Create(ctx context.Context, projectID string, d *Definition) (v *View, err error) {
	err = s.DB.Project(ctx, projectID, func(tx *gorm.DB) error {
		if v, err = Add(tx, d, s.Now()); err != nil {
			return err
		}
		return audit.Record(tx, s.Now(), audit.Entry{Action: audit.WorkflowCreated, Subject: v.ID, Details: audit.Changes(nil, v.logged())})
	})
	return v, err
}

// Add is Create within a transaction.
func Add(tx *gorm.DB, d *Definition, now time.Time) (*View, error) {
	kind := endpoint.Open
	if d.HTTP().Auth == AuthOAuth {
		kind = endpoint.OAuth
	}
	w := Workflow{ID: id.New("p"), Key: keyOf(d), Name: d.Name, Draft: *d, PausedIn: []string{}, CreatedAt: now, UpdatedAt: now}
	var err error
	if w.EndpointID, err = endpoint.Create(tx, kind, "", w.ID); err != nil {
		return nil, err
	}
	bearer := w.giveBearer()
	err = tx.Create(&w).Error
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return nil, ErrKey
	}
	if err != nil {
		return nil, fmt.Errorf("insert workflow: %w", err)
	}
	return &View{Workflow: w, DraftDiffers: true, Bearer: bearer}, nil
}

// giveBearer makes a token when the draft wants one and there is none.
func (w *Workflow) giveBearer() secret.Text {
	if w.Draft.HTTP().Auth != AuthBearer || w.BearerHash != nil {
		return ""
	}
	raw := token.Hex("pbw_", 32)
	w.BearerHash = token.Hash(raw)
	return secret.Text(raw)
}

// List returns a project's workflows, newest first.
func (s *Service) List(ctx context.Context, projectID string, c db.Cursor) (*db.Page[View], error) {
	out := &db.Page[View]{}
	err := s.DB.Project(ctx, projectID, func(tx *gorm.DB) error {
		page, err := db.List(tx, c, func(w *Workflow) string { return w.ID })
		if err != nil {
			return err
		}
		out.Total, out.Start, out.End, out.Items = page.Total, page.Start, page.End, make([]View, len(page.Items))
		for i := range page.Items {
			if out.Items[i], err = view(tx, &page.Items[i]); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

// Get returns a workflow.
func (s *Service) Get(ctx context.Context, projectID, workflowID string) (*View, error) {
	return s.change(ctx, projectID, workflowID, func(*gorm.DB, *Workflow) (map[string]any, secret.Text, error) { return nil, "", nil })
}

// Update replaces the draft. The running version goes on.
//
// With seen it does so only if the workflow is as it was then.
func (s *Service) Update(ctx context.Context, projectID, workflowID string, d *Definition, seen ...time.Time) (*View, error) {
	draft := redraft(d)
	return s.change(ctx, projectID, workflowID, s.noted(audit.WorkflowChanged, func(tx *gorm.DB, w *Workflow) (map[string]any, secret.Text, error) {
		if err := fault.Unchanged(w.UpdatedAt, seen...); err != nil {
			return nil, "", err
		}
		return draft(tx, w)
	}))
}

// Edit is Update within a transaction.
func Edit(tx *gorm.DB, workflowID string, d *Definition, now time.Time) (*View, error) {
	return change(tx, workflowID, now, redraft(d))
}

func redraft(d *Definition) changing {
	return func(_ *gorm.DB, w *Workflow) (map[string]any, secret.Text, error) {
		w.Draft, w.Name, w.Key = *d, d.Name, keyOf(d)
		bearer := w.giveBearer()
		draft, err := json.Marshal(d)
		return map[string]any{"draft": string(draft), "name": d.Name, "key": w.Key, "bearer_hash": w.BearerHash}, bearer, err
	}
}

// Disable switches a workflow off. Doing so twice is no error.
func (s *Service) Disable(ctx context.Context, projectID, workflowID string) (*View, error) {
	return s.change(ctx, projectID, workflowID, s.noted(audit.WorkflowDisabled, func(tx *gorm.DB, w *Workflow) (map[string]any, secret.Text, error) {
		w.Active = false
		return map[string]any{"active": false}, "", live(tx, w, s.Now())
	}))
}

// NewBearer gives a workflow a new bearer token; the old one stops at once.
func (s *Service) NewBearer(ctx context.Context, projectID, workflowID string) (*View, error) {
	return s.change(ctx, projectID, workflowID, s.noted(audit.WorkflowKeyChanged, func(_ *gorm.DB, w *Workflow) (map[string]any, secret.Text, error) {
		if w.Draft.HTTP().Auth != AuthBearer {
			return nil, "", ErrNotBearer
		}
		w.BearerHash = nil
		raw := w.giveBearer()
		return map[string]any{"bearer_hash": w.BearerHash}, raw, nil
	}))
}

// Delete removes a workflow with its versions, runs and endpoint.
func (s *Service) Delete(ctx context.Context, projectID, workflowID string) error {
	return s.DB.Project(ctx, projectID, func(tx *gorm.DB) error {
		w, err := db.One[Workflow](tx.Where("id = ?", workflowID), ErrNotFound)
		if err != nil {
			return err
		}
		if err := Remove(tx, workflowID); err != nil {
			return err
		}
		return audit.Record(tx, s.Now(), audit.Entry{Action: audit.WorkflowDeleted, Subject: workflowID, Details: audit.Changes(w.logged(), nil)})
	})
}

// Remove is Delete within a transaction.
func Remove(tx *gorm.DB, workflowID string) error {
	if err := db.Affected(tx.Where("id = ?", workflowID).Delete(&Workflow{}), ErrNotFound); err != nil {
		return err
	}
	return endpoint.Delete(tx, workflowID)
}

// changing changes a workflow, and returns the columns to write and a bearer token
// that was made.
type changing func(*gorm.DB, *Workflow) (map[string]any, secret.Text, error)

// noted is a change that is written to the audit log.
func (s *Service) noted(action string, fn changing) changing {
	return func(tx *gorm.DB, w *Workflow) (map[string]any, secret.Text, error) {
		was := w.logged()
		columns, bearer, err := fn(tx, w)
		if err != nil {
			return nil, "", err
		}
		return columns, bearer, audit.Record(tx, s.Now(), audit.Entry{Action: action, Subject: w.ID, Details: audit.Changes(was, w.logged())})
	}
}

// logged is what the audit log shows of a workflow. Its draft, in which there may
// be anything, is told apart and not shown: versions keep what was deployed.
func (w *Workflow) logged() audit.View {
	return audit.View{
		"name": w.Name, "key": w.Key, "active": w.Active, "version": w.Version, "canary_version": w.CanaryVersion, "canary_percent": w.CanaryPercent,
		"draft": audit.Hidden{Of: w.Draft}, "bearer_token": audit.Hidden{Of: w.BearerHash},
	}
}

func (s *Service) change(ctx context.Context, projectID, workflowID string, fn changing) (out *View, err error) {
	err = s.DB.Project(ctx, projectID, func(tx *gorm.DB) error {
		out, err = change(tx, workflowID, s.Now(), fn)
		return err
	})
	return out, err
}

// change loads a workflow under a lock, lets fn change it, and writes the columns that fn returns.
func change(tx *gorm.DB, workflowID string, now time.Time, fn changing) (*View, error) {
	w, err := db.One[Workflow](tx.Raw("SELECT * FROM workflows WHERE id = ? FOR UPDATE", workflowID), ErrNotFound)
	if err != nil {
		return nil, err
	}
	columns, bearer, err := fn(tx, w)
	if err != nil {
		return nil, err
	}
	if len(columns) > 0 {
		w.UpdatedAt = now
		columns["updated_at"] = w.UpdatedAt
		err := tx.Model(&Workflow{}).Where("id = ?", w.ID).Updates(columns).Error
		if errors.Is(err, gorm.ErrDuplicatedKey) {
			return nil, ErrKey
		}
		if err != nil {
			return nil, fmt.Errorf("update workflow: %w", err)
		}
	}
	out, err := view(tx, w)
	out.Bearer = bearer
	return &out, err
}

// keyOf is a definition's key; nil = none.
func keyOf(d *Definition) *string {
	if d.Key == "" {
		return nil
	}
	return &d.Key
}

func view(tx *gorm.DB, w *Workflow) (View, error) {
	differs, err := draftDiffers(tx, w.ID, w.Version)
	return View{Workflow: *w, DraftDiffers: differs}, err
}

func draftDiffers(tx *gorm.DB, workflowID string, version int) (bool, error) {
	if version == 0 {
		return true, nil
	}
	// The database compares documents, not texts: key order and spaces are no difference.
	var same bool
	err := tx.Raw(`SELECT v.definition = w.draft FROM workflow_versions v JOIN workflows w ON w.id = v.workflow_id
		WHERE v.workflow_id = ? AND v.version = ?`, workflowID, version).Scan(&same).Error
	if err != nil {
		return false, fmt.Errorf("compare draft: %w", err)
	}
	return !same, nil
}

// Runnable returns a workflow that is switched on, with its running version, or
// ErrNotFound: to a caller, one that is off is not there.
func Runnable(tx *gorm.DB, workflowID string) (*Workflow, *Definition, error) {
	w, err := db.One[Workflow](tx.Where("id = ? AND active AND version > 0", workflowID), ErrNotFound)
	if err != nil {
		return nil, nil, err
	}
	d, err := AtVersion(tx, workflowID, w.Version)
	return w, d, err
}

// AtVersion returns the definition of a version.
func AtVersion(tx *gorm.DB, workflowID string, version int) (*Definition, error) {
	v, err := db.One[Version](tx.Where("workflow_id = ? AND version = ?", workflowID, version), ErrNotFound)
	if err != nil {
		return nil, err
	}
	return &v.Definition, nil
}

// Running returns a workflow that is switched on, with its running version.
func (s *Service) Running(ctx context.Context, projectID, workflowID string) (w *Workflow, d *Definition, err error) {
	err = s.DB.Project(ctx, projectID, func(tx *gorm.DB) error {
		w, d, err = Runnable(tx, workflowID)
		return err
	})
	return w, d, err
}

// TakesBearer reports whether raw is the workflow's bearer token.
func (w *Workflow) TakesBearer(raw string) bool {
	return len(w.BearerHash) > 0 && token.Matches(raw, w.BearerHash)
}
