package directory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/member"
	"github.com/patchbay-dev/patchbay/internal/sso"
)

// Service keeps directories. Each call is of one connection, which its token named.
type Service struct {
	DB      *db.DB
	Members *member.Service
	Now     func() time.Time
}

// in runs fn for a connection, whose directory nobody else changes meanwhile.
func (s *Service) in(ctx context.Context, c *sso.Connection, fn func(tx *gorm.DB) error) error {
	by := audit.By(ctx)
	by.Kind, by.ID, by.Name = audit.System, c.ID, "directory"
	return s.DB.System(audit.With(ctx, by), func(tx *gorm.DB) error {
		if err := tx.Exec("SELECT FROM sso_connections WHERE id = ? FOR UPDATE", c.ID).Error; err != nil {
			return fmt.Errorf("lock directory: %w", err)
		}
		return fn(tx)
	})
}

var userColumns = map[string]string{"id": "id", "username": "lower(user_name)", "externalid": "external_id", "email": "lower(email)", "displayname": "lower(display_name)"}

var groupColumns = map[string]string{"id": "id", "displayname": "lower(display_name)", "externalid": "external_id"}

func where(q *gorm.DB, columns map[string]string, by []Criterion) (*gorm.DB, error) {
	for _, c := range by {
		column := columns[c.Attribute]
		if column == "" {
			return nil, ErrCriteria
		}
		value := "?"
		if len(column) > 6 && column[:6] == "lower(" {
			value = "lower(?)"
		}
		q = q.Where(column+" = "+value, c.Value)
	}
	return q, nil
}

func list[T any](ctx context.Context, s *Service, c *sso.Connection, columns map[string]string, by []Criterion, p Page) (all []T, total int64, err error) {
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		q, err := where(tx.Model(new(T)).Where("connection_id = ?", c.ID), columns, by)
		if err != nil {
			return err
		}
		if err := q.Session(&gorm.Session{}).Count(&total).Error; err != nil || p.Count == 0 {
			return err
		}
		return q.Session(&gorm.Session{}).Order("id").Offset(p.Start - 1).Limit(p.Count).Find(&all).Error
	})
	if err != nil {
		return nil, 0, err
	}
	return all, total, nil
}

// Users returns a part of those who fit, and how many do.
func (s *Service) Users(ctx context.Context, c *sso.Connection, by []Criterion, p Page) ([]User, int64, error) {
	return list[User](ctx, s, c, userColumns, by, p)
}

// Groups returns a part of those that fit, and how many do; with their members
// if they are asked for.
func (s *Service) Groups(ctx context.Context, c *sso.Connection, by []Criterion, p Page, members bool) ([]Group, int64, error) {
	all, total, err := list[Group](ctx, s, c, groupColumns, by, p)
	if err != nil || !members {
		return all, total, err
	}
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		for i := range all {
			if err := all[i].load(tx); err != nil {
				return err
			}
		}
		return nil
	})
	return all, total, err
}

func (g *Group) load(tx *gorm.DB) error {
	g.Members = []string{}
	if err := tx.Raw("SELECT user_id FROM directory_members WHERE group_id = ? ORDER BY user_id", g.ID).Scan(&g.Members).Error; err != nil {
		return fmt.Errorf("find members of group: %w", err)
	}
	return nil
}

// User returns one with their groups, or ErrUser.
func (s *Service) User(ctx context.Context, c *sso.Connection, userID string) (u *User, err error) {
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		u, err = user(tx, c, userID)
		return err
	})
	return u, err
}

func user(tx *gorm.DB, c *sso.Connection, userID string) (*User, error) {
	if !fits(userID) {
		return nil, ErrUser
	}
	u, err := db.One[User](tx.Where("connection_id = ? AND id = ?", c.ID, userID), ErrUser)
	if err != nil {
		return nil, err
	}
	err = tx.Raw("SELECT g.* FROM directory_groups g JOIN directory_members m ON m.group_id = g.id WHERE m.user_id = ? ORDER BY g.id", u.ID).Scan(&u.Groups).Error
	return u, err
}

