package access

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"strings"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/token"
)

// Service gives tokens to clients and checks them.
type Service struct {
	DB   *db.DB
	Box  *secret.Box
	Keys *token.Keyring // filled by LoadKeys
	Now  func() time.Time

	verified *lru.Cache[[sha256.Size]byte, checked]
	once     sync.Once
}

// checked is a grant that was looked up, and until when it is believed.
type checked struct {
	*Grant

	until time.Time
}

// checkedFor is how long a token or a key is believed without a look at its
// client: verifying costs 200 µs. What is changed of a client holds so much later.
const checkedFor = 30 * time.Second

func (s *Service) cache() *lru.Cache[[sha256.Size]byte, checked] {
	s.once.Do(func() { s.verified, _ = lru.New[[sha256.Size]byte, checked](10_000) }) // fails for a size below one
	return s.verified
}

type signingKey struct {
	ID         string
	PublicKey  []byte
	PrivateKey []byte
	CreatedAt  time.Time
}

// LoadKeys fills the keyring from the database, and makes the first key when
// there is none. Every process calls it at start, and again for a token that
// was signed by a key made since.
func (s *Service) LoadKeys(ctx context.Context) error {
	var rows []signingKey
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		// Two processes that start at once must not make two first keys.
		if err := tx.Exec("SELECT pg_advisory_xact_lock(hashtext('patchbay signing keys'))").Error; err != nil {
			return fmt.Errorf("lock signing keys: %w", err)
		}
		if err := tx.Order("id").Find(&rows).Error; err != nil || len(rows) > 0 {
			return err
		}
		row, err := s.newSigningKey()
		if err != nil {
			return err
		}
		rows = []signingKey{*row}
		return tx.Create(row).Error
	})
	if err != nil {
		return fmt.Errorf("load signing keys: %w", err)
	}
	keys := make([]token.Key, len(rows))
	for i, r := range rows {
		private, err := s.Box.Open(r.PrivateKey, "signing_key|"+r.ID)
		if err != nil {
			return fmt.Errorf("open signing key %s: %w", r.ID, err)
		}
		keys[i] = token.Key{ID: r.ID, Public: r.PublicKey, Private: private}
	}
	s.Keys.Replace(keys)
	return nil
}

func (s *Service) newSigningKey() (*signingKey, error) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, fmt.Errorf("generate key: %w", err)
	}
	k := &signingKey{ID: id.New("key"), PublicKey: public, CreatedAt: s.Now()}
	k.PrivateKey, err = s.Box.Seal(private, "signing_key|"+k.ID)
	return k, err
}

// Issue returns an access token for a client that knows its secret, or the one
// before while that is good. asked are scopes separated by spaces; none means all
// that the client has. address is where the client calls from.
func (s *Service) Issue(ctx context.Context, clientID, clientSecret, asked, address string) (string, token.Claims, error) {
	now := s.Now()
	var c *Client
	err := s.DB.Look(ctx, func(q *gorm.DB) (err error) {
		if c, err = db.One[Client](q.Where("id = ? AND kind = ?", clientID, OAuth), ErrInvalidClient); err != nil {
			return err
		}
		switch {
		case !c.knows(clientSecret, now) || c.over(now):
			return ErrInvalidClient
		case c.DisabledAt != nil:
			return ErrDisabled
		}
		return enter(q, c, now, address)
	})
	if err != nil {
		return "", token.Claims{}, err
	}
	scopes, err := Narrow(c.Scopes, asked)
	if err != nil {
		return "", token.Claims{}, err
	}
	claims := token.Claims{ID: id.New("jti"), ClientID: c.ID, Workspace: c.WorkspaceID, Scopes: scopes, IssuedAt: now, ExpiresAt: now.Add(TokenLife)}
	raw, err := s.Keys.Sign(claims)
	return raw, claims, err
}

