// Package backup writes all that an installation keeps into one file, and makes an
// installation of such a file: the database as pg_dump copies it, the blobs that its
// rows name, what waits in the spool, and what opens the secrets without the master
// key. Redis holds nothing that has to be kept but the spool, where that is there.
//
// The file is a zip whose manifest comes last: one that was cut off cannot be opened.
package backup

import (
	"errors"
	"fmt"
	"time"

	"github.com/patchbay-dev/patchbay/internal/blob"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/keys"
	"github.com/patchbay-dev/patchbay/internal/spool"
)

// Format names the form of a file. It changes when a reader of the old one would be
// misled.
const Format = "patchbay.backup/v1"

// The parts of a file.
const (
	partKeys     = "keys.age"
	partDatabase = "database.dump"
	partBlobs    = "blobs.tar"
	partSpool    = "spool.tar"
	partManifest = "manifest.json"
)

// The reasons for which nothing is restored.
var (
	ErrNotWhole = errors.New("the file is no whole backup: it was cut off or changed, or is something else. Take another")
	ErrNotEmpty = errors.New("the database is not empty. Restore into one in which there is nothing yet: CREATE DATABASE …, and name it in PATCHBAY_DATABASE_URL")
	ErrNewer    = errors.New("the backup was made by a newer version")
	ErrNoKey    = errors.New("nothing here opens the secrets of this backup")
)

// Service copies an installation.
type Service struct {
	DB      *db.DB
	URL     string      // of the same database
	Blobs   *blob.Store // nil = there is none
	Spool   spool.Store
	Keys    *keys.Store
	Version string // of the program
	Now     func() time.Time
	Say     func(format string, args ...any) // told how far it is, in lines
}

// Manifest says what a file holds.
type Manifest struct {
	Format     string           `json:"format"`
	ID         string           `json:"id"`
	Version    string           `json:"version"`  // of the program that wrote it
	Schema     int64            `json:"schema"`   // of the database: its newest migration
	Postgres   int              `json:"postgres"` // the server's major version
	BeganAt    time.Time        `json:"began_at"` // what was written down later is not in it
	FinishedAt time.Time        `json:"finished_at"`
	Key        keys.Identity    `json:"key"`
	WithKey    bool             `json:"with_key"` // it opens with its passphrase, without the master key
	Rows       map[string]int64 `json:"rows"`     // of tables that tell how large it is
	Blobs      Blobs            `json:"blobs"`
	Spooled    int              `json:"spooled"` // answers of apps that waited for the database
	Parts      []Part           `json:"parts"`
}

// Blobs is what a file holds of the store of blobs.
type Blobs struct {
	Count int64 `json:"count"`
	Bytes int64 `json:"bytes"`
	// Lost are blobs that rows name and the store did not have as they were put; at
	// most a hundred of LostCount are named.
	Lost      []string `json:"lost"`
	LostCount int64    `json:"lost_count"`
}

// Part is one of a file's.
type Part struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// counted are tables whose rows are counted, in a copy and in what is made of it.
var counted = []string{"workspaces", "projects", "accounts", "workflows", "triggers", "events", "deliveries", "runs", "audit_log"}

// named are the blobs that rows name, each with its SHA-256.
const named = `SELECT DISTINCT key, sha256 FROM (
	SELECT stored->>'key' AS key, stored->>'sha256' AS sha256 FROM events WHERE stored IS NOT NULL
	UNION ALL SELECT stored->>'key', stored->>'sha256' FROM run_steps WHERE stored IS NOT NULL
	UNION ALL SELECT stored->>'key', stored->>'sha256' FROM stash_files
	UNION ALL SELECT workspace_id || '/bundles/' || sha256 || '.tgz', sha256 FROM component_bundles WHERE content IS NULL) AS stored`

// size is a number of bytes for people.
func size(n int64) string {
	if n < 10<<20 {
		return fmt.Sprintf("%d KB", (n+1023)>>10)
	}
	return fmt.Sprintf("%d MB", n>>20)
}
