package signin_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/member"
	"github.com/patchbay-dev/patchbay/internal/queue"
	"github.com/patchbay-dev/patchbay/internal/redis"
	"github.com/patchbay-dev/patchbay/internal/signin"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// letters keeps what people are sent.
type letters struct {
	mu  sync.Mutex
	all []sent
}

type sent struct {
	to string
	signin.Letter
}

func (l *letters) Post(_ context.Context, to, _ string, letter signin.Letter) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, sent{to, letter})
	return nil
}

// take returns what was sent since it was last asked.
func (r *rig) take() []sent {
	r.Delivered()
	r.letters.mu.Lock()
	defer r.letters.mu.Unlock()
	out := r.letters.all
	r.letters.all = nil
	return out
}

func (r *rig) who(raw string) *signin.Who {
	r.t.Helper()
	w, err := r.SignedIn(r.t.Context(), raw, "")
	if err != nil {
		r.t.Fatal(err)
	}
	return w
}

// must signs Ada in.
func (r *rig) must() string {
	r.t.Helper()
	raw, err := r.enter("ada@example.com", password)
	if err != nil {
		r.t.Fatal(err)
	}
	return raw
}

// logged returns the actions in Ada's workspace, the oldest first.
func (r *rig) logged() (actions []string) {
	r.t.Helper()
	err := r.DB.System(r.t.Context(), func(tx *gorm.DB) error {
		return tx.Raw("SELECT action FROM audit_log WHERE workspace_id = ? ORDER BY id", r.ada.WorkspaceID).Scan(&actions).Error
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return actions
}

// A link from an e-mail sets a password once, ends every session, and tells
// nobody whether an e-mail is known: the answer is one and the same.
func TestReset(t *testing.T) {
	t.Parallel()
	r, b := newRig(t), signin.Browser{Address: "192.0.2.1"}
	old := r.must()
	for _, email := range []string{"nobody@example.com", " ADA@example.com"} {
		if err := r.Forgot(t.Context(), email, b); err != nil {
			t.Fatal(err)
		}
	}
	got := r.take()
	if len(got) != 1 || got[0].to != "Ada@Example.com" {
		t.Fatalf("sent %v", got)
	}
	_, raw, _ := strings.Cut(got[0].Link, "https://patchbay.test/reset-password#")
	const other = "another good password"
	for name, try := range map[string]struct {
		raw, password string
		want          error
	}{
		"too short":               {raw, "short", member.ErrPassword},
		"guessed":                 {"pbl_0", other, signin.ErrReset},
		"empty":                   {"", other, signin.ErrReset},
		"one to sign in, instead": {r.signInLink(), other, signin.ErrReset},
	} {
		if err := r.Reset(t.Context(), try.raw, try.password, b); !errors.Is(err, try.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := r.SignInByLink(t.Context(), raw, b); !errors.Is(err, signin.ErrLink) {
		t.Fatalf("a link to set a password signs in: %v", err)
	}
	if err := r.Reset(t.Context(), raw, other, b); err != nil { // what was refused used up no link
		t.Fatal(err)
	}
	if err := r.Reset(t.Context(), raw, other, b); !errors.Is(err, signin.ErrReset) {
		t.Fatalf("twice: %v", err)
	}
	if _, err := r.SignedIn(t.Context(), old, ""); !errors.Is(err, signin.ErrSession) {
		t.Fatalf("a session outlived the password: %v", err)
	}
	if _, err := r.enter("ada@example.com", password); !errors.Is(err, signin.ErrSignIn) {
		t.Fatalf("the old password: %v", err)
	}
	if _, err := r.enter("ada@example.com", other); err != nil {
		t.Fatal(err)
	}
	if got := r.take(); !slices.ContainsFunc(got, func(s sent) bool { return strings.Contains(s.Subject, "was changed") }) {
		t.Errorf("nobody was told: %v", got)
	}
	if got := r.logged(); !slices.Equal(got, []string{audit.SignedIn, audit.PasswordChanged, audit.SignInFailed, audit.SignedIn}) {
		t.Errorf("logged %v", got)
	}
}

func (r *rig) signInLink() string {
	r.t.Helper()
	raw, err := r.NewLink(r.t.Context(), r.ada.PersonID)
	if err != nil {
		r.t.Fatal(err)
	}
	return raw
}

// A link to set a password is good for half an hour; without e-mail there is none.
func TestResetEnds(t *testing.T) {
	t.Parallel()
	r, b := newRig(t), signin.Browser{Address: "192.0.2.1"}
	if err := r.Forgot(t.Context(), "ada@example.com", b); err != nil {
		t.Fatal(err)
	}
	_, raw, _ := strings.Cut(r.take()[0].Link, "#")
	r.clock.Pass(signin.LinkLife)
	if err := r.Reset(t.Context(), raw, "another good password", b); !errors.Is(err, signin.ErrReset) {
		t.Fatal(err)
	}
	if err := r.Sweep(t.Context()); err != nil || r.count("sign_in_links") != 0 {
		t.Fatal(err)
	}
	r.Mail = nil
	if err := r.Forgot(t.Context(), "ada@example.com", b); !errors.Is(err, signin.ErrNoMail) {
		t.Fatal(err)
	}
}

// A changed password ends the other sessions; the present one goes on under
// another token, so that a stolen one is worth nothing.
func TestChangePassword(t *testing.T) {
	t.Parallel()
	r, b := newRig(t), signin.Browser{Address: "192.0.2.1"}
	here, there := r.must(), r.must()
	const other = "another good password"
	if _, err := r.ChangePassword(t.Context(), r.who(here), "wrong password", other, b); !errors.Is(err, signin.ErrCurrent) {
		t.Fatal(err)
	}
	if _, err := r.ChangePassword(t.Context(), r.who(here), password, "short", b); !errors.Is(err, member.ErrPassword) {
		t.Fatal(err)
	}
	o, err := r.ChangePassword(t.Context(), r.who(here), password, other, b)
	if err != nil {
		t.Fatal(err)
	}
	for name, raw := range map[string]string{"the other": there, "the old token": here} {
		if _, err := r.SignedIn(t.Context(), raw, ""); !errors.Is(err, signin.ErrSession) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if all, err := r.Sessions(t.Context(), r.who(o.Token)); err != nil || len(all) != 1 || all[0].ID != r.who(o.Token).Session.ID {
		t.Fatal(all, err)
	}
}

// Guesses of the present password are held back, too.
func TestChangePasswordGuessed(t *testing.T) {
	t.Parallel()
	r, b := newRig(t), signin.Browser{Address: "192.0.2.1"}
	w := r.who(r.must())
	for range 5 {
		if _, err := r.ChangePassword(t.Context(), w, "x", "another good password", b); !errors.Is(err, signin.ErrCurrent) {
			t.Fatal(err)
		}
	}
	if _, err := r.ChangePassword(t.Context(), w, password, "another good password", b); !errors.Is(err, signin.ErrTooMany) {
		t.Fatal(err)
	}
}

// Who has no password sets one while it is fresh that they proved who they are.
func TestFirstPassword(t *testing.T) {
	t.Parallel()
	r, b := newRig(t), signin.Browser{Address: "192.0.2.1"}
	raw := r.must()
	r.exec("UPDATE people SET password_hash = ''")
	w := r.who(raw)
	r.clock.Pass(signin.ProofLife)
	if _, err := r.ChangePassword(t.Context(), w, "", "another good password", b); !errors.Is(err, signin.ErrProof) {
		t.Fatal(err)
	}
	r.exec("UPDATE sessions SET proved_at = ?", r.clock.Now())
	if _, err := r.ChangePassword(t.Context(), r.who(raw), "", "another good password", b); err != nil {
		t.Fatal(err)
	}
}

// Sessions end one by one, all others, or all; another's cannot be ended, and
// it is not told that there is one.
func TestEndSessions(t *testing.T) {
	t.Parallel()
	r, b := newRig(t), signin.Browser{Address: "192.0.2.1", UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
	r.person("Bob", "bob@example.com")
	bobs, err := r.enter("bob@example.com", password)
	if err != nil {
		t.Fatal(err)
	}
	one, two, three := r.must(), r.must(), r.must()
	w := r.who(one)
	for name, id := range map[string]string{"another's": r.who(bobs).Session.ID, "made up": "ses_x", "empty": ""} {
		if err := r.EndSession(t.Context(), w, id, b); !errors.Is(err, signin.ErrNoSession) {
			t.Errorf("%s: %v", name, err)
		}
	}
	gone := r.who(two).Session.ID
	if err := r.EndSession(t.Context(), w, gone, b); err != nil {
		t.Fatal(err)
	}
	if err := r.EndSession(t.Context(), w, gone, b); !errors.Is(err, signin.ErrNoSession) {
		t.Fatal(err)
	}
	if n, err := r.EndSessions(t.Context(), w, false, b); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	r.who(one)
	for _, raw := range []string{two, three} {
		if _, err := r.SignedIn(t.Context(), raw, ""); !errors.Is(err, signin.ErrSession) {
			t.Error(err)
		}
	}
	link := r.signInLink()
	if n, err := r.EndSessions(t.Context(), w, true, b); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	if _, err := r.SignedIn(t.Context(), one, ""); !errors.Is(err, signin.ErrSession) {
		t.Error(err)
	}
	if _, err := r.SignInByLink(t.Context(), link, b); !errors.Is(err, signin.ErrLink) {
		t.Errorf("a link outlived the sessions: %v", err)
	}
	r.who(bobs)
}

// A browser that a person never signed in with is told of by e-mail; their
// first one, and one that is known, are not.
func TestNewDevice(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	enter := func(b signin.Browser) *signin.Opened {
		t.Helper()
		o, err := r.SignIn(t.Context(), "ada@example.com", password, b)
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	first := enter(signin.Browser{Address: "192.0.2.1"})
	if got := r.take(); len(got) != 0 {
		t.Fatalf("told of the first: %v", got)
	}
	if again := enter(signin.Browser{Address: "192.0.2.1", Device: first.Device}); again.Device != first.Device || len(r.take()) != 0 {
		t.Fatal("told of one that is known")
	}
	enter(signin.Browser{Address: "198.51.100.7", UserAgent: "curl/8.1"})
	if got := r.take(); len(got) != 1 || got[0].to != "Ada@Example.com" || !strings.Contains(got[0].Text, "198.51.100.7") || !strings.Contains(got[0].Text, "curl") {
		t.Fatalf("told %v", got)
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	for agent, want := range map[string]string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0": "Edge on Windows",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15": "Safari on macOS",
		"Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36":              "Chrome on Android",
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0":                                                "Firefox on Linux",
		"": "An unknown browser", "curl/8.1": "curl", "something (Windows)": "A browser on Windows",
	} {
		if got := signin.Words(agent); got != want {
			t.Errorf("%q is %q, want %q", agent, got, want)
		}
	}
}

// The wait grows with each failure, and to no more than a rightful owner can wait for.
func TestWaits(t *testing.T) {
	t.Parallel()
	for kind, wait := range signin.Waits {
		last := time.Duration(0)
		for n := range 1000 {
			w := wait(n)
			if w < last || w > 5*time.Minute || n < 5 && w > 0 {
				t.Fatalf("%s: after %d failures %v", kind, n, w)
			}
			last = w
		}
		if last < time.Minute {
			t.Errorf("%s: never more than %v", kind, last)
		}
	}
}

// Failures are counted for all processes, by the e-mail and by the address, and
// by each process while Redis is away. The owner comes in with a browser that is
// known, and without it when the wait is over; success forgets the failures.
func TestAttempts(t *testing.T) {
	t.Parallel()
	at, err := queue.Parse(testkit.RedisURL(t))
	if err != nil {
		t.Fatal(err)
	}
	shared, err := redis.New(at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = shared.Close() })
	for name, store := range map[string]*redis.Client{"shared": shared, "by each process": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.Redis = store
			other := &signin.Service{DB: r.DB, Members: r.Members, Redis: store, Now: r.Now}
			known, err := r.SignIn(t.Context(), "ada@example.com", password, signin.Browser{Address: name + "1"})
			if err != nil {
				t.Fatal(err)
			}
			try := func(s *signin.Service, email, word string, b signin.Browser) error {
				_, err := s.SignIn(t.Context(), email, word, b)
				return err
			}
			for i := range 5 {
				if err := try(r.Service, "ADA@example.com ", "wrong", signin.Browser{Address: name + string(rune('a'+i))}); !errors.Is(err, signin.ErrSignIn) {
					t.Fatal(i, err)
				}
			}
			elsewhere := signin.Browser{Address: name + "9"}
			err = try(r.Service, "ada@example.com", password, elsewhere)
			var wait *signin.Wait
			if !errors.As(err, &wait) || wait.Seconds() != 2 {
				t.Fatalf("the sixth: %v", err)
			}
			if err := try(other, "ada@example.com", password, elsewhere); errors.Is(err, signin.ErrTooMany) != (store != nil) {
				t.Fatalf("another process: %v", err)
			}
			if err := try(r.Service, "ada@example.com", password, signin.Browser{Address: name + "8", Device: known.Device}); err != nil {
				t.Fatalf("a browser that is known: %v", err)
			}
			r.clock.Pass(2 * time.Second)
			if err := try(r.Service, "ada@example.com", password, elsewhere); err != nil {
				t.Fatalf("after the wait: %v", err)
			}
			if err := try(r.Service, "ada@example.com", "wrong", elsewhere); !errors.Is(err, signin.ErrSignIn) { // and the five are free again
				t.Fatal(err)
			}
			for range 20 {
				_ = r.Tried(t.Context(), elsewhere.Address)
			}
			if err := try(r.Service, "ada@example.com", password, elsewhere); !errors.Is(err, signin.ErrTooMany) {
				t.Fatalf("an address with any e-mail: %v", err)
			}
		})
	}
}
