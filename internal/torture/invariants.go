package torture

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/demo"
)

// invariants are the promises, in the order of their names.
var invariants = []invariant{
	{"I1", "one provider call per expiry, however many callers and processes", oneCall},
	{"I2", "no two live requests for one token, even of a process that was stopped past its lease", stopped},
	{"I3", "kill -9 at every step loses no token that was durable, and is told where one was lost", killed},
	{"I4", "a reconnect is never overwritten by a refresh that was under way", reconnected},
	{"I5", "an outage of the provider never ends a connection", outages},
	{"I6", "a client that is not accepted is suspended, and not its connections", suspended},
	{"I7", "an answer without a refresh token keeps the old one", unrotated},
	{"I8", "every way to say a lifetime is read, and a token of 60 s is not refreshed at each call", lifetimes},
	{"I9", "clocks that are 5 minutes apart change nothing", skewed},
	{"I10", "a database that is away during a refresh costs no token and no second call", databaseAway},
	{"I11", "without Redis everything works, only slower", redisAway},
	{"I12", "the old token serves calls that are under way, and a refusal leads to one refresh", inFlight},
	{"I13", "the answer for an account that was deleted is dropped and revoked", deleted},
	{"I14", "thousands that end in one minute are refreshed once each, a few at a time", herd},
	{"I15", "nothing secret in logs, errors or the names and contents of the spool", secrets},
	{"I16", "keys may be rotated while tokens are refreshed", rotated},
	{"I17", "a pooler in transaction mode is enough", pooled},
}

