package torture

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/demo"
)

func unrotated(ctx context.Context, l *lab) (string, error) {
	p, err := l.start(ctx, nil)
	if err != nil {
		return "", err
	}
	a, g, err := l.connect(ctx, "")
	if err != nil {
		return "", err
	}
	l.acme.SetFaults(demo.Faults{NoRotation: true})
	for range 3 {
		if err := errors.Join(l.expire(ctx), p.run(ctx, command{Do: "fresh", Account: a.ID}), l.healthy(ctx, a.ID)); err != nil {
			return "", err
		}
	}
	_, c, err := l.accounts.Fresh(ctx, l.scope, a.ID)
	if err == nil && (c.RefreshToken != g.Credential.RefreshToken || c.AccessToken == g.Credential.AccessToken) {
		err = errors.New("the refresh token was not kept")
	}
	return "three refreshes", err
}

func lifetimes(ctx context.Context, l *lab) (string, error) {
	p, err := l.start(ctx, nil)
	if err != nil {
		return "", err
	}
	forms := []string{"60", "600", "0", "absent", "null", "3600.0", `"3600"`, `"60.5"`, fmt.Sprint(time.Now().Add(time.Hour).UnixMilli()), fmt.Sprint(time.Now().Add(time.Hour).Unix())}
	for _, form := range forms {
		if err := l.exec(ctx, "DELETE FROM accounts"); err != nil {
			return "", err
		}
		a, _, err := l.connect(ctx, "")
		if err != nil {
			return "", err
		}
		l.acme.SetFaults(demo.Faults{ExpiresIn: form})
		l.seen.reset()
		if err := l.expire(ctx); err != nil {
			return "", err
		}
		for range 3 {
			if err := p.run(ctx, command{Do: "fresh", Account: a.ID}); err != nil {
				return "", err
			}
		}
		if total, _, _ := l.seen.count(); total != 1 {
			return "", fmt.Errorf("expires_in %s: %d refreshes for three calls", form, total)
		}
		if err := l.healthy(ctx, a.ID); err != nil {
			return "", fmt.Errorf("expires_in %s: %w", form, err)
		}
	}
	return fmt.Sprintf("%d forms", len(forms)), nil
}

func skewed(ctx context.Context, l *lab) (string, error) {
	procs := []*process{}
	for _, skew := range []time.Duration{-5 * time.Minute, 0, 5 * time.Minute} {
		p, err := l.start(ctx, func(s *setup) { s.Skew = skew })
		if err != nil {
			return "", err
		}
		procs = append(procs, p)
	}
	if err := l.rounds(ctx, procs, 5, 20); err != nil {
		return "", err
	}
	// A lease that one holds, whose clock is ahead of or behind the others', holds for them.
	for _, order := range [][]int{{0, 2}, {2, 0}} {
		holder, other := procs[order[0]], procs[order[1]]
		if err := l.exec(ctx, "DELETE FROM accounts"); err != nil {
			return "", err
		}
		a, _, err := l.connect(ctx, "")
		if err != nil {
			return "", err
		}
		l.seen.reset()
		if err := errors.Join(l.expire(ctx), holder.until(ctx, account.StepClaimed, command{Do: "fresh", Account: a.ID}), other.run(ctx, command{Do: "sweep"}), other.run(ctx, command{Do: "sweep"})); err != nil {
			return "", err
		}
		if total, _, _ := l.seen.count(); total != 0 {
			return "", errors.New("a lease was taken by a process whose clock is off")
		}
		if err := holder.send(command{Do: "go"}); err != nil {
			return "", err
		}
		if _, err := holder.read(ctx); err != nil {
			return "", err
		}
		if err := l.healthy(ctx, a.ID); err != nil {
			return "", err
		}
	}
	return "three processes, five minutes behind, right and five minutes ahead", nil
}

