// Package appfile keeps the app files of workspaces. A workspace's own file
// stands beside the apps that ship, or over the one of the same slug, in all of
// its projects and in no other workspace.
package appfile

import (
	"fmt"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
)

// Faults of this package.
var (
	ErrNotFound = fault.New(fault.NotFound, "app_file_not_found", "The workspace has no file of its own for this app.")
	ErrVersion  = fault.New(fault.NotFound, "app_file_version_not_found", "The file has no such version.")
	ErrRemoved  = fault.New(fault.Conflict, "app_file_removed", "In this version the file was taken away, so there is nothing to restore.")
	ErrChanged  = fault.New(fault.Conflict, "app_file_changed", "The file was changed since you began to edit it. Look at the newest version, and save again.")
	ErrInUse    = fault.New(fault.Conflict, "app_in_use", "Accounts use what the change takes away.")
	ErrFull     = fault.New(fault.Conflict, "app_files_full", "A workspace has at most %d app files.", maxFiles)
	ErrTooLarge = fault.New(fault.TooLarge, "app_file_too_large", "An app file has at most %d bytes.", maxSource)
	ErrFixtures = fault.New(fault.Invalid, "app_fixtures", "Recorded answers are up to %d texts of up to %d bytes, with names such as token_ok.json.", maxFixtures, maxFixture).At("fixtures")
)

// inUse says which methods accounts use, of an app that loses them.
func inUse(slug string, methods []string, accounts int, whole bool) error {
	f := *ErrInUse
	what := "the method " + strings.Join(methods, ", the method ") + " of " + slug
	if whole {
		what = "the app " + slug
	}
	people, use := fmt.Sprintf("%d accounts", accounts), "use"
	if accounts == 1 {
		people, use = "One account", "uses"
	}
	f.Message = fmt.Sprintf("%s %s %s, which this would take away: calls with them would fail. Delete the accounts first, or force the change.", people, use, what)
	return &f
}

// Service knows which apps a workspace has. For and Of answer from memory and
// ask the database at most once in a second whether anything changed, so a
// change is seen by every process without a restart.
type Service struct {
	DB      *db.DB
	Shipped *catalog.Catalog
	Now     func() time.Time

	views views
}

// File is one version of an app file. The newest of a slug serves.
type File struct {
	WorkspaceID string
	Slug        string
	Version     int
	Source      *string           // YAML; nil = the file was taken away
	Fixtures    map[string]string `gorm:"serializer:json"` // recorded answers, by file name
	Author      string
	CreatedAt   time.Time
}

// TableName is the table of all versions.
func (File) TableName() string { return "app_files" }

// Logo is a picture that stands in for an app's monogram.
type Logo struct {
	ID          string
	WorkspaceID string
	Slug        string
	Type        string // image/svg+xml | image/png
	Content     []byte
	CreatedAt   time.Time
}

// TableName is the table of logos.
func (Logo) TableName() string { return "app_logos" }
