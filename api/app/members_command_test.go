package app_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/api/command"
	"github.com/patchbay-dev/patchbay/internal/member"
	"github.com/patchbay-dev/patchbay/internal/signin"
)

// Whoever runs the installation lists, invites, changes and removes members, with
// what an owner may; and takes the factors off somebody who lost them, whose
// sessions end. Each is in the log.
func TestMembersCommand(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	cookie := g.person(t, member.Developer, true)
	owner := g.person(t, member.Owner, true)
	who := g.do(t, http.MethodGet, "/console/api/session", "", "Cookie", cookie).is(t, http.StatusOK).text(t, "member", "email")
	do := func(says string, args ...string) {
		t.Helper()
		var out bytes.Buffer
		if err := g.typed(t.Context(), g.config, &out, io.Discard, append([]string{"members"}, args...)...); err != nil || !strings.Contains(out.String(), says) {
			t.Errorf("patchbay members %v wants to say %q: %s %v", args, says, out.String(), err)
		}
	}
	refused := func(want error, args ...string) {
		t.Helper()
		if err := g.typed(t.Context(), g.config, io.Discard, io.Discard, append([]string{"members"}, args...)...); !errors.Is(err, want) {
			t.Errorf("patchbay members %v: %v, want %v", args, err, want)
		}
	}
	in := "--workspace=" + g.home.id
	if g.stranger().id != "" {
		if err := g.typed(t.Context(), g.config, io.Discard, io.Discard, "members", "list"); err == nil || !strings.Contains(err.Error(), g.home.id) {
			t.Errorf("without a workspace: %v", err)
		}
	}
	do(who, "list", in)
	do("Hand this link over", "invite", "new@example.com", "--role", "viewer", in)
	do(who+" is admin.", "role", strings.ToUpper(who), "admin", in)

	g.query(t, "INSERT INTO authenticators (id, person_id, secret, confirmed_at, last_step, created_at) SELECT 'auth_1', id, 'x', now(), 0, now() FROM people WHERE email = $1", who)
	do("(1 removed), and no session (1 ended)", "reset-factors", who)
	g.do(t, http.MethodGet, "/v1/members", "", "Cookie", cookie).is(t, http.StatusUnauthorized)
	do("(0 removed)", "reset-factors", who)
	log := g.do(t, http.MethodGet, "/v1/audit_log?action=member.factor_removed", "", "Cookie", owner).is(t, http.StatusOK)
	if log.text(t, "data", 1, "actor", "kind") != "system" || log.at(t, "data", 1, "details", "factors") != 1.0 || log.at(t, "data", 1, "details", "sessions") != 1.0 {
		t.Error(log.Body)
	}
	refused(member.ErrRole, "role", who, "king", in)
	do("not a member any more", "remove", who, in)

	refused(member.ErrNotFound, "remove", who, in)
	refused(command.ErrUsage, "invite", "x@example.com", "--role", "king", in)
	refused(member.ErrWorkspaceNotFound, "list", "--workspace", "o_none")
	refused(signin.ErrNobody, "reset-factors", "nobody@example.com")
	for _, args := range [][]string{{}, {"fly"}, {"invite"}, {"role", who}, {"invite", "--role"}, {"list", "x"}, {"list", "--colour"}} {
		refused(command.ErrUsage, args...)
	}
}
