package account

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/provider"
)

// inputs is the name of the row that holds what the user typed in.
const inputs = "inputs"

// row is one token of an account, or what its user typed in. Whoever writes it
// names the version that they read.
type row struct {
	ID               string
	AccountID        string
	Name             string
	Main             bool
	Version          int64
	Sealed           []byte // sealed contents
	OauthAppID       *string
	TokenHost        string
	ExpiresAt        *time.Time
	RefreshExpiresAt *time.Time
	WarnAt           *time.Time
	NextRefreshAt    *time.Time
	Failures         int
	Dead             bool
	LastOkAt         *time.Time
	LastAttempt      string
	RejectedAt       *time.Time
	LeaseOwner       string
	LeaseUntil       *time.Time
	CreatedAt        time.Time
	UpdatedAt        time.Time
}

// TableName maps the noun to its table.
func (row) TableName() string { return "credentials" }

// contents is what a row seals.
type contents struct {
	Parts    map[string]string `json:"parts"`              // access, refresh, id …; of inputs: by field
	Previous string            `json:"previous,omitempty"` // the refresh token before this one
	Until    *time.Time        `json:"until,omitempty"`    // as long as the provider still takes it
}

func (s *Service) seal(environmentID string, r *row, c *contents) (err error) {
	plain, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("encode credential: %w", err)
	}
	r.Sealed, err = s.Box.Seal(plain, associated(environmentID, r.AccountID, r.Name))
	return err
}

func (s *Service) open(environmentID string, r *row) (*contents, error) {
	plain, err := s.Box.Open(r.Sealed, associated(environmentID, r.AccountID, r.Name))
	if err != nil {
		return nil, fmt.Errorf("open credential of %s: %w", r.AccountID, err)
	}
	var c contents
	if err := json.Unmarshal(plain, &c); err != nil {
		return nil, fmt.Errorf("decode credential of %s: %w", r.AccountID, err)
	}
	return &c, nil
}

// holding is an account with what it holds, as it was read at one moment.
type holding struct {
	environment string
	account     *Account
	rows        []row
	contents    map[string]*contents // by name
	credential  Credential
	damaged     error                               // why a part of it cannot be opened
	ready       atomic.Pointer[provider.Connection] // what calls go through, as long as the app's file is the same
}

// load reads an account with its credential.
func (s *Service) load(tx *gorm.DB, environmentID, accountID string) (*holding, error) {
	a, err := ByID(tx, accountID)
	if err != nil {
		return nil, err
	}
	all, err := s.loadAll(tx, environmentID, []Account{*a})
	if err != nil {
		return nil, err
	}
	return all[0], all[0].damaged
}

// loadAll reads the credentials of accounts, in their order.
func (s *Service) loadAll(tx *gorm.DB, environmentID string, accounts []Account) ([]*holding, error) {
	ids, out, at := make([]string, len(accounts)), make([]*holding, len(accounts)), map[string]*holding{}
	for i := range accounts {
		ids[i] = accounts[i].ID
		out[i] = &holding{environment: environmentID, account: &accounts[i], contents: map[string]*contents{}}
		at[ids[i]] = out[i]
	}
	var rows []row
	if err := tx.Where("account_id IN ?", ids).Order("id").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("load credentials: %w", err)
	}
	for i := range rows {
		h := at[rows[i].AccountID]
		h.rows = append(h.rows, rows[i])
		in, err := s.open(environmentID, &rows[i])
		if err != nil {
			h.damaged = err
			continue
		}
		h.take(&rows[i], in)
	}
	return out, nil
}

func (h *holding) take(r *row, in *contents) {
	h.contents[r.Name] = in
	if r.Name == inputs {
		h.credential.Inputs = in.Parts
		return
	}
	for part, v := range in.Parts {
		h.credential.put(r.Name+"."+part, r.Main, v)
	}
}

// put takes a token in. Those of the main one have fields of their own.
func (c *Credential) put(name string, main bool, v string) {
	_, part, _ := strings.Cut(name, ".")
	switch {
	case main && part == "access":
		c.AccessToken = v
	case main && part == "refresh":
		c.RefreshToken = v
	}
	if c.Tokens == nil {
		c.Tokens = map[string]string{}
	}
	c.Tokens[name] = v
}

// main is the row that calls carry.
func (h *holding) main() *row {
	for i := range h.rows {
		if h.rows[i].Main {
			return &h.rows[i]
		}
	}
	return nil
}

// rowsOf are the rows of a new credential: one for each token, and one for what
// was typed in.
func (s *Service) rowsOf(environmentID string, conn *provider.Connection, a *Account, g *Grant, now time.Time) ([]row, error) {
	main := conn.MainToken()
	parts := map[string]map[string]string{}
	for name, v := range g.Credential.all(main) {
		token, part, _ := strings.Cut(name, ".")
		if parts[token] == nil {
			parts[token] = map[string]string{}
		}
		parts[token][part] = v
	}
	if parts[main] == nil {
		main = inputs
	}
	if len(g.Credential.Inputs) > 0 || main == inputs {
		parts[inputs] = g.Credential.Inputs
	}
	conn.Inputs, conn.Vars = g.Credential.Inputs, a.Vars
	rows := []row{}
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		r := row{ID: id.New("crd"), AccountID: a.ID, Name: name, Main: name == main, Version: 1, OauthAppID: a.OauthAppID, CreatedAt: now, UpdatedAt: now}
		in := &contents{Parts: parts[name]}
		if name != inputs {
			r.TokenHost = conn.TokenHost()
			r.plan(conn.Auth, in, g, now)
		}
		if err := s.seal(environmentID, &r, in); err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// all are the tokens by name and part.
func (c *Credential) all(main string) map[string]string {
	out := maps.Clone(c.Tokens)
	if out == nil {
		out = map[string]string{}
	}
	if c.AccessToken != "" {
		out[main+".access"] = c.AccessToken
	}
	if c.RefreshToken != "" {
		out[main+".refresh"] = c.RefreshToken
	}
	return out
}

// plan says when a token ends, when it is renewed, and when its user is told
// that only they can renew it. g is what has just been granted.
func (r *row) plan(auth *catalog.Auth, in *contents, g *Grant, now time.Time) {
	p := policyOf(auth)
	r.ExpiresAt, r.NextRefreshAt, r.WarnAt = nil, nil, nil
	if at, ok := g.Expires[r.Name]; ok {
		r.ExpiresAt = &at
	} else if r.Main {
		r.ExpiresAt = g.ExpiresAt
	}
	if at, ok := g.Renewable[r.Name]; ok {
		r.RefreshExpiresAt = &at
	} else if p.absolute > 0 && r.RefreshExpiresAt == nil {
		at := r.CreatedAt.Add(p.absolute)
		r.RefreshExpiresAt = &at
	}
	renewable := p.renewable(in)
	if at, ok := p.next(r, renewable, now); ok {
		r.NextRefreshAt = &at
	}
	end := r.RefreshExpiresAt
	if !renewable {
		end = r.ExpiresAt
	}
	if end != nil && end.After(now) {
		at := end.Add(-min(warning, end.Sub(now)/4))
		if end.Sub(now) > 24*time.Hour { // what ends sooner is no news
			r.WarnAt = &at
		}
	}
}

// warning is how long before an account ends for good that is told.
const warning = 14 * 24 * time.Hour
