// Package upstream has the tools of remote MCP servers as actions of an app. What a
// server says of its tools is pinned when a member accepts it: what it says otherwise
// later is shown, and nothing of it is used until a member has accepted that, too.
package upstream

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/patchbay-dev/patchbay/internal/appfile"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/registry"
)

// Faults of this package.
var (
	ErrNotFound = fault.New(fault.NotFound, "mcp_server_not_found", "The workspace has no MCP server for this app.")
	ErrURL      = fault.New(fault.Invalid, "mcp_server_url", "The address of an MCP server begins with https:// and names a host. It has no user, no password and no fragment.").At("url")
	ErrFailed   = fault.New(fault.Invalid, "mcp_server_failed", "The server did not answer as an MCP server does.")
	ErrNoTools  = fault.New(fault.Invalid, "mcp_server_empty", "The server has no tool that can be an action.")
	ErrChanged  = fault.New(fault.Conflict, "mcp_server_changed", "The server's tools are not those that you looked at. Look at them again.")
	ErrHost     = fault.New(fault.Conflict, "mcp_server_host", "The app's file does not name the server's host, so that its accounts are not used there. Add the host to the file.").At("url")
	ErrApp      = fault.New(fault.Invalid, "mcp_server_app", "There is no such app. Say with auth how the server is signed in to, and a file is made for it.").At("auth")
	ErrFull     = fault.New(fault.Conflict, "mcp_servers_full", "A workspace has at most %d MCP servers.", maxServers)
)

// The most that is taken of a server.
const (
	maxServers     = 50
	maxTools       = 200
	maxPages       = 20
	maxDescription = 16 << 10 // bytes
	maxSchema      = 64 << 10 // bytes
	maxProps       = 100
	maxAnswer      = 4 << 20 // bytes, of all answers of a visit
	patience       = 30 * time.Second
	lookEvery      = time.Hour // by the way, when a tool is called
)

// Service knows the MCP servers of workspaces.
type Service struct {
	DB         *db.DB
	Apps       *appfile.Service
	Components *registry.Service
	Client     *http.Client // through the guard of what leaves; it bounds no answer
	Version    string       // of the product
	Insecure   bool         // http:// is taken, too: on a developer's machine
	Now        func() time.Time

	mu     sync.Mutex
	looked map[string]time.Time // by workspace and app
}

// Server is a remote MCP server.
type Server struct {
	WorkspaceID string
	App         string // slug
	URL         string
	Open        bool // its tools are called without an account
	Name        string
	Version     string
	Tools       []Definition `gorm:"serializer:json"`
	Found       []Definition `gorm:"serializer:json"` // all that it has now; nil = nothing else than Tools
	Refused     []Refused    `gorm:"serializer:json"`
	Declined    *string      // the digest of what a member did not want; nil = nothing
	Failure     *string      // of the last look
	Author      string
	CreatedAt   time.Time
	AcceptedAt  time.Time
	LookedAt    time.Time

	speaks string // the version of the protocol, where it was asked just now
}

// TableName maps the noun to its table.
func (Server) TableName() string { return "mcp_servers" }

// Definition is what a server says of a tool.
type Definition struct {
	Name        string          `json:"name"`
	Title       string          `json:"title,omitempty"`
	Description string          `json:"description,omitempty"`
	InputSchema json.RawMessage `json:"input_schema"`
	ReadOnly    bool            `json:"read_only"`
	Destructive bool            `json:"destructive"`
	Idempotent  bool            `json:"idempotent"`
	OpenWorld   bool            `json:"open_world"`
}

// Refused is a tool that cannot be an action.
type Refused struct {
	Name string `json:"name"`
	Why  string `json:"why"`
}

// Change is in what a server's tool differs from what was accepted.
type Change struct {
	Name   string
	Before *Definition // nil = it is new
	After  *Definition // nil = it is gone
}

// Changes are in what the server differs from what was accepted, by tool.
func (s *Server) Changes() []Change {
	out := []Change{}
	if s.Found == nil {
		return out
	}
	before, after := byName(s.Tools), byName(s.Found)
	for i := range s.Tools {
		was := &s.Tools[i]
		if is := after[was.Name]; is == nil || !same(was, is) {
			out = append(out, Change{was.Name, was, is})
		}
	}
	for i := range s.Found {
		if before[s.Found[i].Name] == nil {
			out = append(out, Change{s.Found[i].Name, nil, &s.Found[i]})
		}
	}
	return out
}

// Digest names what was found, so that what is accepted is what was looked at; "" =
// nothing is to be accepted.
func (s *Server) Digest() string {
	if len(s.Changes()) == 0 {
		return ""
	}
	return digest(s.Found)
}

// Waits reports whether a member is to decide on what was found: nobody did.
func (s *Server) Waits() bool {
	d := s.Digest()
	return d != "" && (s.Declined == nil || *s.Declined != d)
}

func digest(v any) string {
	text, _ := json.Marshal(v) // of texts
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

func same(a, b *Definition) bool { return digest(a) == digest(b) }

// MarshalJSON writes a definition as one text, however the database has its schema.
func (d Definition) MarshalJSON() ([]byte, error) {
	type plain Definition
	out := struct {
		plain

		InputSchema any `json:"input_schema"`
	}{plain: plain(d)}
	if err := json.Unmarshal(d.InputSchema, &out.InputSchema); err != nil {
		return nil, fmt.Errorf("read schema: %w", err)
	}
	return json.Marshal(out) //nolint:wrapcheck // cannot fail for what was JSON
}

func byName(all []Definition) map[string]*Definition {
	out := make(map[string]*Definition, len(all))
	for i := range all {
		out[all[i].Name] = &all[i]
	}
	return out
}
