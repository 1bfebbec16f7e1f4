// Package registry knows which components a workspace has: those that ship, and
// its own beside them, which no other workspace sees.
package registry

import (
	"context"
	"fmt"
	"regexp"
	"time"

	"github.com/patchbay-dev/patchbay/internal/appfile"
	"github.com/patchbay-dev/patchbay/internal/bundle"
	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/runner"
)

// Faults of this package.
var (
	ErrNotFound = fault.New(fault.NotFound, "component_file_not_found", "The workspace has no component of its own of this name.")
	ErrVersion  = fault.New(fault.NotFound, "component_file_version_not_found", "The component has no such version.")
	ErrName     = fault.New(fault.Invalid, "component_name", "A component's name is up to 100 small letters, digits, - and _, such as create-invoice.").At("name")
	ErrTooLarge = fault.New(fault.TooLarge, "component_file_too_large", "A component file has at most %d bytes.", maxSource)
	ErrFull     = fault.New(fault.Conflict, "components_full", "A workspace has at most %d versions of components of its own.", maxVersions)
	ErrExists   = fault.New(fault.Conflict, "component_version_exists", "This version is there already, with other content. Give the file a higher version.")
	ErrKind     = fault.New(fault.Conflict, "component_kind", "The component's other versions are of another app, or of another type. Give this one another name.").At("name")
	ErrInUse    = fault.New(fault.Conflict, "component_in_use", "Deployed triggers use the component.")
)

// The most that a workspace keeps of each.
const (
	maxSource   = 128 << 10 // bytes
	maxVersions = 2_000
)

// Service knows which components a workspace has. For and Of answer from memory,
// and see a change when appfile sees that of an app: at once in the process that
// made it, and within a second in others.
type Service struct {
	DB      *db.DB
	Apps    *appfile.Service
	Shipped func() *component.Registry
	Bundles *bundle.Store
	Runner  func() (Describer, error) // begun when it is first needed; nil = there is none
	Now     func() time.Time

	views views
}

// Release is one version of a component of a workspace's own.
type Release struct {
	WorkspaceID string
	Key         string // ~/name
	Version     string // semver; …-dev while it is worked on
	Type        component.Type
	App         string     // slug
	Source      *string    // the operation's file, YAML; nil = it is code or a tool
	Package     *string    // of code: the name of its package; of a tool: its server
	Bundle      *string    // of code: the content of that
	Described   *described `gorm:"serializer:json"`
	Author      string
	CreatedAt   time.Time
}

// Describer reads what a module says of itself, in a process without a network.
type Describer interface {
	Describe(ctx context.Context, m runner.Module) (*component.Component, error)
}

// described is what a module said of itself, or a server of its tool, as it is kept.
type described struct {
	Name   string            `json:"name"`
	Desc   string            `json:"description,omitempty"`
	Effect *component.Effect `json:"effect,omitempty"`
	Props  []component.Prop  `json:"props"`
	Code   *component.Code   `json:"code,omitempty"`
	Tool   *component.Tool   `json:"tool,omitempty"`
}

// TableName maps the noun to its table.
func (Release) TableName() string { return "components" }

// dev ends the version of what is being worked on. It may be written anew, and is
// the newest only of what has no finished version.
const dev = "-dev"

var name = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,99}$`)

// keyOf returns the key under which a workspace has a component.
func keyOf(called string) (string, error) {
	if !name.MatchString(called) {
		return "", ErrName
	}
	return component.Own + called, nil
}

// inUse says how many triggers use what is to go.
func inUse(key string, triggers int) error {
	f := *ErrInUse
	f.Message = fmt.Sprintf("%d deployed triggers use %s. Delete them first, or force the removal: they then go on with the newest version that is left, or fail where there is none.", triggers, key)
	if triggers == 1 {
		f.Message = fmt.Sprintf("A deployed trigger uses %s. Delete it first, or force the removal: it then goes on with the newest version that is left, or fails where there is none.", key)
	}
	return &f
}