func group(tx *gorm.DB, c *sso.Connection, groupID string) (*Group, error) {
	if !fits(groupID) {
		return nil, ErrGroup
	}
	g, err := db.One[Group](tx.Where("connection_id = ? AND id = ?", c.ID, groupID), ErrGroup)
	if err != nil {
		return nil, err
	}
	return g, g.load(tx)
}

// Group returns one with its members, or ErrGroup.
func (s *Service) Group(ctx context.Context, c *sso.Connection, groupID string) (g *Group, err error) {
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		g, err = group(tx, c, groupID)
		return err
	})
	return g, err
}

// PutUser makes a user ("") or changes one, and has them be what that makes of
// them: a member while they are active, and none from then on.
func (s *Service) PutUser(ctx context.Context, c *sso.Connection, userID string, change func(*User) error) (u *User, err error) {
	err = s.in(ctx, c, func(tx *gorm.DB) error {
		now := s.Now()
		if userID == "" {
			if err := room(tx, c, &User{}, maxUsers); err != nil {
				return err
			}
			u = &User{ID: id.New("du"), ConnectionID: c.ID, Active: true, CreatedAt: now}
		} else if u, err = user(tx, c, userID); err != nil {
			return err
		}
		if err := change(u); err != nil {
			return err
		}
		if err := u.check(); err != nil {
			return err
		}
		u.UpdatedAt = now
		if err := s.settle(tx, c, u); err != nil {
			return err
		}
		return write(tx, u)
	})
	return u, err
}

func room(tx *gorm.DB, c *sso.Connection, of any, most int64) error {
	var n int64
	if err := tx.Model(of).Where("connection_id = ?", c.ID).Count(&n).Error; err != nil {
		return fmt.Errorf("count directory: %w", err)
	}
	if n >= most {
		return ErrTooMany
	}
	return nil
}

// write writes a row in its place.
func write(tx *gorm.DB, row any) error {
	err := tx.Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "id"}}, UpdateAll: true}).Create(row).Error
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return ErrTaken
	}
	if err != nil {
		return fmt.Errorf("write directory: %w", err)
	}
	return nil
}

// settle has somebody of the directory be a member with the role of their groups
// or, when they are not active, be none. Whose e-mail it is decides once, when
// they are first known: a directory that tells another later changes no person.
func (s *Service) settle(tx *gorm.DB, c *sso.Connection, u *User) error {
	if !u.Active {
		if u.PersonID == nil {
			return nil
		}
		if err := tx.Exec("DELETE FROM sessions WHERE connection_id = ? AND person_id = ?", c.ID, *u.PersonID).Error; err != nil {
			return fmt.Errorf("end sessions: %w", err)
		}
		return s.Members.Expel(tx, c.WorkspaceID, *u.PersonID)
	}
	var p *member.Person
	var err error
	if u.PersonID != nil {
		p, err = db.One[member.Person](tx.Where("id = ?", *u.PersonID), member.ErrNobody)
	} else {
		var email string
		if email, err = c.Speaks(u.address()); err == nil {
			p, err = s.Members.Named(tx, email, u.Name())
		}
	}
	if err != nil {
		return err
	}
	u.PersonID = &p.ID
	names := make([]string, len(u.Groups))
	for i, g := range u.Groups {
		names[i] = g.DisplayName
	}
	role, _ := c.Role(names)
	if err := s.Members.Join(tx, c.WorkspaceID, p, member.Rights{Role: role, AllProjects: true}, true); err != nil || len(c.GroupRoles) == 0 {
		return err
	}
	return s.Members.Assign(tx, c.WorkspaceID, p.ID, role)
}

