package audit

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
)

// Service reads the log, and seals it into its chain.
type Service struct {
	DB   *db.DB
	Now  func() time.Time
	Keep time.Duration // how long entries are kept, where a workspace says nothing else; 0 = for ever

	looked atomic.Pointer[time.Time] // at what is too old
}

// Filter narrows the log; empty fields do not.
type Filter struct {
	ProjectID, Environment string
	Actor                  string // id or kind
	Action                 string
	Subject                string
	ExternalUserID         string
	Since, Until           *time.Time // from Since on, before Until
}

// List returns a workspace's log, newest first.
func (s *Service) List(ctx context.Context, workspaceID string, f Filter, c db.Cursor) (page *db.Page[Entry], err error) {
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		q := f.narrow(tx.Where("workspace_id = ?", workspaceID))
		if page, err = db.List(q, c, func(e *Entry) string { return e.ID }); err != nil {
			return err
		}
		return nameClients(tx, page.Items)
	})
	return page, err
}

// narrow narrows a query of the log.
func (f *Filter) narrow(q *gorm.DB) *gorm.DB {
	for column, v := range map[string]string{
		"project_id": f.ProjectID, "environment": f.Environment, "action": f.Action, "subject": f.Subject, "external_user_id": f.ExternalUserID,
	} {
		if v != "" {
			q = q.Where(column+" = ?", v)
		}
	}
	if f.Actor != "" {
		q = q.Where("? IN (actor_id, actor_kind)", f.Actor)
	}
	if f.Since != nil {
		q = q.Where("created_at >= ?", *f.Since)
	}
	if f.Until != nil {
		q = q.Where("created_at < ?", *f.Until)
	}
	return q
}

// nameClients fills in the names of clients that still exist: their tokens do not carry them.
func nameClients(tx *gorm.DB, entries []Entry) error {
	var ids []string
	for _, e := range entries {
		if e.ActorKind == Client {
			ids = append(ids, e.ActorID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	var clients []struct{ ID, Name string }
	if err := tx.Raw("SELECT id, name FROM clients WHERE id IN ?", ids).Scan(&clients).Error; err != nil {
		return fmt.Errorf("name clients: %w", err)
	}
	names := map[string]string{}
	for _, c := range clients {
		names[c.ID] = c.Name
	}
	for i := range entries {
		if name, ok := names[entries[i].ActorID]; ok && entries[i].ActorName == "" {
			entries[i].ActorName = name
		}
	}
	return nil
}