func (l *lab) workers(ctx context.Context, n int, change func(*setup)) ([]*process, error) {
	var all []*process
	for range n {
		p, err := l.start(ctx, change)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// together has every worker ask for a token as many callers, and wants one
// token for all.
func together(ctx context.Context, procs []*process, accountID string, callers int) (string, error) {
	for _, p := range procs {
		if err := p.send(command{Do: "fresh", Account: accountID, Callers: callers}); err != nil {
			return "", err
		}
	}
	var tokens []string
	for _, p := range procs {
		a, err := p.read(ctx)
		if err != nil || len(a.Errors) > 0 {
			return "", errors.Join(err, fmt.Errorf("callers got errors: %v", a.Errors))
		}
		tokens = append(tokens, a.Tokens...)
	}
	slices.Sort(tokens)
	if tokens = slices.Compact(tokens); len(tokens) != 1 {
		return "", fmt.Errorf("the callers have %d different tokens", len(tokens))
	}
	return tokens[0], nil
}

// rounds ends a token again and again, and wants one call of the provider each time.
func (l *lab) rounds(ctx context.Context, procs []*process, rounds, callers int) error {
	a, _, err := l.connect(ctx, "")
	if err != nil {
		return err
	}
	for round := 1; round <= rounds; round++ {
		if err := l.expire(ctx); err != nil {
			return err
		}
		if _, err := together(ctx, procs, a.ID, callers); err != nil {
			return fmt.Errorf("round %d: %w", round, err)
		}
		if total, most, _ := l.seen.count(); total != round || most != 1 {
			return fmt.Errorf("%d calls of the provider after round %d, %d with one token", total, round, most)
		}
	}
	return l.healthy(ctx, a.ID)
}

func oneCall(ctx context.Context, l *lab) (string, error) {
	procs, err := l.workers(ctx, 3, nil)
	if err != nil {
		return "", err
	}
	return "10 rounds of 120 callers in 3 processes", l.rounds(ctx, procs, 10, 40)
}

func outages(ctx context.Context, l *lab) (string, error) {
	l.grace = "1h"
	procs, err := l.workers(ctx, 1, nil)
	if err != nil {
		return "", err
	}
	p := procs[0]
	a, _, err := l.connect(ctx, "")
	if err != nil {
		return "", err
	}
	kinds := map[string]demo.Faults{
		"500": {TokenError: "server_error"}, "503": {TokenError: "temporarily_unavailable"}, "a connection that breaks": {TokenDrop: true, ReuseGrace: time.Hour},
		"a page for a token": {TokenAnswer: "html", ReuseGrace: time.Hour}, "half an answer": {TokenAnswer: "half", ReuseGrace: time.Hour},
		"an error with 200": {TokenAnswer: "error200", ReuseGrace: time.Hour}, "nothing": {TokenAnswer: "nothing", ReuseGrace: time.Hour},
	}
	for kind, f := range kinds {
		for range 4 {
			l.acme.SetFaults(f)
			if err := errors.Join(l.expire(ctx), p.run(ctx, command{Do: "sweep"})); err != nil {
				return "", err
			}
			if state, cause, _, err := l.state(ctx, a.ID); err != nil || state == "dead" {
				return "", errors.Join(err, fmt.Errorf("%s made the account dead (%s)", kind, cause))
			}
		}
		l.acme.SetFaults(demo.Faults{ReuseGrace: time.Hour})
		if err := errors.Join(l.expire(ctx), p.run(ctx, command{Do: "sweep"}), l.healthy(ctx, a.ID)); err != nil {
			return "", fmt.Errorf("after %s: %w", kind, err)
		}
	}
	// Nobody at the address, and no such address.
	for _, at := range []string{"http://127.0.0.1:1", "https://nowhere.invalid"} {
		away, err := l.start(ctx, func(s *setup) { s.DemoURL = at })
		if err != nil {
			return "", err
		}
		for range 4 {
			if err := errors.Join(l.expire(ctx), away.run(ctx, command{Do: "sweep"})); err != nil {
				return "", err
			}
		}
		if state, cause, _, err := l.state(ctx, a.ID); err != nil || state == "dead" {
			return "", errors.Join(err, fmt.Errorf("%s made the account dead (%s)", at, cause))
		}
		away.kill()
	}
	return fmt.Sprintf("%d kinds of outage, four times each, and each heals", len(kinds)+2), errors.Join(l.expire(ctx), p.run(ctx, command{Do: "sweep"}), l.healthy(ctx, a.ID))
}

func suspended(ctx context.Context, l *lab) (string, error) {
	p, err := l.start(ctx, nil)
	if err != nil {
		return "", err
	}
	const n = 20
	for range n {
		if _, _, err := l.connect(ctx, ""); err != nil {
			return "", err
		}
	}
	l.acme.RegisterClient(demo.Client{ID: "torture", Secret: "another", Name: "Torture", RedirectURIs: []string{redirect}})
	if err := errors.Join(l.expire(ctx), p.run(ctx, command{Do: "sweep"}), l.expire(ctx), p.run(ctx, command{Do: "sweep"})); err != nil {
		return "", err
	}
	total, _, _ := l.seen.count()
	if err := errors.Join(l.expire(ctx), p.run(ctx, command{Do: "sweep"})); err != nil {
		return "", err
	}
	if now, _, _ := l.seen.count(); now != total {
		return "", fmt.Errorf("%d more calls for a client that is suspended", now-total)
	}
	var found struct{ Unwell, Told, Suspended int }
	err = l.db.System(ctx, func(tx *gorm.DB) error {
		return tx.Raw(`SELECT (SELECT count(*) FROM accounts WHERE dead OR NOT healthy) AS unwell, (SELECT count(*) FROM events WHERE type = ?) AS told,
			(SELECT count(*) FROM oauth_apps WHERE suspended_at IS NOT NULL) AS suspended`, account.ClientRejected).Scan(&found).Error
	})
	if err != nil || found.Unwell > 0 || found.Told != 1 || found.Suspended != 1 {
		return "", errors.Join(err, fmt.Errorf("%+v: want no account unwell, and one client suspended and told of", found))
	}
	l.acme.RegisterClient(demo.Client{ID: "torture", Secret: clientSecret, Name: "Torture", RedirectURIs: []string{redirect}})
	if err := l.exec(ctx, "UPDATE oauth_apps SET retry_at = clock_timestamp()"); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d accounts of one client: %d calls, one notice", n, total), eventually(ctx, "the accounts go on", func() error {
		if err := errors.Join(l.expire(ctx), p.run(ctx, command{Do: "sweep"})); err != nil {
			return err
		}
		var behind int
		err := l.db.System(ctx, func(tx *gorm.DB) error {
			return tx.Raw("SELECT count(*) FROM credentials WHERE last_ok_at IS NULL").Scan(&behind).Error
		})
		if behind > 0 {
			return errors.Join(err, fmt.Errorf("%d wait", behind))
		}
		return err
	})
}
