package notify

import (
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/id"
)

// groupFor is how long the same fault is not told again, but counted.
const groupFor = time.Hour

// sums puts notices into the groups of a route. Whoever holds the route's lease
// is the only one to do so.
type sums struct {
	tx     *gorm.DB
	route  *Route
	groups map[string]*sum
}

type sum struct {
	*Group

	fresh bool     // it is not written yet
	again []string // notices that came to it
}

// add puts a notice into its group, and reports that the group was told of
// already. The first of a group is let through when there is room for it.
func (s *sums) add(n *Notice, m *Message, e *event.Event, room bool) (again bool, err error) {
	if n.GroupID != nil || !groups(n.Severity) {
		return false, nil
	}
	key := groupKey(m, e)
	g, err := s.find(key, n.CreatedAt)
	if err != nil {
		return false, err
	}
	if g == nil {
		if !room {
			return false, nil
		}
		g = &sum{fresh: true, Group: &Group{
			ID: id.New("ngr"), RouteID: s.route.ID, Key: key, EventType: n.EventType, Title: cut(line(titleOf(m)), 300), Count: 1,
			FirstAt: n.CreatedAt, LastAt: n.CreatedAt, Until: n.CreatedAt.Add(groupFor),
		}}
		s.groups[key] = g
		n.GroupID = &g.ID
		if err := s.tx.Create(g.Group).Error; err != nil {
			return false, fmt.Errorf("insert notice group: %w", err)
		}
		if err := s.tx.Model(&Notice{}).Where("id = ?", n.ID).Update("group_id", g.ID).Error; err != nil {
			return false, fmt.Errorf("group notice: %w", err)
		}
		return false, nil
	}
	g.Count++
	if n.CreatedAt.After(g.LastAt) {
		g.LastAt = n.CreatedAt
	}
	g.again = append(g.again, n.ID)
	return true, nil
}

// find returns the group of a key that is open at a time, or nil.
func (s *sums) find(key string, at time.Time) (*sum, error) {
	if s.groups == nil {
		s.groups = map[string]*sum{}
	}
	if g := s.groups[key]; g != nil && at.Before(g.Until) {
		return g, nil
	}
	var rows []Group
	err := s.tx.Where("route_id = ? AND key = ? AND until > ?", s.route.ID, key, at).Order("until DESC").Limit(1).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("find notice group: %w", err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	s.groups[key] = &sum{Group: &rows[0]}
	return s.groups[key], nil
}

// write ends the notices that came to groups, and sees to it that each group is
// summed up when its hour is over.
func (s *sums) write(now time.Time) error {
	for _, g := range s.groups {
		if len(g.again) == 0 {
			continue
		}
		if err := settle(s.tx, g.again, Grouped, &g.ID, now); err != nil {
			return err
		}
		err := s.tx.Model(&Group{}).Where("id = ?", g.ID).Updates(map[string]any{"count": g.Count, "last_at": g.LastAt}).Error
		if err != nil {
			return fmt.Errorf("count notice group: %w", err)
		}
		if g.Count-len(g.again) > 1 {
			continue // its summary is written already
		}
		k, _ := event.KindOf(g.EventType)
		n := &Notice{
			ID: id.New("ntc"), RouteID: s.route.ID, Kind: kindSummary, EventType: g.EventType, Severity: k.Severity, Title: k.Title, GroupID: &g.ID,
			State: Pending, NextAttemptAt: g.Until, CreatedAt: now,
		}
		if err := s.tx.Create(n).Error; err != nil {
			return fmt.Errorf("insert summary: %w", err)
		}
	}
	return nil
}

// summary is the message that sums a group up.
func (s *Service) summary(tx *gorm.DB, w *where, r *Route, n *Notice) (*Message, error) {
	var g Group
	if err := tx.Where("id = ?", n.GroupID).Limit(1).Find(&g).Error; err != nil {
		return nil, fmt.Errorf("load notice group: %w", err)
	}
	return w.ofGroup(r, &g), nil
}

// titleOf says a message in one line.
func titleOf(m *Message) string {
	switch {
	case len(m.Fields) == 0:
		return m.Text
	case m.Text == "":
		return m.Fields[0].Value
	default:
		return m.Fields[0].Value + ": " + m.Text
	}
}