func databaseAway(ctx context.Context, l *lab) (string, error) {
	r, err := relay(ctx, l.databaseURL)
	if err != nil {
		return "", err
	}
	defer r.close()
	one, err := l.start(ctx, func(s *setup) { s.DatabaseURL = r.url })
	if err != nil {
		return "", err
	}
	two, err := l.start(ctx, nil)
	if err != nil {
		return "", err
	}
	a, _, err := l.connect(ctx, "")
	if err != nil {
		return "", err
	}
	if err := errors.Join(l.expire(ctx), one.until(ctx, account.StepAnswered, command{Do: "fresh", Account: a.ID})); err != nil {
		return "", err
	}
	r.cut()
	if err := one.send(command{Do: "go"}); err != nil {
		return "", err
	}
	time.Sleep(10 * beat) // it tries, and cannot
	// The database is back after longer than the lease; who is there first must not ask again.
	if err := l.exec(ctx, "UPDATE credentials SET lease_until = clock_timestamp() - interval '10 minutes' WHERE lease_until IS NOT NULL"); err != nil {
		return "", err
	}
	r.mend()
	if err := two.run(ctx, command{Do: "sweep"}); err != nil {
		return "", err
	}
	err = eventually(ctx, "the answer is written", func() error { return l.healthy(ctx, a.ID) })
	if total, _, _ := l.seen.count(); total != 1 {
		err = errors.Join(err, fmt.Errorf("%d calls of the provider", total))
	}
	return "cut off between the answer and the write, for longer than the lease", err
}

func redisAway(ctx context.Context, l *lab) (string, error) {
	procs, err := l.workers(ctx, 2, func(s *setup) { s.RedisURL = "redis://127.0.0.1:1" })
	if err != nil {
		return "", err
	}
	return "three rounds of 40 callers in 2 processes without Redis", l.rounds(ctx, procs, 3, 20)
}

func inFlight(ctx context.Context, l *lab) (string, error) {
	p, err := l.start(ctx, nil)
	if err != nil {
		return "", err
	}
	a, _, err := l.connect(ctx, "")
	if err != nil {
		return "", err
	}
	call := func() (int, error) {
		res, err := l.accounts.Forward(ctx, l.scope, a.ID, newCall("/api/me"))
		if err != nil {
			return 0, err
		}
		return res.StatusCode, res.Body.Close() //nolint:wrapcheck // never read
	}
	l.acme.SetFaults(demo.Faults{APIDelay: 10 * beat})
	var g errgroup.Group
	for range 5 {
		g.Go(func() error {
			if status, err := call(); err != nil || status != 200 {
				return errors.Join(err, fmt.Errorf("a call under way was answered with %d", status))
			}
			return nil
		})
	}
	time.Sleep(3 * beat)
	if err := errors.Join(l.exec(ctx, "UPDATE credentials SET next_refresh_at = clock_timestamp()"), p.run(ctx, command{Do: "sweep"}), g.Wait()); err != nil {
		return "", err
	}
	total, _, _ := l.seen.count()
	if total != 1 {
		return "", fmt.Errorf("%d refreshes", total)
	}
	l.acme.SetFaults(demo.Faults{APIStatus: 401})
	for range 6 {
		if _, err := call(); err != nil {
			return "", err
		}
	}
	if now, _, _ := l.seen.count(); now != total+1 {
		return "", fmt.Errorf("%d refreshes for six refusals, want 1", now-total)
	}
	l.acme.SetFaults(demo.Faults{})
	return "five calls over a rotation, six refusals", l.healthy(ctx, a.ID)
}

func deleted(ctx context.Context, l *lab) (string, error) {
	p, err := l.start(ctx, nil)
	if err != nil {
		return "", err
	}
	for _, step := range []string{account.StepAnswered, account.StepSpooled} {
		a, _, err := l.connect(ctx, "")
		if err != nil {
			return "", err
		}
		if err := errors.Join(l.expire(ctx), p.until(ctx, step, command{Do: "fresh", Account: a.ID}), l.accounts.Delete(ctx, l.scope, a.ID, ""), p.send(command{Do: "go"})); err != nil {
			return "", err
		}
		if got, err := p.read(ctx); err != nil || len(got.Tokens) > 0 {
			return "", errors.Join(err, errors.New("a caller got the token of an account that was deleted"))
		}
		var causes []string
		err = l.db.System(ctx, func(tx *gorm.DB) error {
			return tx.Raw("SELECT cause FROM revocations WHERE account_id = ?", a.ID).Scan(&causes).Error
		})
		if err != nil || !slices.Contains(causes, string(account.RefreshedTooLate)) {
			return "", errors.Join(err, fmt.Errorf("revocations: %v", causes))
		}
	}
	return "deleted while answered and spooled", nil
}
