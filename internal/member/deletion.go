package member

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
)

// Faults of workspaces that are to be deleted.
var (
	ErrConfirmName   = fault.New(fault.Invalid, "workspace_name_confirm", "Type the workspace's name as it is written, to confirm.")
	ErrLastWorkspace = fault.New(fault.Conflict, "last_workspace", "This is the last workspace of the installation. Make another first, or have its operator take the installation down.")
	ErrOwnerDeletes  = fault.New(fault.Forbidden, "owners_only", "Only an owner may delete the workspace, or take it back.")
	ErrNotDeleted    = fault.New(fault.Conflict, "workspace_not_deleted", "The workspace is not to be deleted.")
	ErrBeyondReturn  = fault.New(fault.Conflict, "workspace_goes", "The time to take the workspace back is over: it is being deleted.")
)

// Going reports whether the workspace is to be deleted. Then nothing begins in it.
func (w *Workspace) Going() bool { return w.DeletesAt != nil }

// Delete has a workspace go when its grace is over. From now on nothing begins in it:
// its environments are held, which whoever claims work asks for. Who asks again is
// told when it goes. name is the workspace's, typed to confirm.
func (s *Service) Delete(ctx context.Context, workspaceID string, by Role, name string) (w *Workspace, err error) {
	if by != Owner {
		return nil, ErrOwnerDeletes
	}
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		// Of two who delete the last two workspaces at once, the second is told.
		if err := tx.Exec("SELECT pg_advisory_xact_lock(hashtext('patchbay workspaces that go'))").Error; err != nil {
			return fmt.Errorf("lock workspaces: %w", err)
		}
		if w, err = db.One[Workspace](tx.Clauses(locked).Where("id = ?", workspaceID), ErrWorkspaceNotFound); err != nil || w.Going() {
			return err
		}
		if name != w.Name {
			return ErrConfirmName
		}
		var others bool
		if err := tx.Raw("SELECT EXISTS (SELECT FROM workspaces WHERE id <> ? AND deletes_at IS NULL)", w.ID).Scan(&others).Error; err != nil {
			return fmt.Errorf("find other workspaces: %w", err)
		}
		if !others {
			return ErrLastWorkspace
		}
		now := s.Now()
		at, who := now.Add(s.Grace), audit.By(ctx).Label()
		w.DeletionAskedAt, w.DeletionBy, w.DeletesAt, w.DeletionToldAt = &now, &who, &at, nil
		if err := s.set(tx, w); err != nil {
			return err
		}
		err := tx.Exec(`INSERT INTO held_environments (environment_id) SELECT e.id FROM environments e JOIN projects p ON p.id = e.project_id WHERE p.workspace_id = ?
			ON CONFLICT DO NOTHING`, w.ID).Error
		if err != nil {
			return fmt.Errorf("hold environments: %w", err)
		}
		return audit.RecordOf(tx, now, w.ID, audit.Entry{Action: audit.WorkspaceGoing, Subject: w.ID, Details: map[string]any{"name": w.Name, "deletes_at": at}})
	})
	return w, err
}

// TakeBack keeps a workspace that was to be deleted, while there is time. What was
// held goes on from where it stands.
func (s *Service) TakeBack(ctx context.Context, workspaceID string, by Role) (w *Workspace, err error) {
	if by != Owner {
		return nil, ErrOwnerDeletes
	}
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		if w, err = db.One[Workspace](tx.Clauses(locked).Where("id = ?", workspaceID), ErrWorkspaceNotFound); err != nil {
			return err
		}
		now := s.Now()
		switch {
		case !w.Going():
			return ErrNotDeleted
		case !now.Before(*w.DeletesAt):
			return ErrBeyondReturn
		}
		w.DeletionAskedAt, w.DeletionBy, w.DeletesAt, w.DeletionToldAt = nil, nil, nil, nil
		if err := s.set(tx, w); err != nil {
			return err
		}
		err := tx.Exec("DELETE FROM held_environments WHERE environment_id IN (SELECT e.id FROM environments e JOIN projects p ON p.id = e.project_id WHERE p.workspace_id = ?)", w.ID).Error
		if err != nil {
			return fmt.Errorf("let environments go on: %w", err)
		}
		return audit.RecordOf(tx, now, w.ID, audit.Entry{Action: audit.WorkspaceTakenBack, Subject: w.ID, Details: map[string]any{"name": w.Name}})
	})
	if err == nil {
		s.tellOwners(ctx, w, "The workspace "+w.Name+" was taken back",
			fmt.Sprintf("%s took the workspace %s back at %s. It is not deleted, and everything in it goes on.\n", audit.By(ctx).Label(), w.Name, s.BaseURL))
	}
	return w, err
}

func (s *Service) set(tx *gorm.DB, w *Workspace) error {
	if err := tx.Model(w).Select("deletion_asked_at", "deletion_by", "deletes_at", "deletion_told_at").Updates(w).Error; err != nil {
		return fmt.Errorf("change workspace: %w", err)
	}
	return nil
}

