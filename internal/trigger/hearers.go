package trigger

import (
	"encoding/json"
	"fmt"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/inbound"
	"github.com/patchbay-dev/patchbay/internal/intake"
)

// hearer is a trigger that hears of an app's event.
type hearer struct {
	ID, UserID, ExternalID, Filter string
	LiveID                         *string
}

// holds reports whether a trigger's condition holds of a call.
func holds(h hearer, call *inbound.Call) (bool, error) {
	if h.Filter == "" {
		return true, nil
	}
	shown, err := intake.Shown(call)
	if err != nil {
		return false, err
	}
	return intake.Holds(h.Filter, shown, h.ExternalID)
}

// usersOf returns the users who have connected what a route's field speaks of.
func usersOf(tx *gorm.DB, app string, one Route, said string) (users []string, err error) {
	field, before, after, ok := one.parts()
	if !ok || len(said) <= len(before)+len(after) || said[:len(before)] != before || said[len(said)-len(after):] != after {
		return nil, nil
	}
	value := said[len(before) : len(said)-len(after)]
	q := tx.Table("accounts").Distinct("user_id").Where("app = ?", app)
	if field == "identity.id" {
		q = q.Where("identity_id = ?", value)
	} else {
		vars, err := json.Marshal(map[string]string{field[len("var."):]: value})
		if err != nil {
			return nil, fmt.Errorf("encode route: %w", err)
		}
		q = q.Where("vars @> CAST(? AS jsonb)", string(vars))
	}
	if err := q.Pluck("user_id", &users).Error; err != nil {
		return nil, fmt.Errorf("find accounts: %w", err)
	}
	return users, nil
}
