package signin

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/member"
	"github.com/patchbay-dev/patchbay/internal/token"
)

// Faults of passkeys.
var (
	ErrPasskeysOff = fault.New(fault.Conflict, "passkeys_off", "Passkeys need a public URL with a host name: by https, or localhost.")
	ErrCeremony    = fault.New(fault.Unauthenticated, "passkey_expired", "This took too long, or was done already. Try again.")
	ErrPasskey     = fault.New(fault.Unauthenticated, "passkey", "This passkey is not accepted.")
	ErrNoPasskey   = fault.New(fault.NotFound, "passkey_not_found", "There is no such passkey.")
	ErrPasskeyName = fault.New(fault.Invalid, "passkey_name", "A passkey's name has 1 to %d characters.", maxPasskeyName).At("name")
	ErrPasskeys    = fault.New(fault.Conflict, "passkeys_full", "An account has %d passkeys at most.", maxPasskeys)
)

const (
	ceremonyLife   = 5 * time.Minute
	maxPasskeys    = 20
	maxPasskeyName = 60
)

// Passkey is a key pair whose private half stays with a device of a person.
type Passkey struct {
	ID           string
	PersonID     string
	Name         string
	CredentialID string
	Credential   webauthn.Credential `gorm:"serializer:json"`
	CreatedAt    time.Time
	UsedAt       *time.Time
}

// ceremony is a passkey that is being made or asked for. It ends once.
type ceremony struct {
	TokenHash []byte `gorm:"primaryKey"`
	PersonID  *string
	Kind      string
	Data      webauthn.SessionData `gorm:"serializer:json"`
	ExpiresAt time.Time
}

// TableName maps the noun to its table.
func (ceremony) TableName() string { return "passkey_ceremonies" }

// holder is a person as the library sees them.
type holder struct {
	*member.Person
	keys []webauthn.Credential
}

func (h *holder) WebAuthnID() []byte                         { return []byte(h.ID) }
func (h *holder) WebAuthnName() string                       { return h.Email }
func (h *holder) WebAuthnDisplayName() string                { return h.Name }
func (h *holder) WebAuthnCredentials() []webauthn.Credential { return h.keys }

// party is what passkeys are made for: our public URL, and no other.
func (s *Service) party() (*webauthn.WebAuthn, error) {
	u, err := url.Parse(s.PublicURL)
	if err != nil {
		return nil, ErrPasskeysOff.Because(err)
	}
	if _, err := netip.ParseAddr(u.Hostname()); err == nil || u.Scheme != "https" && u.Hostname() != "localhost" {
		return nil, ErrPasskeysOff
	}
	w, err := webauthn.New(&webauthn.Config{RPID: u.Hostname(), RPDisplayName: "Patchbay", RPOrigins: []string{s.PublicURL}})
	if err != nil {
		return nil, ErrPasskeysOff.Because(err)
	}
	return w, nil
}

// HasPasskeys reports whether this installation can take passkeys.
func (s *Service) HasPasskeys() bool { _, err := s.party(); return err == nil }

func (s *Service) holderOf(tx *gorm.DB, p *member.Person) (*holder, error) {
	var keys []Passkey
	if err := tx.Where("person_id = ?", p.ID).Order("created_at, id").Find(&keys).Error; err != nil {
		return nil, fmt.Errorf("find passkeys: %w", err)
	}
	h := &holder{Person: p}
	for _, k := range keys {
		h.keys = append(h.keys, k.Credential)
	}
	return h, nil
}

// keep writes a ceremony down and returns the token that ends it.
func (s *Service) keep(tx *gorm.DB, kind string, personID *string, d *webauthn.SessionData) (string, error) {
	raw := token.Hex("pbk_", 32)
	row := ceremony{TokenHash: token.Hash(raw), PersonID: personID, Kind: kind, Data: *d, ExpiresAt: s.Now().Add(ceremonyLife)}
	if err := tx.Create(&row).Error; err != nil {
		return "", fmt.Errorf("insert ceremony: %w", err)
	}
	return raw, nil
}

// finish takes a ceremony, once.
func (s *Service) finish(ctx context.Context, kind, raw string) (*ceremony, error) {
	var row *ceremony
	err := s.DB.System(ctx, func(tx *gorm.DB) (err error) {
		row, err = db.One[ceremony](tx.Where("token_hash = ? AND kind = ? AND expires_at > ?", token.Hash(raw), kind, s.Now()), ErrCeremony)
		if err != nil {
			return err
		}
		return db.Affected(tx.Where("token_hash = ?", row.TokenHash).Delete(&ceremony{}), ErrCeremony)
	})
	return row, err
}

// BeginPasskey returns what a browser needs to make a passkey, and the token by
// which AddPasskey knows it again.
func (s *Service) BeginPasskey(ctx context.Context, w *Who) (options any, raw string, err error) {
	party, err := s.party()
	if err != nil {
		return nil, "", err
	}
	if !w.Session.Fresh(s.Now()) {
		return nil, "", ErrProof
	}
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		h, err := s.holderOf(tx, w.Person)
		if err != nil {
			return err
		}
		if len(h.keys) >= maxPasskeys {
			return ErrPasskeys
		}
		known := make([]protocol.CredentialDescriptor, len(h.keys))
		for i := range h.keys {
			known[i] = h.keys[i].Descriptor()
		}
		made, data, err := party.BeginRegistration(h, webauthn.WithExclusions(known), webauthn.WithAuthenticatorSelection(protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: protocol.ResidentKeyRequired(), UserVerification: protocol.VerificationRequired,
		}))
		if err != nil {
			return fmt.Errorf("begin passkey: %w", err)
		}
		options = made
		raw, err = s.keep(tx, "add", &w.Person.ID, data)
		return err
	})
	return options, raw, err
}

