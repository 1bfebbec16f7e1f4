package app

import (
	"context"

	"github.com/patchbay-dev/patchbay/api/console"
	"github.com/patchbay-dev/patchbay/internal/sandbox"
)

// about is what the console tells of this process. How code is kept in is looked at
// once, when somebody first asks or runs some.
func (a *App) about(ctx context.Context) console.About {
	out := console.About{Code: a.config.Sandbox}
	if a.config.tier() != sandbox.Plain {
		r := sandbox.Detect(ctx)
		out.Code, out.CodeWhy = string(r.Tier), r.Why
		if r.Tier == sandbox.Plain { // and nobody said that it may be
			out.Code = "refused"
		}
	}
	if a.config.SMTPAddress != "" {
		out.MailDomain = a.config.mailDomain()
	}
	return out
}
