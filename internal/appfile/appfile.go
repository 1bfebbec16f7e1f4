// Package appfile keeps the app files of workspaces. A workspace's own file
// stands beside the apps that ship, or over the one of the same slug, in all of
// its projects and in no other workspace.
package appfile

import (
	"time"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/db"
)

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
