package trigger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// load returns the triggers that there are, and for whom there are to be some, with the
// account of each ("" = none).
func (w *wish) load(ctx context.Context, c *component.Component) (there []Trigger, users map[string]string, err error) {
	users = map[string]string{}
	err = w.s.DB.In(ctx, w.scope, func(tx *gorm.DB) error {
		if err := tx.Where("live_id = ?", w.ID).Order("id").Find(&there).Error; err != nil {
			return fmt.Errorf("load triggers: %w", err)
		}
		if err := withUsers(tx, there); err != nil {
			return err
		}
		if err := withSources(tx, there); err != nil {
			return err
		}
		switch d := &w.Definition; {
		case d.Account != nil:
			var a *account.Account
			var err error
			if d.Account.Alias != "" {
				a, err = account.ByAlias(tx, d.Account.Alias)
			} else {
				a, err = account.ByID(tx, d.Account.ID)
			}
			if err == nil {
				users[a.ExternalID] = a.ID
			}
			if !w.Running && (errors.Is(err, account.ErrNotFound) || errors.Is(err, account.ErrAlias)) {
				return nil
			}
			return err
		case d.ForEachUser != nil:
			return w.eachUser(tx, users)
		default:
			users[d.ExternalUserID] = ""
			return w.ofOne(tx, c, users)
		}
	})
	return there, users, err
}

// ofOne finds the account of the one user that a trigger is for.
func (w *wish) ofOne(tx *gorm.DB, c *component.Component, users map[string]string) error {
	user := w.Definition.ExternalUserID
	if c == nil || c.AppProp() == "" || w.Definition.Props[c.AppProp()] != nil {
		return nil
	}
	u, err := account.UserByExternalID(tx, user)
	if err != nil {
		return err
	}
	a, err := account.Chosen(tx, u.ID, c.App, "")
	if err != nil {
		return err
	}
	users[user] = a.ID
	return nil
}

// eachUser finds everybody who has an account of the app, and which of them is heard:
// the one that their instance names, else the only one that is not dead. Of several
// none is guessed; what is there stays with the first of them. For a dead one nothing
// is deployed, and what is there stays.
func (w *wish) eachUser(tx *gorm.DB, users map[string]string) error {
	var rows []struct {
		ExternalID, Live, Newest, Chosen string
		There                            bool
	}
	app := w.Definition.ForEachUser.App
	err := tx.Raw(`SELECT u.external_id, COALESCE(string_agg(a.id, ',' ORDER BY a.id) FILTER (WHERE NOT a.dead), '') AS live, max(a.id) AS newest,
			COALESCE(i.accounts ->> @app, '') AS chosen, EXISTS (SELECT FROM triggers t WHERE t.live_id = @live AND t.user_id = u.id) AS there
		FROM accounts a JOIN external_users u ON u.id = a.user_id LEFT JOIN instances i ON i.user_id = u.id AND i.workflow_id = @workflow
		WHERE a.app = @app GROUP BY u.id, u.external_id, i.accounts ORDER BY u.id`,
		map[string]any{"app": app, "live": w.ID, "workflow": w.WorkflowID}).Scan(&rows).Error
	if err != nil {
		return fmt.Errorf("find users: %w", err)
	}
	for _, r := range rows {
		live := strings.FieldsFunc(r.Live, func(c rune) bool { return c == ',' })
		switch {
		case slices.Contains(live, r.Chosen):
			users[r.ExternalID] = r.Chosen
		case len(live) == 1 || len(live) > 1 && r.There:
			users[r.ExternalID] = live[0]
		case len(live) > 1:
			w.unclear = fault.New(account.ErrAmbiguous.Kind, account.ErrAmbiguous.Code, "The user %s has several accounts for %s, and their instance of the workflow names none of them.", r.ExternalID, app)
		case r.There:
			users[r.ExternalID] = r.Newest
		}
	}
	return nil
}

// Asked returns how many triggers are deployed for what workflows' triggers ask for, by
// their ids. One that the app was not told of yet hears nothing, and does not count.
func (s *Service) Asked(ctx context.Context, projectID string, live ...*workflow.Live) (map[string]int, error) {
	out := map[string]int{}
	for _, l := range live {
		if l.Type != workflow.AppEvent {
			continue
		}
		var n int64
		err := s.DB.In(ctx, l.Scope(projectID), func(tx *gorm.DB) error {
			return tx.Model(&Trigger{}).Where("live_id = ? AND NOT EXISTS (SELECT FROM trigger_sources s WHERE s.id = triggers.id AND s.phase = ?)", l.ID, Deploying).Count(&n).Error
		})
		if err != nil {
			return nil, fmt.Errorf("count triggers: %w", err)
		}
		out[l.ID] = int(n)
	}
	return out, nil
}
