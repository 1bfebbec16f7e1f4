// Package trigger holds the sources of events that were deployed for a
// customer's users. What a trigger emits is told to its webhooks, or else to
// the project's.
package trigger

import (
	"time"

	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/intake"
)

// Faults of this package.
var (
	ErrNotFound = fault.New(fault.NotFound, "trigger_not_found", "There is no such deployed trigger.")
	ErrWorkflow = fault.New(fault.Invalid, "workflow_id", "There is no such workflow in this project.").At("workflow_id")
	ErrOwned    = fault.New(fault.Conflict, "trigger_of_workflow", "This trigger is a workflow's: it is changed and switched with the workflow.")
	ErrNoProps  = fault.New(fault.Invalid, "configured_props", "The trigger email-new-email takes no configured_props.")
	ErrNoMail   = fault.New(fault.Unavailable, "mail_off", "This server takes no e-mail: its operator has set no address for it (PATCHBAY_SMTP_ADDRESS).")
	ErrProps    = fault.New(fault.Invalid, "configured_props", "The trigger http-new-requests takes no configured_props but http.")
	ErrAppHook  = fault.New(fault.Invalid, "trigger_apphook", "This trigger waits for a webhook that the app sends to the platform for all of its users ($.interface.apphook), and this server has none. Deploy one that polls the app, or that has an address of its own.")
	ErrInactive = fault.New(fault.NotFound, "endpoint_not_found", "There is nothing at this address.")
)

// HTTPNewRequests is the trigger that emits each request to an address of its own.
const HTTPNewRequests = component.HTTPNewRequests

// Trigger is one deployed source. While it is not active its address answers 404.
type Trigger struct {
	ID              string // hi_… with an address, ei_… with one for e-mail, ti_… of a timer alone, dc_… of another component
	UserID          string
	ComponentKey    string
	Name            string
	Active          bool
	EmitOnDeploy    bool
	ConfiguredProps map[string]any   `gorm:"serializer:json"`
	EndpointID      *string          // nil = nobody calls it
	Version         string           // of the component
	Intake          *intake.Settings `gorm:"serializer:json"` // nil = requests are taken as they come
	IntakeKeys      []byte           // sealed; nil = none
	IntakeAt        *time.Time       // when it was set
	ExpectEvery     *int             // of Intake, where the sweeper finds them
	HearsApp        *string
	SilentSince     *time.Time // it was told that it is silent
	LiveID          *string    // wt_…: the trigger of a workflow that asks for it; nil = it was deployed by itself
	CreatedAt       time.Time
	UpdatedAt       time.Time
	ChangedAt       time.Time // by somebody: a worker that switches it off, or renews what it has at the app, moves UpdatedAt alone

	ExternalUserID string `gorm:"-"` // the customer's own id of UserID

	Source *Source `gorm:"-"` // what it remembers; nil = it looks for nothing, or was not asked
}
