// Package datastore keeps what components and customers want to find again: records
// by key, in stores. A data store has a name and is shared by whoever knows it; a
// project, a user, a workflow, an instance, a trigger and an execution each have a
// store of their own.
//
// A record has a version, so that who read it can write it under the condition
// that nobody else did meanwhile; a number can be counted up in one step.
package datastore

import (
	"time"

	"github.com/patchbay-dev/patchbay/internal/fault"
)

// Faults of this package.
var (
	ErrNoStore   = fault.New(fault.NotFound, "data_store_not_found", "There is no such data store.")
	ErrNoRecord  = fault.New(fault.NotFound, "record_not_found", "There is no record with this key.")
	ErrNoTrigger = fault.New(fault.NotFound, "trigger_not_found", "There is no such deployed trigger.")
	ErrNoFlow    = fault.New(fault.NotFound, "workflow_not_found", "There is no such workflow.")
	ErrNoneOf    = fault.New(fault.NotFound, "instance_not_found", "There is no such instance of a workflow.")
	ErrName      = fault.New(fault.Conflict, "data_store_exists", "There is a data store of this name.").At("name")
	ErrPlace     = fault.New(fault.Invalid, "store_scope", "Name what the scope is about: a data store's name, a user, a workflow, an instance, a trigger or an execution; and nothing for the project.")
	ErrKey       = fault.New(fault.Invalid, "record_key", "A key has 1 to %d characters.", MaxKey).At("key")
	ErrValue     = fault.New(fault.Invalid, "record_value", "A value is JSON.").At("value")
	ErrTTL       = fault.New(fault.Invalid, "record_ttl", "A record lives between 1 second and %d days.", int(MaxTTL/(24*time.Hour))).At("ttl_seconds")
	ErrTooLarge  = fault.New(fault.TooLarge, "record_too_large", "A value has at most %d bytes.", MaxValue).At("value")
	ErrFull      = fault.New(fault.Conflict, "data_store_full", "A store holds at most %d records and %d MiB.", MaxRecords, MaxBytes>>20)
	ErrTooMany   = fault.New(fault.Conflict, "too_many_data_stores", "An environment has at most %d data stores.", MaxStores)
	ErrChanged   = fault.New(fault.Conflict, "record_changed", "The record was changed since it was read. Read it again.")
	ErrNumber    = fault.New(fault.Conflict, "record_not_a_number", "The record holds no whole number, or it would become too large.")
)

// The limits of stores.
const (
	MaxName    = 120       // characters
	MaxKey     = 250       // characters
	MaxValue   = 512 << 10 // bytes
	MaxRecords = 100_000   // in a store
	MaxBytes   = 64 << 20  // of a store, keys and values
	MaxStores  = 1000      // named ones, in an environment
	MaxTTL     = 366 * 24 * time.Hour
	maxNumber  = int64(1)<<53 - 1 // what every reader of JSON can tell apart

	// executionFor is how long the store of an execution is kept if nobody drops it.
	executionFor = 30 * 24 * time.Hour
)

// Kind is whom a store belongs to.
type Kind string

// The kinds of stores.
const (
	Data      Kind = "data_store"
	Project   Kind = "project"
	User      Kind = "user"
	Workflow  Kind = "workflow"
	Instance  Kind = "instance"
	Trigger   Kind = "trigger"
	Execution Kind = "execution"
)

// Place says which store is meant: by its id, or by whom it belongs to.
type Place struct {
	ID   string // ds_…; "" = by Kind and Of
	Kind Kind
	Of   string // a data store's name, the customer's own id of a user, the id of a workflow, an instance, a trigger or an execution; "" of the project
}

// Store is a place for records.
type Store struct {
	ID         string
	Scope      Kind
	Subject    string  // a data store's name, the id of a user, workflow, instance, trigger or execution
	UserID     *string // of a user's
	WorkflowID *string // of a workflow's
	InstanceID *string // of an instance's
	TriggerID  *string // of a trigger's
	Records    int     // with those that are over and not swept yet
	Bytes      int64
	ExpiresAt  *time.Time
	CreatedAt  time.Time
}

// Record is a value under a key.
type Record struct {
	StoreID   string
	Key       string
	Value     string // JSON
	Size      int    // bytes of key and value
	Version   int64
	ExpiresAt *time.Time // nil = it stays
	UpdatedAt time.Time
}

// TableName maps the noun to its table.
func (Record) TableName() string { return "store_records" }

// Put says how a record is written. The zero Put writes it whatever is there, to stay.
type Put struct {
	IfVersion *int64         // what the record's version has to be; 0 = there is none
	TTL       *time.Duration // nil = it stays
}
