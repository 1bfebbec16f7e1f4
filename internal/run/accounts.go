package run

import (
	"context"
	"errors"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/instance"
	"github.com/patchbay-dev/patchbay/internal/project"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// Which account a step uses: one of the project's, which its definition names, or
// the user's. Of several of the user's it is the one that the call names in its
// account_map, else the one that the user's instance names. There is no guessing.

// chosen is the id of the account that is to be used for an app; "" = nobody said.
func (r *Run) chosen(app string) string {
	if id := r.Accounts[app]; id != "" || r.Instance == nil {
		return id
	}
	return r.Instance.Accounts[app]
}

// own gives a run what its user has of the workflow. The errors are those of
// instance.ForRun; of a run for nobody it is ErrNoUser where there need be one.
func own(tx *gorm.DB, d *workflow.Definition, r *Run) error {
	if r.ExternalUserID == nil {
		if d.Instances().Required {
			return ErrNoUser
		}
		return nil
	}
	i, err := instance.ForRun(tx, d, r.WorkflowID, *r.ExternalUserID)
	if err != nil || i == nil {
		return err
	}
	r.Instance = &Instance{ID: i.ID, Config: i.Config, Accounts: i.Accounts}
	return nil
}

// owned is what expressions see of what a run's user has of the workflow.
func (r *Run) owned() map[string]any {
	if r.Instance == nil {
		return map[string]any{"id": nil, "config": map[string]any{}}
	}
	return map[string]any{"id": r.Instance.ID, "config": r.Instance.Config}
}

// may returns why a run cannot be for its user in the scope.
func may(tx *gorm.DB, scope tenant.Scope, d *workflow.Definition, r *Run) error {
	apps, needed := d.UserApps()
	if r.ExternalUserID == nil {
		if needed || len(r.Accounts) > 0 {
			return ErrNoUser
		}
		return nil
	}
	u, err := account.UserByExternalID(tx, *r.ExternalUserID)
	if errors.Is(err, account.ErrUserNotFound) {
		return ErrUnknownUser
	}
	if err != nil {
		return err
	}
	if scope.EnvironmentName() == tenant.Production {
		p, err := project.Current(tx)
		if err != nil {
			return err
		}
		if !p.WorkflowsInProduction {
			return ErrPlan
		}
	}
	if err := account.CheckMap(tx, u.ID, r.Accounts); err != nil {
		return err
	}
	for _, app := range apps {
		if _, err := usersAccount(tx, scope, r, u, app); err != nil {
			return err
		}
	}
	return nil
}

// usersAccount returns the account of a run's user for an app.
func usersAccount(tx *gorm.DB, scope tenant.Scope, r *Run, u *account.User, app string) (*account.Account, error) {
	a, err := account.Chosen(tx, u.ID, app, r.chosen(app))
	if errors.Is(err, account.ErrNotFound) {
		return nil, noAccount(app, u.ExternalID, scope.EnvironmentName())
	}
	return a, err
}

// accountOf finds the account that a step is to use, at the moment of its use.
func (x *Executor) accountOf(ctx context.Context, scope tenant.Scope, r *Run, want *workflow.Account) (a *account.Account, err error) {
	err = x.DB.In(ctx, scope, func(tx *gorm.DB) (err error) {
		if want.Of == workflow.OfProject && want.Alias != "" {
			a, err = account.ByAlias(tx, want.Alias)
			return err
		}
		if want.Of == workflow.OfProject {
			a, err = account.ByID(tx, want.ID)
			return err
		}
		if r.ExternalUserID == nil {
			return ErrNoUser
		}
		u, err := account.UserByExternalID(tx, *r.ExternalUserID)
		if errors.Is(err, account.ErrUserNotFound) {
			return ErrUnknownUser
		}
		if err == nil {
			a, err = usersAccount(tx, scope, r, u, want.App)
		}
		return err
	})
	return a, err
}
