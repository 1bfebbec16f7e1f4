// Package imports brings accounts along from another system: a file of tokens
// and keys becomes accounts, row by row. Each row is done once, whoever dies in
// between and however often the file is sent.
package imports

import (
	"time"

	"github.com/patchbay-dev/patchbay/internal/fault"
)

// The limits of a file.
const (
	MaxSize = 16 << 20 // bytes
	MaxRows = 20_000
	maxLine = 64 << 10 // bytes of a row
)

// Faults of this package.
var (
	ErrNotFound = fault.New(fault.NotFound, "import_not_found", "There is no such import.")
	ErrTooLarge = fault.New(fault.TooLarge, "import_too_large", "A file has up to %d MiB and %d rows. Split it: rows that were imported before are skipped.", MaxSize>>20, MaxRows).At("file")
	ErrEmpty    = fault.New(fault.Invalid, "import_empty", "The file has no rows.").At("file")
	ErrEncoding = fault.New(fault.Invalid, "import_encoding", "The file is not a text in UTF-8.").At("file")
	ErrFormat   = fault.New(fault.Invalid, "import_format", "The format is jsonl or csv.").At("file")
)

// Format is how a file is written.
type Format string

// The formats.
const (
	JSONL Format = "jsonl" // an object a line
	CSV   Format = "csv"   // with a line of names; fields of the app as fields.NAME
)

// Status is where an import stands.
type Status string

// queued -> running -> finished. An import whose worker died goes on from the
// row that it was at.
const (
	Queued   Status = "queued"
	Running  Status = "running"
	Finished Status = "finished"
)

// RowStatus is what became of a row.
type RowStatus string

// What becomes of a row.
const (
	Pending  RowStatus = "pending"
	Imported RowStatus = "imported"
	Valid    RowStatus = "valid"   // it would be imported: a dry run
	Skipped  RowStatus = "skipped" // it was imported before
	Failed   RowStatus = "failed"
)

// Import is a file on its way into accounts.
type Import struct {
	ID         string
	Name       string // of the file
	Format     Format
	DryRun     bool
	Test       bool // whether credentials are tried first
	Total      int
	Status     Status
	LeaseID    string
	LeaseUntil *time.Time
	CreatedAt  time.Time
	FinishedAt *time.Time

	Counts map[RowStatus]int `gorm:"-"` // of its rows
}

// Row is one line of a file. Its payload is forgotten when it is done.
type Row struct {
	ID             string
	ImportID       string
	Line           int    // in the file, from 1
	Key            string // what is imported once
	ExternalUserID string
	Payload        []byte // sealed Record
	Status         RowStatus
	AccountID      *string
	Code           string // of the fault
	Error          string
}

// TableName maps the noun to its table.
func (Row) TableName() string { return "import_rows" }

// imported says which account came of a key.
type imported struct {
	ID        string
	Key       string
	AccountID string
}

func (imported) TableName() string { return "imported_accounts" }

func rowAssociated(rowID string) string { return "import_row|" + rowID }