// AddPasskey takes what the browser made. The session goes on as one of two
// factors under another token, and all others end.
func (s *Service) AddPasskey(ctx context.Context, w *Who, raw, name string, answer json.RawMessage, b Browser) (*Opened, error) {
	if name = strings.TrimSpace(name); name == "" || utf8.RuneCountInString(name) > maxPasskeyName || strings.ContainsRune(name, 0) {
		return nil, ErrPasskeyName
	}
	party, err := s.party()
	if err != nil {
		return nil, err
	}
	begun, err := s.finish(ctx, "add", raw)
	if err != nil {
		return nil, err
	}
	if begun.PersonID == nil || *begun.PersonID != w.Person.ID {
		return nil, ErrCeremony
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return nil, ErrPasskey.Because(err)
	}
	made, err := party.CreateCredential(&holder{Person: w.Person}, begun.Data, parsed)
	if err != nil {
		return nil, ErrPasskey.Because(err)
	}
	o := &Opened{}
	row := &Passkey{ID: id.New("pk"), PersonID: w.Person.ID, Name: name, CredentialID: base64.RawURLEncoding.EncodeToString(made.ID), Credential: *made, CreatedAt: s.Now()}
	err = s.DB.System(ctx, func(tx *gorm.DB) (err error) {
		if err := tx.Create(row).Error; err != nil {
			return ErrPasskey.Because(err)
		}
		if o.Token, err = s.stronger(tx, w); err != nil {
			return err
		}
		return s.note(tx, b, w.Person, audit.FactorAdded, map[string]any{"factor": ByPasskey, "name": name})
	})
	if err != nil {
		return nil, err
	}
	s.tellOfFactor(w.Person, "A passkey was added to your Patchbay account")
	return o, nil
}

// RemovePasskey removes one, for who proved a moment ago who they are.
func (s *Service) RemovePasskey(ctx context.Context, w *Who, passkeyID string, b Browser) error {
	if !w.Session.Fresh(s.Now()) {
		return ErrProof
	}
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		if err := db.Affected(tx.Where("person_id = ? AND id = ?", w.Person.ID, passkeyID).Delete(&Passkey{}), ErrNoPasskey); err != nil {
			return err
		}
		return s.weaker(tx, w, b, map[string]any{"factor": ByPasskey})
	})
	if err == nil {
		s.tellOfFactor(w.Person, "A passkey was removed from your Patchbay account")
	}
	return err
}

// AskPasskey returns what a browser needs to show a passkey: any that it has for
// us or, where a sign-in waits for its second factor, one of that person's.
func (s *Service) AskPasskey(ctx context.Context, stepRaw string, b Browser) (options any, raw string, err error) {
	party, err := s.party()
	if err != nil {
		return nil, "", err
	}
	if err := s.tries().begin(ctx, ofPasskey.of("passkey", b.Address)); err != nil {
		return nil, "", err
	}
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		var data *webauthn.SessionData
		var personID *string
		if stepRaw == "" {
			if options, data, err = party.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired)); err != nil {
				return fmt.Errorf("ask for passkey: %w", err)
			}
		} else {
			_, p, err := s.waiting(tx, stepRaw)
			if err != nil {
				return err
			}
			h, err := s.holderOf(tx, p)
			if err != nil {
				return err
			}
			if len(h.keys) == 0 {
				return ErrNoPasskey
			}
			personID = &p.ID
			if options, data, err = party.BeginLogin(h, webauthn.WithUserVerification(protocol.VerificationPreferred)); err != nil {
				return fmt.Errorf("ask for passkey: %w", err)
			}
		}
		raw, err = s.keep(tx, "sign_in", personID, data)
		return err
	})
	return options, raw, err
}

// SignInByPasskey opens a session for a passkey: alone, when its holder was
// verified by the device, or as the second factor of a sign-in that waits.
func (s *Service) SignInByPasskey(ctx context.Context, raw, stepRaw string, answer json.RawMessage, b Browser) (*Opened, error) {
	party, err := s.party()
	if err != nil {
		return nil, err
	}
	begun, err := s.finish(ctx, "sign_in", raw)
	if err != nil {
		return nil, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return nil, ErrPasskey.Because(err)
	}
	var p *member.Person
	var st *step
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		var shown *webauthn.Credential
		if begun.PersonID == nil {
			whose := func(_, handle []byte) (webauthn.User, error) {
				if p, err = db.One[member.Person](tx.Where("id = ?", string(handle)), ErrPasskey); err != nil {
					return nil, err
				}
				return s.holderOf(tx, p)
			}
			_, shown, err = party.ValidatePasskeyLogin(whose, begun.Data, parsed)
		} else {
			if st, p, err = s.waiting(tx, stepRaw); err != nil {
				return err
			}
			if p.ID != *begun.PersonID {
				return ErrCeremony
			}
			h, herr := s.holderOf(tx, p)
			if herr != nil {
				return herr
			}
			shown, err = party.ValidateLogin(h, begun.Data, parsed)
		}
		if err != nil {
			return ErrPasskey.Because(err)
		}
		if shown.Authenticator.CloneWarning {
			return ErrPasskey // its counter went back: two devices hold it
		}
		now := s.Now()
		res := tx.Model(&Passkey{}).Where("person_id = ? AND credential_id = ?", p.ID, base64.RawURLEncoding.EncodeToString(shown.ID)).
			Select("credential", "used_at").Updates(&Passkey{Credential: *shown, UsedAt: &now})
		return db.Affected(res, ErrPasskey)
	})
	if err != nil {
		return nil, err
	}
	if st != nil {
		return s.second(ctx, st, p, ByPasskey, b)
	}
	return s.open(ctx, p, ByPasskey, 2, b)
}
