package db

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// Rights is what a check of the roles found.
type Rights struct {
	SeesAll bool // patchbay_app is not held back by row-level security
	Foreign int  // tables of other roles, whose rows the owner's view would miss
}

// Rights becomes patchbay_app, as work for a tenant does, and looks at what it
// and its owner may. An error means that it cannot become patchbay_app.
func (d *DB) Rights(ctx context.Context) (r Rights, err error) {
	err = d.System(ctx, func(tx *gorm.DB) error {
		err := tx.Raw(`SELECT
			(SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = 'patchbay_app') AS sees_all,
			(SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relrowsecurity
				AND NOT pg_has_role(current_user, relowner, 'USAGE')) AS foreign`).Scan(&r).Error
		if err != nil {
			return err
		}
		return tx.Exec("SET LOCAL ROLE patchbay_app").Error
	})
	if err != nil {
		return r, fmt.Errorf("look at roles: %w", err)
	}
	return r, nil
}

// Clock returns the database's time.
func (d *DB) Clock(ctx context.Context) (now time.Time, err error) {
	err = d.Look(ctx, func(q *gorm.DB) error { return q.Raw("SELECT clock_timestamp()").Row().Scan(&now) })
	if err != nil {
		return now, fmt.Errorf("ask for the time: %w", err)
	}
	return now, nil
}
