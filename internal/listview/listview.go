// Package listview keeps how members like to see the console's lists: filters
// under a name, each member's own, in each project.
package listview

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
)

const (
	maxName   = 60
	maxSearch = 2000
	maxEach   = 50 // of a list
)

// What callers may be told.
var (
	ErrNotFound = fault.New(fault.NotFound, "list_view_not_found", "There is no such view.")
	ErrList     = fault.New(fault.Invalid, "list_view_list", "A list is named by lower-case letters and dashes, 40 at most.").At("list")
	ErrName     = fault.New(fault.Invalid, "list_view_name", "Give the view a name of 1 to %d characters, without control characters.", maxName).At("name")
	ErrSearch   = fault.New(fault.Invalid, "list_view_search", "The filters of a view are the text after the question mark of an address, %d characters at most.", maxSearch).At("search")
	ErrFull     = fault.New(fault.Conflict, "list_view_full", "A list has at most %d views. Delete one first.", maxEach)
)

// View is one way to see a list.
type View struct {
	ID        string
	ProjectID string
	MemberID  string
	List      string
	Name      string
	Search    string // of the list's address, without the question mark
	IsDefault bool   // shown when the list is gone to without filters
	CreatedAt time.Time
	UpdatedAt time.Time
}

// TableName tells GORM.
func (View) TableName() string { return "list_views" }

// Owner is a member in a project of their workspace: whoever asks has seen to that.
type Owner struct{ Project, Member string }

// Service keeps views.
type Service struct {
	DB  *db.DB
	Now func() time.Time
}

var listName = regexp.MustCompile(`^[a-z][a-z-]{0,39}$`)

// check says what is wrong with a view.
func check(list, name, search string) error {
	switch {
	case !listName.MatchString(list):
		return ErrList
	case !utf8.ValidString(name) || strings.TrimSpace(name) == "" || strings.TrimSpace(name) != name || utf8.RuneCountInString(name) > maxName || strings.ContainsFunc(name, unicode.IsControl):
		return ErrName
	case !utf8.ValidString(search) || utf8.RuneCountInString(search) > maxSearch || strings.ContainsFunc(search, unicode.IsControl):
		return ErrSearch
	}
	return nil
}

// List returns what a member has in a project, by list and name.
func (s *Service) List(ctx context.Context, o Owner) (rows []View, err error) {
	err = s.DB.Project(ctx, o.Project, func(tx *gorm.DB) error {
		return tx.Where("member_id = ?", o.Member).Order("list, name").Find(&rows).Error
	})
	if err != nil {
		return nil, fmt.Errorf("list views: %w", err)
	}
	return rows, nil
}

// Set makes a view, or changes the one of that name. Of a list, one view at
// most is the default: the last that was said to be.
func (s *Service) Set(ctx context.Context, o Owner, list, name, search string, isDefault bool) (*View, error) {
	if err := check(list, name, search); err != nil {
		return nil, err
	}
	now := s.Now()
	v := &View{ID: id.New("lv"), ProjectID: o.Project, MemberID: o.Member, List: list, Name: name, Search: search, IsDefault: isDefault, CreatedAt: now, UpdatedAt: now}
	err := s.DB.Project(ctx, o.Project, func(tx *gorm.DB) error {
		// Two windows of one member must not make two defaults, nor one view too many.
		if err := tx.Exec("SELECT pg_advisory_xact_lock(hashtextextended('list_views|' || ?, 0))", o.Member).Error; err != nil {
			return fmt.Errorf("lock views: %w", err)
		}
		mine := tx.Model(&View{}).Where("member_id = ? AND list = ?", o.Member, list)
		var others int64
		if err := mine.Session(&gorm.Session{}).Where("name <> ?", name).Count(&others).Error; err != nil {
			return fmt.Errorf("count views: %w", err)
		}
		if others >= maxEach {
			return ErrFull
		}
		if isDefault {
			if err := mine.Session(&gorm.Session{}).Where("is_default").Update("is_default", false).Error; err != nil {
				return fmt.Errorf("change the default view: %w", err)
			}
		}
		key := []clause.Column{{Name: "member_id"}, {Name: "project_id"}, {Name: "list"}, {Name: "name"}}
		err := tx.Clauses(clause.OnConflict{Columns: key, DoUpdates: clause.AssignmentColumns([]string{"search", "is_default", "updated_at"})}, clause.Returning{}).Create(v).Error
		if err != nil {
			return fmt.Errorf("write view: %w", err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return v, nil
}

// Delete removes a view.
func (s *Service) Delete(ctx context.Context, o Owner, list, name string) error {
	return s.DB.Project(ctx, o.Project, func(tx *gorm.DB) error {
		return db.Affected(tx.Where("member_id = ? AND list = ? AND name = ?", o.Member, list, name).Delete(&View{}), ErrNotFound)
	})
}
