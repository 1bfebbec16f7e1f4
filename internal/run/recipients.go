package run

import (
	"encoding/json"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/expression"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// The users for whom a step runs a workflow.

// someone is a user for whom a run is begun.
type someone struct {
	ID, ExternalID string
	CreatedAt      time.Time
}

// listed is a list of users, each once; nil = there is none.
func listed(values workflow.Values, doc json.RawMessage) ([]string, error) {
	v, err := values.JSON(doc)
	if err != nil || v == nil {
		return nil, err
	}
	items, ok := readBack(v).([]any)
	if !ok {
		return nil, fault.New(fault.Invalid, "users_list", "users.list is %s, and no list.", expression.AsText(v))
	}
	if len(items) > workflow.MostUsers {
		return nil, fault.New(fault.TooLarge, "users_list", "users.list has more than %d users.", workflow.MostUsers)
	}
	out, seen := []string{}, map[string]bool{}
	for _, item := range items {
		if id := expression.AsText(item); id != "" && !seen[id] {
			seen[id], out = true, append(out, id)
		}
	}
	return out, nil
}

// next are the users that come next, of those that were there when the step began,
// and whether they are the last.
func next(tx *gorm.DB, in *fanning, f *fanned, began time.Time) (users []someone, whole bool, err error) {
	if in.List != nil {
		for i := f.Listed; i < min(len(in.List), f.Listed+usersAtOnce); i++ {
			users = append(users, someone{ID: fmt.Sprintf("%06d", i), ExternalID: in.List[i]})
		}
		return users, f.Listed+usersAtOnce >= len(in.List), nil
	}
	q := tx.Table("external_users AS u").Select("u.id, u.external_id, u.created_at").Where("u.id > ? AND u.created_at <= ?", f.Cursor, began)
	if in.App != "" {
		q = q.Where("EXISTS (SELECT FROM accounts a WHERE a.user_id = u.id AND a.app = ?)", in.App)
	}
	if err := q.Order("u.id").Limit(usersAtOnce).Scan(&users).Error; err != nil {
		return nil, false, fmt.Errorf("find users: %w", err)
	}
	return users, len(users) < usersAtOnce, nil
}

// wanted reports whether a step's condition holds for a user.
func wanted(def *workflow.Step, values workflow.Values, u someone) (bool, error) {
	if def.Users == nil || def.Users.If == "" {
		return true, nil
	}
	inner := within(values)
	inner["user"] = map[string]any{"external_id": u.ExternalID, "id": u.ID, "created_at": u.CreatedAt.UTC().Format(time.RFC3339)}
	yes, err := holds(def.Users.If, inner)
	if err != nil {
		return false, unworked(err)
	}
	return yes, nil
}
