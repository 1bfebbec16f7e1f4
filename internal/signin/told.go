package signin

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/member"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
)

// note writes what somebody did into the log of each workspace that they are a
// member of. Who failed to sign in is nobody that we know.
func (s *Service) note(tx *gorm.DB, b Browser, p *member.Person, action string, details map[string]any) error {
	details["browser"] = Words(b.UserAgent)
	var all []member.Member
	if err := tx.Where("person_id = ?", p.ID).Order("workspace_id").Find(&all).Error; err != nil {
		return fmt.Errorf("find memberships: %w", err)
	}
	for _, m := range all {
		by := audit.Actor{Kind: audit.Member, ID: m.ID, Name: p.Email, Address: b.Address, RequestID: b.RequestID}
		if action == audit.SignInFailed {
			by = audit.Actor{Kind: audit.System, ID: "patchbay", Address: b.Address, RequestID: b.RequestID}
		}
		within := tx.WithContext(audit.With(tx.Statement.Context, by))
		if err := audit.RecordOf(within, s.Now(), m.WorkspaceID, audit.Entry{Action: action, Subject: m.ID, Details: withEmail(details, p.Email)}); err != nil {
			return err
		}
	}
	return nil
}

// How often the log is told of a session that is refused for its address: of the
// same one again, and of another one.
const (
	refusedAgain     = time.Hour
	refusedElsewhere = time.Minute
)

// noteRefused writes into the workspace's log that somebody was refused for their
// address; now and then, and not with each request of theirs.
func noteRefused(tx *gorm.DB, w *Who, from string, now time.Time) error {
	res := tx.Exec(`UPDATE sessions SET refused_at = @now, refused_from = @from WHERE token_hash = @t
		AND (refused_at IS NULL OR refused_at <= @again OR refused_from <> @from AND refused_at <= @elsewhere)`, map[string]any{
		"now": now, "from": from, "t": w.Session.TokenHash, "again": now.Add(-refusedAgain), "elsewhere": now.Add(-refusedElsewhere),
	})
	if res.Error != nil {
		return fmt.Errorf("note a refused address: %w", res.Error)
	}
	if res.RowsAffected == 0 {
		return nil
	}
	ctx := tx.Statement.Context
	by := audit.Actor{Kind: audit.Member, ID: w.Member.ID, Name: w.Person.Email, Address: from, RequestID: telemetry.Of(ctx, "request_id")}
	return audit.RecordOf(tx.WithContext(audit.With(ctx, by)), now, w.Workspace.ID, audit.Entry{
		Action: audit.AddressRefused, Subject: w.Member.ID, Details: map[string]any{"email": w.Person.Email, "address": from},
	})
}

func withEmail(details map[string]any, email string) map[string]any {
	out := map[string]any{"email": email}
	for k, v := range details {
		out[k] = v
	}
	return out
}

func (s *Service) tellOfDevice(p *member.Person, b Browser, now time.Time) {
	from := ""
	if b.Address != "" {
		from = ", from the address " + b.Address
	}
	s.tell(p, Letter{
		Subject: "A new browser signed in to Patchbay",
		Text: fmt.Sprintf("%s signed in at %s with %s%s, on %s.\nIf it was not you, set another password: that ends all sessions.",
			p.Email, s.PublicURL, Words(b.UserAgent), from, now.UTC().Format("2 Jan 2006, 15:04 MST")),
		Action: "See where you are signed in", Link: s.PublicURL + "/account",
	})
}

func (s *Service) tellOfFactor(p *member.Person, what string) {
	s.tell(p, Letter{Subject: what, Text: what + " (" + p.Email + " at " + s.PublicURL + "). If it was not you, set another password at once.", Action: "See your account", Link: s.PublicURL + "/account"})
}

// post is what is sent behind its maker's back: who asks for a letter is answered
// at once, whether there is anybody to send it to or not.
type post struct {
	once sync.Once
	room chan struct{}
	all  sync.WaitGroup
}

const letters = 64 // under way at once; more are left out, and can be asked for again

func (s *Service) later(send func(ctx context.Context) error) {
	s.post.once.Do(func() { s.post.room = make(chan struct{}, letters) })
	select {
	case s.post.room <- struct{}{}:
	default:
		slog.Warn("a letter was left out: too many are under way")
		return
	}
	s.post.all.Go(func() {
		defer func() { <-s.post.room }()
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := send(ctx); err != nil {
			logLetter(ctx, err)
		}
	})
}

// Close waits for the letters that are under way.
func (s *Service) Close() { s.post.all.Wait() }

func newLetterID() string { return id.New("ltr") }
