package access

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/expirable"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
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

	verified *expirable.LRU[[sha256.Size]byte, token.Claims]
	once     sync.Once
}

// checkedFor is how long a verified token is believed without a look at its
// client: verifying costs 200 µs, and a deleted client's tokens end with it.
const checkedFor = 30 * time.Second

func (s *Service) cache() *expirable.LRU[[sha256.Size]byte, token.Claims] {
	s.once.Do(func() { s.verified = expirable.NewLRU[[sha256.Size]byte, token.Claims](10_000, nil, checkedFor) })
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
		row, err := s.newKey()
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

func (s *Service) newKey() (*signingKey, error) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, fmt.Errorf("generate key: %w", err)
	}
	k := &signingKey{ID: id.New("key"), PublicKey: public, CreatedAt: s.Now()}
	k.PrivateKey, err = s.Box.Seal(private, "signing_key|"+k.ID)
	return k, err
}

// CreateClient makes a client. The secret is returned here and nowhere else.
func (s *Service) CreateClient(ctx context.Context, workspaceID, name string, scopes []string) (*Client, secret.Text, error) {
	if len(scopes) == 0 {
		scopes = []string{"*"}
	}
	for _, sc := range scopes {
		if !slices.Contains(Scopes, sc) {
			return nil, "", ErrInvalidScope
		}
	}
	raw := token.Hex("pbs_", 32)
	c := &Client{ID: id.New("cli"), WorkspaceID: workspaceID, Name: name, SecretHash: token.Hash(raw), Scopes: scopes, CreatedAt: s.Now()}
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		if err := tx.Create(c).Error; err != nil {
			return fmt.Errorf("insert client: %w", err)
		}
		return audit.RecordOf(tx, c.CreatedAt, workspaceID, audit.Entry{Action: audit.APIClientCreated, Subject: c.ID, Details: map[string]any{"scopes": scopes}})
	})
	return c, secret.Text(raw), err
}

// Clients returns a workspace's clients, newest first.
func (s *Service) Clients(ctx context.Context, workspaceID string) (rows []Client, err error) {
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Where("workspace_id = ?", workspaceID).Order("id DESC").Find(&rows).Error
	})
	return rows, err
}

// DeleteClient removes a client. Its tokens are refused within half a minute.
func (s *Service) DeleteClient(ctx context.Context, workspaceID, clientID string) error {
	defer s.cache().Purge() // after: a token that is verified meanwhile must not be remembered
	return s.DB.System(ctx, func(tx *gorm.DB) error {
		if err := db.Affected(tx.Where("workspace_id = ? AND id = ?", workspaceID, clientID).Delete(&Client{}), ErrClientNotFound); err != nil {
			return err
		}
		return audit.RecordOf(tx, s.Now(), workspaceID, audit.Entry{Action: audit.APIClientDeleted, Subject: clientID})
	})
}

// Issue returns an access token for a client that knows its secret. asked are
// scopes separated by spaces; none means all that the client has.
func (s *Service) Issue(ctx context.Context, clientID, clientSecret, asked string) (string, token.Claims, error) {
	now := s.Now()
	var c *Client
	err := s.DB.Look(ctx, func(q *gorm.DB) (err error) {
		if c, err = db.One[Client](q.Where("id = ?", clientID), ErrInvalidClient); err != nil {
			return err
		}
		if !token.Matches(clientSecret, c.SecretHash) {
			return ErrInvalidClient
		}
		if c.LastUsedAt != nil && now.Sub(*c.LastUsedAt) < time.Minute { // often enough to see who is in use, and no write a token
			return nil
		}
		return q.Model(&Client{}).Where("id = ?", c.ID).Update("last_used_at", now).Error
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

// Verify returns what an access token says, when it is valid and its client
// still exists; else a fault of kind Unauthenticated.
func (s *Service) Verify(ctx context.Context, raw string) (token.Claims, error) {
	now := s.Now()
	var room [1024]byte // most tokens fit, and need not be copied to the heap
	key := sha256.Sum256(append(room[:0], raw...))
	if c, ok := s.cache().Get(key); ok && now.Before(c.ExpiresAt) {
		return c, nil
	}
	if !s.Keys.Has(raw) {
		if err := s.LoadKeys(ctx); err != nil {
			return token.Claims{}, err
		}
	}
	c, err := s.Keys.Verify(raw, now)
	if err != nil {
		return token.Claims{}, ErrInvalidToken.Because(err)
	}
	err = s.DB.Look(ctx, func(tx *gorm.DB) error {
		_, err := db.One[Client](tx.Where("id = ? AND workspace_id = ?", c.ClientID, c.Workspace), ErrInvalidToken)
		return err
	})
	if err != nil {
		return token.Claims{}, err
	}
	s.cache().Add(key, c)
	return c, nil
}
