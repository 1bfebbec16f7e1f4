package notify

import (
	"context"
	"errors"
	"html"
	"net/mail"
	"slices"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/limit"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// lettersRate is how many letters the code of a project has sent at most.
var lettersRate = limit.Rate{Requests: 60, Window: time.Hour}

const maxLetter = 256 << 10 // bytes of its text and its HTML

// Faults of letters.
var (
	ErrNoMember    = fault.New(fault.Invalid, "mail_address", "E-mail goes to members of the workspace alone, who may see the project.").At("addresses")
	ErrLetterLarge = fault.New(fault.TooLarge, "mail_too_large", "An e-mail has at most %d bytes.", maxLetter)
	errMailServer  = fault.New(fault.Unavailable, "mail_refused", "The mail server did not take it.")
)

// Write sends a letter that the code of a project wrote, to members of its workspace;
// to nobody named, to the owners. It returns to how many. That nobody else can be named
// keeps a server from sending what somebody else's users wrote to anybody.
func (s *Service) Write(ctx context.Context, scope tenant.Scope, to []string, l Letter) (addressed int, err error) {
	switch {
	case s == nil || s.Mail == nil:
		return 0, ErrNoMail
	case len(l.Text)+len(l.HTML) > maxLetter:
		return 0, ErrLetterLarge
	}
	all, owners, err := s.Members.Addresses(ctx, scope.Project())
	if err != nil {
		return 0, err //nolint:wrapcheck // of ours
	}
	if len(to) == 0 {
		to = owners
	}
	for i, one := range to {
		a, err := mail.ParseAddress(one)
		if err != nil {
			return 0, ErrNoMember
		}
		to[i] = strings.ToLower(a.Address)
		if !slices.Contains(all, to[i]) {
			return 0, ErrNoMember
		}
	}
	if len(to) == 0 {
		return 0, ErrNoMember
	}
	if err := s.Limits.Take(ctx, "letters:"+scope.Project(), lettersRate); err != nil {
		return 0, err //nolint:wrapcheck // a fault
	}
	l.Subject = line(l.Subject)
	if l.HTML == "" {
		l.HTML = `<pre style="font:inherit;white-space:pre-wrap">` + html.EscapeString(l.Text) + "</pre>"
	}
	if l.Text == "" {
		l.Text = "This letter is written in HTML."
	}
	if o := s.Mail.send(ctx, to, id.New("let"), &l, s.Now()); !o.Sent() {
		return 0, errMailServer.Because(errors.New(string(o.Code) + " " + o.Detail))
	}
	return len(to), nil
}