// enter lets a client in, unless its workspace is to be deleted.
func enter(q *gorm.DB, c *Client, now time.Time, address string) error {
	var going bool
	if err := q.Raw("SELECT EXISTS (SELECT FROM workspaces WHERE id = ? AND deletes_at IS NOT NULL)", c.WorkspaceID).Scan(&going).Error; err != nil {
		return fmt.Errorf("look at workspace: %w", err)
	}
	if going {
		return ErrGoing
	}
	return touch(q, c, now, address)
}

// touch notes that a client is in use: once a minute, which is often enough to
// see who is, and no write for each request.
func touch(q *gorm.DB, c *Client, now time.Time, address string) error {
	if c.LastUsedAt != nil && now.Sub(*c.LastUsedAt) < time.Minute {
		return nil
	}
	return q.Model(&Client{}).Where("id = ?", c.ID).UpdateColumns(map[string]any{"last_used_at": now, "last_used_address": address}).Error
}

// Verify returns what an access token or an API key grants, when it is valid and
// its client may still call; else a fault of kind Unauthenticated. The grant is
// shared: nobody writes to it.
func (s *Service) Verify(ctx context.Context, raw, address string) (*Grant, error) {
	now := s.Now()
	var room [1024]byte // most tokens fit, and need not be copied to the heap
	key := sha256.Sum256(append(room[:0], raw...))
	if c, ok := s.cache().Get(key); ok && now.Before(c.until) {
		return c.Grant, nil
	}
	find := s.byToken
	if strings.HasPrefix(raw, KeyPrefix) {
		find = s.byKey
	}
	g, err := find(ctx, raw, address, now)
	if err != nil {
		return nil, err
	}
	until := now.Add(checkedFor)
	if !g.ExpiresAt.IsZero() && g.ExpiresAt.Before(until) {
		until = g.ExpiresAt
	}
	s.cache().Add(key, checked{g, until})
	return g, nil
}

func (s *Service) byToken(ctx context.Context, raw, address string, now time.Time) (*Grant, error) {
	if !s.Keys.Has(raw) {
		if err := s.LoadKeys(ctx); err != nil {
			return nil, err
		}
	}
	claims, err := s.Keys.Verify(raw, now)
	if err != nil {
		return nil, ErrInvalidToken.Because(err)
	}
	var c *Client
	err = s.DB.Look(ctx, func(q *gorm.DB) (err error) {
		if c, err = db.One[Client](q.Where("id = ? AND workspace_id = ? AND kind = ?", claims.ClientID, claims.Workspace, OAuth), ErrInvalidToken); err != nil {
			return err
		}
		if c.DisabledAt != nil {
			return ErrDisabled
		}
		return enter(q, c, now, address)
	})
	if err != nil {
		return nil, err
	}
	g := c.grant()
	scopes := both(claims.Scopes, c.Scopes) // the client may have been narrowed since
	g.Claims = claims
	g.Scopes = scopes
	return g, nil
}

func (s *Service) byKey(ctx context.Context, raw, address string, now time.Time) (*Grant, error) {
	if !WellFormed(raw) {
		return nil, ErrInvalidKey
	}
	var c *Client
	err := s.DB.Look(ctx, func(q *gorm.DB) (err error) {
		if c, err = db.One[Client](q.Where("secret_hash = ? AND kind = ?", token.Hash(raw), Key), ErrInvalidKey); err != nil {
			return err
		}
		switch {
		case c.over(now):
			return ErrInvalidKey
		case c.DisabledAt != nil:
			return ErrDisabled
		}
		return enter(q, c, now, address)
	})
	if err != nil {
		return nil, err
	}
	return c.grant(), nil
}

// grant is what a client may do.
func (c *Client) grant() *Grant {
	g := &Grant{
		Claims: token.Claims{ID: c.ID, ClientID: c.ID, Workspace: c.WorkspaceID, Scopes: c.Scopes, IssuedAt: c.CreatedAt},
		Bounds: c.Bounds(), Kind: c.Kind, Name: c.Name, Rate: c.RateRequests, Window: time.Duration(c.RateWindowSeconds) * time.Second,
	}
	if c.ExpiresAt != nil {
		g.ExpiresAt = *c.ExpiresAt
	}
	return g
}