// Untold tells the owners of workspaces that are to be deleted, who were not written
// to. A worker calls it now and then: who is killed on the way leaves it to another.
func (s *Service) Untold(ctx context.Context) error {
	var all []Workspace
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Where("deletes_at IS NOT NULL AND deletion_told_at IS NULL").Order("deletes_at").Limit(20).Find(&all).Error
	})
	if err != nil {
		return fmt.Errorf("find workspaces that go: %w", err)
	}
	for i := range all {
		w := &all[i]
		s.tellOwners(ctx, w, "The workspace "+w.Name+" is going to be deleted",
			fmt.Sprintf("%s asked at %s that the workspace %s be deleted. Nothing runs in it from now on, and on %s it goes with all its projects, users and connected accounts.\n\nAny owner can take it back until then: sign in at %s\n",
				*w.DeletionBy, s.BaseURL, w.Name, w.DeletesAt.UTC().Format("2 January 2006, 15:04 MST"), s.BaseURL))
		err := s.DB.System(ctx, func(tx *gorm.DB) error {
			return tx.Model(&Workspace{}).Where("id = ? AND deletion_asked_at = ?", w.ID, w.DeletionAskedAt).Update("deletion_told_at", s.Now()).Error
		})
		if err != nil {
			return fmt.Errorf("note what owners were told: %w", err)
		}
	}
	return nil
}

// Gone are workspaces whose time is over, the longest first.
func (s *Service) Gone(ctx context.Context) (all []Workspace, err error) {
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Where("deletes_at <= ?", s.Now()).Order("deletes_at").Limit(20).Find(&all).Error
	})
	return all, err
}

// Clear takes a workspace away whose time is over and whose projects are gone, and
// reports whether it did. Its audit log stays, which is only ever added to, and goes
// by its age; people stay, who may be members elsewhere.
func (s *Service) Clear(ctx context.Context, w *Workspace) (gone bool, err error) {
	var owners []string
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		now := s.Now()
		_, err := db.One[Workspace](tx.Clauses(locked).Where("id = ? AND deletes_at <= ? AND NOT EXISTS (SELECT FROM projects WHERE workspace_id = workspaces.id)", w.ID, now), ErrWorkspaceNotFound)
		if errors.Is(err, ErrWorkspaceNotFound) {
			return nil // it has projects, or another process took it away
		}
		if err != nil {
			return err
		}
		if owners, err = ownersOf(tx, w.ID); err != nil {
			return err
		}
		if err := tx.Exec("DELETE FROM workspaces WHERE id = ?", w.ID).Error; err != nil {
			return fmt.Errorf("delete workspace: %w", err)
		}
		gone = true
		return audit.RecordOf(tx, now, w.ID, audit.Entry{Action: audit.WorkspaceDeleted, Subject: w.ID, Details: map[string]any{"name": w.Name, "asked_by": w.DeletionBy}})
	})
	if gone && err == nil {
		s.write(ctx, w, owners, "The workspace "+w.Name+" was deleted", fmt.Sprintf("The workspace %s at %s was deleted, as %s had asked. Nothing of it is left.\n", w.Name, s.BaseURL, *w.DeletionBy))
	}
	return gone, err
}

func ownersOf(tx *gorm.DB, workspaceID string) ([]string, error) {
	return emailsOf(tx, workspaceID, Owner)
}

// emailsOf returns the e-mails of a workspace's members with one of the roles.
func emailsOf(tx *gorm.DB, workspaceID string, roles ...Role) (all []string, err error) {
	err = tx.Raw("SELECT p.email FROM members m JOIN people p ON p.id = m.person_id WHERE m.workspace_id = ? AND m.role IN ? ORDER BY p.email", workspaceID, roles).Scan(&all).Error
	if err != nil {
		return nil, fmt.Errorf("list e-mails of members: %w", err)
	}
	return all, nil
}

// TellManagers writes to the owners and admins of a workspace. Who cannot be written
// to is logged, and the others are.
func (s *Service) TellManagers(ctx context.Context, workspaceID, subject, text string) error {
	w, err := s.Workspace(ctx, workspaceID)
	if err != nil {
		return err
	}
	var all []string
	err = s.DB.System(ctx, func(tx *gorm.DB) (err error) {
		all, err = emailsOf(tx, w.ID, Owner, Admin)
		return err
	})
	if err != nil {
		return err
	}
	s.write(ctx, w, all, subject, text)
	return nil
}

// tellOwners writes to the owners of a workspace. That a letter does not arrive fails nothing.
func (s *Service) tellOwners(ctx context.Context, w *Workspace, subject, text string) {
	if s.Mail == nil {
		return
	}
	var owners []string
	err := s.DB.System(ctx, func(tx *gorm.DB) (err error) {
		owners, err = ownersOf(tx, w.ID)
		return err
	})
	if err != nil {
		slog.ErrorContext(ctx, "owners were not written to", "workspace", w.ID, "error", err)
	}
	s.write(ctx, w, owners, subject, text)
}

func (s *Service) write(ctx context.Context, w *Workspace, to []string, subject, text string) {
	if s.Mail == nil {
		return
	}
	for _, one := range to {
		if err := s.Mail(ctx, one, id.New("ltr"), subject, text); err != nil {
			slog.ErrorContext(ctx, "an owner was not written to", "workspace", w.ID, "error", err)
		}
	}
}
