// Package directory takes from a workspace's own directory who its people are:
// users, who become members and stop being it, and groups, which give roles.
package directory

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/patchbay-dev/patchbay/internal/fault"
)

// Faults of this package.
var (
	ErrUser     = fault.New(fault.NotFound, "directory_user_not_found", "There is no such user.")
	ErrGroup    = fault.New(fault.NotFound, "directory_group_not_found", "There is no such group.")
	ErrTaken    = fault.New(fault.Conflict, "directory_taken", "There is one with this name or this e-mail already.")
	ErrValue    = fault.New(fault.Invalid, "directory_value", "A name has 1 to %d characters, and no value has more.", maxText)
	ErrNobody   = fault.New(fault.Invalid, "directory_member", "A group's members are users of this directory, by their ids.")
	ErrTooMany  = fault.New(fault.Conflict, "directory_full", "A directory has up to %d users and %d groups.", maxUsers, maxGroups)
	ErrCriteria = fault.New(fault.Invalid, "directory_filter", "Users are found by userName, externalId, id or e-mail, groups by displayName, externalId or id: by eq, and by and.")
)

const (
	maxText   = 500
	maxUsers  = 50_000
	maxGroups = 2_000
)

// User is somebody of a workspace's directory.
type User struct {
	ID           string
	ConnectionID string
	UserName     string
	ExternalID   string
	GivenName    string
	FamilyName   string
	DisplayName  string
	Email        string
	Active       bool
	PersonID     *string // who that is here; nil = nobody yet
	CreatedAt    time.Time
	UpdatedAt    time.Time

	Groups []Group `gorm:"-"`
}

// TableName maps the noun to its table.
func (User) TableName() string { return "directory_users" }

// Group is one of a workspace's directory.
type Group struct {
	ID           string
	ConnectionID string
	DisplayName  string
	ExternalID   string
	CreatedAt    time.Time
	UpdatedAt    time.Time

	Members []string `gorm:"-"` // ids of users
}

// TableName maps the noun to its table.
func (Group) TableName() string { return "directory_groups" }

// Criterion is one that users or groups are found by: Attribute eq Value.
type Criterion struct{ Attribute, Value string }

// Page is a part of a list: of so many, from the first (1) on.
type Page struct{ Start, Count int }

func fits(all ...string) bool {
	for _, s := range all {
		if !utf8.ValidString(s) || utf8.RuneCountInString(s) > maxText || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' }) {
			return false
		}
	}
	return true
}

func (u *User) check() error {
	if u.UserName == "" || !fits(u.UserName, u.ExternalID, u.GivenName, u.FamilyName, u.DisplayName, u.Email) {
		return ErrValue
	}
	return nil
}

// Name is what the user is called.
func (u *User) Name() string {
	if u.DisplayName != "" {
		return u.DisplayName
	}
	if n := strings.TrimSpace(u.GivenName + " " + u.FamilyName); n != "" {
		return n
	}
	return u.UserName
}

// address is the e-mail by which the user is known here.
func (u *User) address() string {
	if u.Email != "" {
		return u.Email
	}
	return u.UserName
}