// DeleteUser takes somebody out of the directory, and of the workspace.
func (s *Service) DeleteUser(ctx context.Context, c *sso.Connection, userID string) error {
	return s.in(ctx, c, func(tx *gorm.DB) error {
		u, err := user(tx, c, userID)
		if err != nil {
			return err
		}
		u.Active = false
		if err := s.settle(tx, c, u); err != nil {
			return err
		}
		return db.Affected(tx.Where("id = ?", u.ID).Delete(&User{}), ErrUser)
	})
}

// PutGroup makes a group ("") or changes one. Whoever comes into it, leaves it or
// is in it while its name changes has the role that their groups give.
func (s *Service) PutGroup(ctx context.Context, c *sso.Connection, groupID string, change func(*Group) error) (g *Group, err error) {
	err = s.in(ctx, c, func(tx *gorm.DB) error {
		now := s.Now()
		if groupID == "" {
			if err := room(tx, c, &Group{}, maxGroups); err != nil {
				return err
			}
			g = &Group{ID: id.New("dg"), ConnectionID: c.ID, CreatedAt: now, Members: []string{}}
		} else if g, err = group(tx, c, groupID); err != nil {
			return err
		}
		before, name := slices.Clone(g.Members), g.DisplayName
		if err := change(g); err != nil {
			return err
		}
		if g.DisplayName == "" || !fits(g.DisplayName, g.ExternalID) {
			return ErrValue
		}
		if !fits(g.Members...) {
			return ErrNobody
		}
		slices.Sort(g.Members)
		g.Members, g.UpdatedAt = slices.Compact(g.Members), now
		if err := write(tx, g); err != nil {
			return err
		}
		came := slices.DeleteFunc(slices.Clone(g.Members), func(m string) bool { return slices.Contains(before, m) })
		left := slices.DeleteFunc(slices.Clone(before), func(m string) bool { return slices.Contains(g.Members, m) })
		if err := move(tx, c, g, came, left); err != nil {
			return err
		}
		touched := slices.Concat(came, left)
		if name != g.DisplayName {
			touched = slices.Concat(g.Members, left)
		}
		return s.settleAll(tx, c, touched)
	})
	return g, err
}

// move writes down who came into a group, and who left it.
func move(tx *gorm.DB, c *sso.Connection, g *Group, came, left []string) error {
	if len(left) > 0 {
		if err := tx.Exec("DELETE FROM directory_members WHERE group_id = ? AND user_id IN ?", g.ID, left).Error; err != nil {
			return fmt.Errorf("delete members of group: %w", err)
		}
	}
	if len(came) == 0 {
		return nil
	}
	res := tx.Exec("INSERT INTO directory_members (group_id, user_id) SELECT ?, id FROM directory_users WHERE connection_id = ? AND id IN ?", g.ID, c.ID, came)
	if res.Error != nil {
		return fmt.Errorf("insert members of group: %w", res.Error)
	}
	if int(res.RowsAffected) != len(came) {
		return ErrNobody
	}
	return nil
}

func (s *Service) settleAll(tx *gorm.DB, c *sso.Connection, userIDs []string) error {
	if len(c.GroupRoles) == 0 {
		return nil
	}
	for _, userID := range userIDs {
		u, err := user(tx, c, userID)
		if err != nil {
			return err
		}
		if !u.Active {
			continue
		}
		if err := s.settle(tx, c, u); err != nil {
			return err
		}
	}
	return nil
}

// DeleteGroup takes a group out of the directory.
func (s *Service) DeleteGroup(ctx context.Context, c *sso.Connection, groupID string) error {
	return s.in(ctx, c, func(tx *gorm.DB) error {
		g, err := group(tx, c, groupID)
		if err != nil {
			return err
		}
		if err := db.Affected(tx.Where("id = ?", g.ID).Delete(&Group{}), ErrGroup); err != nil {
			return err
		}
		return s.settleAll(tx, c, g.Members)
	})
}
